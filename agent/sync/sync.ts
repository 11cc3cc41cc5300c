import type { MadeUpClock, ToldClock, WindowRecord } from '@storecast/shared/contracts'
import type { Span } from '@storecast/shared/tracing'
import { type Channel, type DownlinkMessage, decodeDownlink, type Ranges, subtract } from '@storecast/shared/wire'
import type { Identity } from '../identity/index.ts'
import { nextSequence, type outboxProcedures, readLink } from '../outbox/index.ts'
import { type BackoffOptions, fullJitter } from '../platform/backoff.ts'
import type { Connection } from '../platform/database.ts'
import type { Logger } from '../platform/logger.ts'
import type { Writer } from '../platform/writer.ts'
import type { CloudTime } from './cloud-time.ts'
import { type MqttSession, openMqttSession } from './mqtt-session.ts'
import { makeBatch } from './outgoing.ts'
import type { ReadingTraces } from './reading-traces.ts'
import { type Effect, type Input, UPLINK_DEFAULTS, Uplink, type UplinkOptions } from './uplink.ts'

export interface SyncOptions {
  readonly device: string
  readonly identity: Pick<Identity, 'credentials'>
  readonly writer: Writer<typeof outboxProcedures>
  /** Sees what the writer has committed. */
  readonly db: Connection
  readonly log: Logger
  /** What is said to be the cloud's wish for this device, unjudged, in the order it came; the last one counts. */
  readonly onDesired: (payload: Uint8Array) => void
  /** An operator asks for a support bundle. */
  readonly onSupport?: (id: string) => void
  readonly uplink?: Partial<UplinkOptions>
  /** Learns what the cloud's clock says. */
  readonly cloudTime?: CloudTime
  /** What the shop's clock says, where it is a made-up one. */
  readonly madeUpClock?: (() => MadeUpClock) | undefined
  /** Follows readings to the cloud; absent: nothing is traced. */
  readonly traces?: ReadingTraces
  readonly backoff?: BackoffOptions
  /** Real milliseconds between two looks for new records. */
  readonly lookMs?: number
}

export interface LinkStatus {
  /** Whether the cloud has answered and takes records. */
  readonly connected: boolean
  /** Why not, in words; while connected, only where the cloud keeps the records apart. */
  readonly trouble: string | undefined
}

const QUARANTINED =
  'the cloud keeps what this device sends apart: its identity was in use twice, and an operator has to decide'

const BACKOFF: BackoffOptions = { baseMs: 1000, capMs: 300_000 }
const CONNECT_MS = 20_000
const KEEPALIVE_SECONDS = 30
/** Rows looked at in one transaction while records are made dirty again for a cloud that lost them. */
const RESEND_ROWS = 2000

/**
 * The device's link to the cloud: keeps one MQTT session open (its own backoff with full jitter between two), lets
 * `Uplink` decide what to say on it, and hands desired states on. A cloud or broker that is away costs nothing: records
 * wait in the outbox.
 */
export class Sync implements AsyncDisposable {
  readonly #options: SyncOptions
  readonly #uplink: Uplink
  readonly #stopping = new AbortController()
  #session: MqttSession | undefined
  #trouble: string | undefined = 'not connected yet'
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  /** Told to a waiting `#run` when the session is over. */
  #over: ((reason: string) => void) | undefined
  #seen = -1
  #resending = false
  /** Messages that carry a reading which is followed, and are not acknowledged. */
  #traced: readonly { readonly records: Ranges; readonly span: Span }[] = []

  constructor(options: SyncOptions) {
    this.#options = options
    this.#uplink = new Uplink({ ...UPLINK_DEFAULTS, ...options.uplink })
  }

  start(): void {
    this.#running = this.#run()
  }

