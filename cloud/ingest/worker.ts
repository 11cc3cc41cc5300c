import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import type { Span, Tracing } from '@storecast/shared/tracing'
import { everyDevice, KnownNames, parseTopic, sharedAmong, topicOf, WireError } from '@storecast/shared/wire'
import { DatabaseError } from 'pg'
import type { Presences } from '../devices/index.ts'
import { type BusOptions, connectBus } from '../platform/bus.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { Log } from '../platform/log.ts'
import { type Arrival, arrive } from './arrivals.ts'
import { ingest } from './ingest.ts'
import type { IngestMetrics } from './metrics.ts'
import { takePresences } from './presence.ts'
import { ArrivalQueue } from './queue.ts'
import { SeriesIds } from './series.ts'

export interface IngestOptions {
  readonly database: Database
  readonly presences: Pick<Presences, 'take'>
  /** Where to connect, as what. The session is a clean one: a broker may park messages in that of a dead worker. */
  readonly broker: Pick<BusOptions, 'url' | 'clientId' | 'username' | 'password'>
  /**
   * Workers of the same name share the messages, where the broker has shared subscriptions (Mosquitto, EMQX, HiveMQ, AWS).
   * Without, every worker gets every message, which is correct and costs more.
   */
  readonly group?: string
  readonly metrics: IngestMetrics
  readonly clock: Clock
  readonly log: Log
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing
  /** Told of devices that have just connected, after the commit. */
  readonly onGreeted?: (devices: readonly string[]) => void
}

/** Longest wait between tries while the database is away. */
const LONGEST_WAIT_MS = 5000
/** Asked of devices for each group that waits. */
const PAUSE_MS = 500

/**
 * Takes what devices send. Messages that come while a group commits make the next group. Any number of workers can run,
 * on as many machines: the devices' rows in the database order them.
 *
 * The broker's own acknowledgement comes before the commit and means nothing: devices send again what is not acknowledged
 * by us.
 */
export function startIngest(options: IngestOptions): AsyncDisposable {
  const { database, presences, broker, group, metrics, clock, log, tracing, onGreeted } = options
  const queue = new ArrivalQueue()
  const series = new SeriesIds()
  const names = new KnownNames()
  /** Of messages that say which span sends them: until their commit. */
  const spans = new WeakMap<Arrival, Span>()
  const ending = new AbortController()
  let running: Promise<void> | undefined
  const presence = takePresences({ presences, clock, log })
  const up = everyDevice('up')
  const bus = connectBus({
    ...broker,
    log,
    // Shared subscriptions deliver no retained messages: presence comes to every worker.
    subscriptions: [group === undefined ? up : sharedAmong(group, up), everyDevice('presence')],
    onMessage(topic, payload) {
      const to = parseTopic(topic)
      if (to?.channel === 'up') take(arrive(to.device, payload, names))
      else if (to?.channel === 'presence') presence.take(to.device, payload)
    },
  })

  function take(arrival: Arrival): void {
    if (!queue.add(arrival)) metrics.shed.inc()
    if (tracing?.isOn && arrival.kind === 'batch' && arrival.batch.traceparent !== undefined) {
      const attributes = { 'storecast.device': arrival.device }
      spans.set(arrival, tracing.begin('storecast.ingest', { parent: arrival.batch.traceparent, attributes }))
    }
    metrics.waiting.set(queue.bytes)
    wake()
  }

  function wake(): void {
    running ??= run()
      .catch((error) => log.error({ error }, 'messages of devices were lost; they are sent again'))
      .finally(() => {
        running = undefined
        // What came behind a group that was lost, or between the loop's end and here.
        if (queue.bytes > 0 && !ending.signal.aborted) wake()
      })
  }

  async function run(): Promise<void> {
    for (;;) {
      const next = queue.takeGroup()
      metrics.waiting.set(queue.bytes)
      if (next.length === 0 || ending.signal.aborted) return
      await Promise.all([commit(next), unpackAhead()])
    }
  }

  /** Unpacks what comes next while the database works, one message at a time. */
  async function unpackAhead(): Promise<void> {
    for (const arrival of queue.nextGroup()) {
      // First whatever the database has said.
      await nextTurn()
      if (arrival.kind === 'batch') arrival.records()
    }
  }

  /** Commits the group, if need be after the database has come back; leaves none of it behind. */
  async function commit(arrivals: readonly Arrival[]): Promise<void> {
    for (let failures = 0; !ending.signal.aborted; failures++) {
      try {
        return await tryCommit(arrivals)
      } catch (error) {
        if (await comesAgain(error, failures)) return await isolate(arrivals, error)
        metrics.retries.inc()
        log.warn({ error, messages: arrivals.length }, 'messages of devices wait for the database')
        const wait = Math.random() * Math.min(LONGEST_WAIT_MS, 100 * 2 ** Math.min(failures, 10))
        await delay(wait, undefined, { signal: ending.signal }).catch(() => {})
      }
    }
  }

  async function tryCommit(arrivals: readonly Arrival[]): Promise<void> {
    const stop = metrics.seconds.startTimer()
    const moment = { now: clock.now(), pauseMs: Math.floor(queue.groups) * PAUSE_MS, series }
    const { replies, greeted, tally } = await database.transaction((client) => ingest(client, arrivals, moment))
    stop()
    for (const arrival of arrivals) spans.get(arrival)?.end()
    metrics.messages.observe(arrivals.length)
    metrics.count(tally)
    if (greeted.length > 0) onGreeted?.(greeted)
    for (const { device, payload } of replies) {
      // Without the reply the device asks, or sends, again.
      bus
        .publish(topicOf(device, 'ack'), Buffer.from(payload))
        .catch((error) => log.debug({ device, error }, 'no reply'))
    }
  }

  /** The database refuses something in the group: one by one, only that is set aside. */
  async function isolate(arrivals: readonly Arrival[], error: unknown): Promise<void> {
    if (arrivals.length > 1) {
      for (const arrival of arrivals) await commit([arrival])
      return
    }
    const [arrival] = arrivals
    metrics.isolated.inc()
    log.error({ device: arrival?.device, kind: arrival?.kind, error }, 'the database refuses a message of a device')
    if (arrival?.kind !== 'batch' || arrival.records() instanceof WireError) return
    const refused = new WireError('out-of-range', `refused by the database: ${(error as Error).message}`)
    await commit([{ ...arrival, records: () => refused }])
  }

  /** Whether it would with the same data: the database says so, or answers while the work fails time and again. */
  async function comesAgain(error: unknown, failures: number): Promise<boolean> {
    // Data exceptions, integrity violations, exceeded limits.
    if (error instanceof DatabaseError) return /^(22|23|54)/.test(error.code ?? '')
    if (failures < 2) return false
    return database.pool.query('SELECT 1').then(
      () => true,
      () => false,
    )
  }

  return {
    async [Symbol.asyncDispose]() {
      ending.abort()
      await bus[Symbol.asyncDispose]()
      await presence[Symbol.asyncDispose]()
      await running
    },
  }
}