  get status(): LinkStatus {
    const connected = this.#uplink.isOpen
    if (!connected) return { connected, trouble: this.#trouble }
    return { connected, trouble: readLink(this.#options.db).quarantined ? QUARANTINED : undefined }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    this.#over?.('the agent stops')
    await this.#running
  }

  async #run(): Promise<void> {
    const { log, backoff = BACKOFF } = this.#options
    const waits = fullJitter(backoff)
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const wasOpen = await this.#connectOnce()
      if (signal.aborted) break
      if (wasOpen) waits.reset()
      const wait = waits.next()
      log.warn({ reason: this.#trouble, retryInMs: Math.round(wait) }, 'no link to the cloud')
      await pause(wait, signal)
    }
  }

  /** One session, from its opening to its end. @returns whether the cloud answered on it */
  async #connectOnce(): Promise<boolean> {
    const { device, identity, db, log } = this.#options
    const { signal } = this.#stopping
    const over = Promise.withResolvers<string>()
    this.#over = over.resolve
    const link = readLink(db).link
    let wasOpen = false
    try {
      const credentials = await identity.credentials(signal)
      await using session = await openMqttSession(
        { device, credentials, link, connectMs: CONNECT_MS, keepaliveSeconds: KEEPALIVE_SECONDS, signal },
        {
          received: (channel, payload) => this.#received(channel, payload),
          heard: () => this.#step({ kind: 'heard' }),
          closed: over.resolve,
        },
      )
      this.#session = session
      this.#trouble = 'connected to the broker; the cloud has not answered'
      this.#step({ kind: 'opened', session: session.session })
      const looking = setInterval(() => {
        wasOpen ||= this.#uplink.isOpen
        this.#perform(async () => this.#look())
      }, this.#options.lookMs ?? 1000)
      try {
        this.#trouble = await over.promise
      } finally {
        clearInterval(looking)
      }
      wasOpen ||= this.#uplink.isOpen
    } catch (error) {
      this.#trouble = (error as Error).message
    } finally {
      this.#session = undefined
      this.#over = undefined
      clearTimeout(this.#timer)
      this.#uplink.step({ kind: 'closed' }, performance.now())
      this.#traced.forEach(({ span }) => void span.end('the link was lost; its records are sent again'))
      this.#traced = []
    }
    log.debug({ reason: this.#trouble }, 'session over')
    return wasOpen
  }

  #received(channel: Channel, payload: Buffer): void {
    const { log } = this.#options
    try {
      // An empty retained message is a topic that was cleared.
      if (channel === 'desired') payload.length > 0 && this.#options.onDesired(payload)
      else this.#answered(decodeDownlink(payload))
    } catch (err) {
      log.warn({ err, channel, bytes: payload.length }, 'a message of the cloud that makes no sense; passed over')
    }
  }

  readonly #sending = (windows: readonly WindowRecord[]): Span | undefined => this.#options.traces?.sending(windows)

  #clock(): ToldClock | undefined {
    const { cloudTime, madeUpClock } = this.#options
    return cloudTime?.difference && { ...cloudTime.difference, ...(madeUpClock && { madeUp: madeUpClock() }) }
  }

  #endTraced(committed: Ranges): void {
    const done = this.#traced.filter(({ records }) => subtract(records, committed).length === 0)
    for (const { span } of done) span.end()
    this.#traced = this.#traced.filter((one) => !done.includes(one))
  }

  #answered(message: DownlinkMessage): void {
    if ('support' in message) this.#options.onSupport?.(message.support.id)
    else this.#step({ kind: 'received', message })
  }

  /** Looks for records that were written since, and for records the cloud lost. */
  #look(): void {
    const { db } = this.#options
    if (!this.#uplink.isOpen) return
    const next = nextSequence(db)
    if (next !== this.#seen) {
      this.#seen = next
      this.#step({ kind: 'dirty' })
    }
    if (readLink(db).resending && !this.#resending) this.#perform(() => this.#resend())
  }

  async #resend(): Promise<void> {
    this.#resending = true
    try {
      while (this.#session && !(await this.#options.writer.call('outbox.resend', { limit: RESEND_ROWS })));
    } finally {
      this.#resending = false
    }
  }

  #step(input: Input): void {
    const now = performance.now()
    for (const effect of this.#uplink.step(input, now)) this.#perform(() => this.#execute(effect))
    clearTimeout(this.#timer)
    const next = this.#uplink.nextTick
    if (this.#session && next < Number.POSITIVE_INFINITY) {
      this.#timer = setTimeout(() => this.#step({ kind: 'tick' }), Math.max(0, next - now))
    }
  }

  /** What fails ends the session: the next one finds all that was under way in the outbox. */
  #perform(work: () => Promise<void>): void {
    work().catch((err) => {
      this.#options.log.error({ err }, 'the uplink failed and starts anew')
      this.#session?.drop((err as Error).message)
    })
  }

  async #execute(effect: Effect): Promise<void> {
    const { writer, db, log } = this.#options
    switch (effect.kind) {
      case 'prepare-hello':
        return this.#step({ ...effect, kind: 'hello-prepared', hello: await writer.call('outbox.hello', undefined) })
      case 'store-grant': {
        const taken = await writer.call('outbox.grant', effect)
        const { epoch, link, quarantined, resendSince } = effect.grant
        log.info({ epoch, link }, 'the cloud takes records')
        if (quarantined) log.error({ epoch }, QUARANTINED)
        if (resendSince !== undefined)
          log.warn({ resendSince }, 'the cloud was restored: what it has lost is sent again')
        this.#step({ ...effect, kind: 'grant-stored', taken })
        return this.#look()
      }
      case 'pick': {
        const batch = makeBatch(db, effect.want, { sending: this.#sending, clock: this.#clock() })
        if (batch?.span) this.#traced = [...this.#traced, { records: batch.records, span: batch.span }]
        const [first] = batch?.rejected ?? []
        if (first)
          log.error({ ...first, rows: batch!.rejected.length }, 'records that make no sense are told as dropped')
        // A sequence that the cloud has heard of must not come again under another record after a power cut.
        await writer.durable()
        return this.#step({ kind: 'picked', turn: effect.turn, batch })
      }
      case 'acknowledge':
        await writer.call('outbox.acknowledge', effect.ack)
        this.#endTraced(effect.ack.committed)
        return this.#step({ ...effect, kind: 'acknowledged' })
      case 'publish':
        return this.#session?.publish(effect.payload, () => this.#step({ kind: 'sent', id: effect.id }))
      case 'reconnect':
        return this.#session?.drop(effect.reason)
      case 'compare':
        return this.#options.cloudTime?.heard(effect.exchange)
      default:
        effect satisfies never
    }
  }
}

/** Real milliseconds; ends early, without an error, when it is stopped. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const stop = () => resolve()
  signal.addEventListener('abort', stop, { once: true })
  return promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  })
}
