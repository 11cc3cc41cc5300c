import {
  type Ack,
  type Answer,
  type DownlinkMessage,
  encodeHello,
  type Grant,
  type Hello,
  type Ranges,
  subtract,
  union,
} from '@storecast/shared/wire'
import type { HelloState } from '../outbox/index.ts'
import type { Exchange } from './cloud-time.ts'
import type { Outgoing, Want } from './outgoing.ts'

/** What happens to the protocol. `turn` comes back from the effect that is answered: an older turn's is void. */
export type Input =
  /** Connected and subscribed; nothing of an earlier connection comes through this one. */
  | { readonly kind: 'opened'; readonly session: string }
  | { readonly kind: 'closed' }
  | { readonly kind: 'received'; readonly message: Exclude<DownlinkMessage, { support: unknown }> }
  /** The broker gave some sign of life. */
  | { readonly kind: 'heard' }
  /** The broker has this message of ours. */
  | { readonly kind: 'sent'; readonly id: number }
  /** Records were written. */
  | { readonly kind: 'dirty' }
  | { readonly kind: 'tick' }
  | { readonly kind: 'hello-prepared'; readonly turn: number; readonly hello: HelloState }
  | { readonly kind: 'grant-stored'; readonly turn: number; readonly grant: Grant; readonly taken: boolean }
  | { readonly kind: 'picked'; readonly turn: number; readonly batch: Outgoing | undefined }
  | { readonly kind: 'acknowledged'; readonly turn: number; readonly ack: Ack }

/** What is to be done; each but `publish`, `reconnect` and `compare` ends with the input that answers it. */
export type Effect =
  | { readonly kind: 'prepare-hello'; readonly turn: number }
  | { readonly kind: 'store-grant'; readonly turn: number; readonly nonce: string; readonly grant: Grant }
  | { readonly kind: 'pick'; readonly turn: number; readonly want: Want }
  | {
      readonly kind: 'acknowledge'
      readonly turn: number
      readonly ack: Ack & { readonly confirmed: readonly number[] }
    }
  | { readonly kind: 'publish'; readonly id: number; readonly payload: Uint8Array }
  | { readonly kind: 'reconnect'; readonly reason: string }
  /** The cloud has stamped an answer to what was sent: its time, for this device's clock. */
  | { readonly kind: 'compare'; readonly exchange: Exchange }

export interface UplinkOptions {
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Bytes of batches a second, over all but short times. */
  readonly bytesPerSecond: number
  /** Batches sent and not acknowledged. */
  readonly inFlight: number
  /** How long an answer or acknowledgement is waited for, once the broker has what it is for. */
  readonly answerMs: number
  /** Longest backoff before something is sent again. */
  readonly backoffMs: number
  /** While something is awaited, a broker silent for so long is taken for gone; on top, for each byte under way a millisecond. */
  readonly silenceMs: number
}

export const UPLINK_DEFAULTS: UplinkOptions = {
  random: Math.random,
  bytesPerSecond: 16_384,
  inFlight: 4,
  answerMs: 15_000,
  backoffMs: 120_000,
  silenceMs: 45_000,
}

interface InFlight extends Pick<Outgoing, 'acknowledged'> {
  /** Records and superseded sequences that are not acknowledged. */
  readonly records: Ranges
  readonly superseded: Ranges
  readonly id: number
  readonly sentAt: number
  /** It tells something for the first time: what acknowledges it was stamped after it was sent. */
  readonly isFirst: boolean
  /** Of which the broker has not said that it has them. */
  readonly unsentBytes: number
  readonly due: number
}

type Phase = 'offline' | 'preparing' | 'greeting' | 'granting' | 'open'

/** On a slow line it takes so many times longer, at most, until the broker has a message. */
const SLOW_LINE = 20
/** Hellos on one connection before another one is tried. */
const HELLO_TRIES = 3
/** The byte-rate cap lets this much through at once: two of the largest batches. */
const BURST_BYTES = 240 * 1024

/**
 * The device's side of the uplink protocol (the wire, in the architecture page), without its I/O: takes what happens, with
 * the time (real milliseconds, never backwards), and says what to do.
 *
 * offline → hello, until it is answered → open: batches, newest records first, some in flight at once; what is not
 * acknowledged in time is picked again, after a backoff with full jitter.
 */
export class Uplink {
  readonly #options: UplinkOptions
  #phase: Phase = 'offline'
  #turn = 0
  #lastId = 0
  #session = ''
  #hello: Hello | undefined
  /** The first sending of the hello: said again with its nonce and session it is the same one. */
  #asked = { nonce: '', session: '', at: 0 }
  /** The highest sequence sent, and the highest that may be acknowledged because of an earlier sending. */
  #highest = 0
  #repeated = 0
  #helloTries = 0
  #answerDue = Number.POSITIVE_INFINITY
  #held: Pick<Grant, 'epoch' | 'link'> = { epoch: 0, link: 0 }
  #inFlight: readonly InFlight[] = []
  #picking = false
  #dirty = false
  /** Not before this is anything picked: after a failure, or because the cloud asks. */
  #pausedUntil = 0
  #failures = 0
  #allowance = BURST_BYTES
  #allowanceAt = 0
  #heardAt = 0
  #effects: Effect[] = []

  constructor(options: UplinkOptions) {
    this.#options = options
  }

  /** Whether the cloud has answered and takes records. */
  get isOpen(): boolean {
    return this.#phase === 'open'
  }

  /** When `tick` is next needed, if nothing else happens before; Infinity for never. */
  get nextTick(): number {
    if (this.#phase === 'offline') return Number.POSITIVE_INFINITY
    const waits = this.#inFlight.map(({ due }) => due)
    if (this.#isWaiting) waits.push(this.#goneAt)
    if (this.#phase === 'open' && this.#dirty && !this.#picking && this.#inFlight.length < this.#options.inFlight) {
      const { bytesPerSecond } = this.#options
      const refilled = this.#allowanceAt + Math.max(0, (-this.#allowance / bytesPerSecond) * 1000)
      waits.push(Math.max(this.#pausedUntil, refilled))
    }
    return Math.min(this.#answerDue, ...waits)
  }

  step(input: Input, now: number): readonly Effect[] {
    this.#effects = []
    const isVoid = 'turn' in input && input.turn !== this.#turn
    if (!isVoid) this.#take(input, now)
    if (this.#phase !== 'offline') this.#keepTime(now)
    return this.#effects
  }

  #take(input: Input, now: number): void {
    switch (input.kind) {
      case 'opened':
        this.#session = input.session
        this.#heardAt = now
        this.#helloTries = 0
        this.#allowanceAt = now
        this.#prepareHello()
        break
      case 'closed':
        this.#phase = 'offline'
        this.#forget()
        break
      case 'heard':
        this.#heardAt = now
        break
      case 'sent':
        this.#heardAt = now
        this.#inFlight = this.#inFlight.map((batch) =>
          batch.id === input.id ? { ...batch, unsentBytes: 0, due: this.#answerTime(now) } : batch,
        )
        break
      case 'dirty':
        this.#dirty = true
        break
      case 'tick':
        break
      case 'received':
        this.#heardAt = now
        if ('answer' in input.message) this.#takeAnswer(input.message.answer, now)
        else this.#takeAck(input.message.ack, now)
        break
      case 'hello-prepared':
        if (this.#phase === 'preparing') this.#sayHello({ ...input.hello, session: this.#session }, now)
        break
      case 'grant-stored':
        this.#open(input.grant, input.taken)
        break
      case 'picked':
        this.#takeBatch(input.batch, now)
        break
      case 'acknowledged':
        this.#settle(input.ack)
        break
      default:
        input satisfies never
    }
  }

  #prepareHello(): void {
    this.#forget()
    this.#phase = 'preparing'
    this.#effects.push({ kind: 'prepare-hello', turn: this.#turn })
  }

  /** What was under way is void: its records are dirty still, and are picked again. */
  #forget(): void {
    this.#turn++
    this.#hello = undefined
    this.#answerDue = Number.POSITIVE_INFINITY
    this.#inFlight = []
    this.#picking = false
  }

  #sayHello(hello: Hello, now: number): void {
    this.#phase = 'greeting'
    this.#hello = hello
    const { nonce, session } = hello
    if (this.#asked.nonce !== nonce || this.#asked.session !== session) this.#asked = { nonce, session, at: now }
    this.#highest = Math.max(this.#highest, hello.nextSeq - 1)
    this.#repeated = this.#highest
    this.#helloTries++
    this.#answerDue = this.#answerTime(now)
    this.#publish(encodeHello(hello))
  }

  #takeAnswer({ nonce, session, serverTime, outcome }: Answer, now: number): void {
    const hello = this.#hello
    if (this.#phase !== 'greeting' || hello?.nonce !== nonce || hello.session !== session) return
    if ('challenge' in outcome) {
      if (hello.challenge !== outcome.challenge) this.#sayHello({ ...hello, challenge: outcome.challenge }, now)
      return
    }
    this.#compare(this.#asked.at, serverTime, now)
    this.#phase = 'granting'
    this.#answerDue = Number.POSITIVE_INFINITY
    this.#effects.push({ kind: 'store-grant', turn: this.#turn, nonce, grant: outcome.grant })
  }

  #open(grant: Grant, taken: boolean): void {
    this.#helloTries = 0
    if (!taken) {
      // Another hello with the same nonce was answered first: the next one has its own.
      this.#prepareHello()
      return
    }
    this.#phase = 'open'
    this.#held = { epoch: grant.epoch, link: grant.link }
    this.#dirty = true
  }

  #takeAck(ack: Ack, now: number): void {
    const { epoch, link } = this.#held
    if (this.#phase !== 'open' || ack.epoch !== epoch || ack.link !== link) return
    if (ack.sayHello) {
      this.#prepareHello()
      return
    }
    this.#failures = 0
    if (ack.pauseMs > 0) this.#pause(now + ack.pauseMs * (0.5 + this.#options.random()))
    const done = this.#inFlight.filter((batch) => isEmpty(without(batch, ack.committed)))
    const confirmed = done.flatMap(({ acknowledged }) => acknowledged)
    const sentAt = Math.max(...done.filter(({ isFirst }) => isFirst).map((batch) => batch.sentAt))
    if (sentAt > Number.NEGATIVE_INFINITY) this.#compare(sentAt, ack.serverTime, now)
    this.#effects.push({ kind: 'acknowledge', turn: this.#turn, ack: { ...ack, confirmed } })
  }

  #settle({ committed }: Ack): void {
    this.#inFlight = this.#inFlight.map((batch) => without(batch, committed)).filter((batch) => !isEmpty(batch))
  }

  #takeBatch(batch: Outgoing | undefined, now: number): void {
    this.#picking = false
    if (!batch) return
    this.#dirty = true
    const { payload, records, superseded, acknowledged } = batch
    const due = now + SLOW_LINE * this.#options.answerMs
    const id = this.#publish(payload)
    const unsentBytes = payload.length
    const last = Math.max(...union(records, superseded).map(([, end]) => end))
    const timed = { sentAt: now, isFirst: last > this.#repeated }
    this.#highest = Math.max(this.#highest, last)
    this.#inFlight = [...this.#inFlight, { records, superseded, acknowledged, id, ...timed, unsentBytes, due }]
    this.#allowance -= payload.length
  }

  #compare(sentAt: number, serverTime: number, heardAt: number): void {
    this.#effects.push({ kind: 'compare', exchange: { sentAt, heardAt, serverTime } })
  }

  #publish(payload: Uint8Array): number {
    this.#effects.push({ kind: 'publish', id: ++this.#lastId, payload })
    return this.#lastId
  }

  #answerTime(now: number): number {
    return now + this.#options.answerMs * (1 + this.#options.random())
  }

  /** What is due by now. */
  #keepTime(now: number): void {
    if (this.#isWaiting && now >= this.#goneAt) {
      this.#reconnect(`the broker was silent for ${Math.round((now - this.#heardAt) / 1000)} s`)
    } else if (this.#phase === 'greeting' && now >= this.#answerDue) {
      if (this.#helloTries >= HELLO_TRIES) this.#reconnect('the cloud did not answer')
      else this.#prepareHello()
    }
    if (this.#inFlight.some(({ due }) => now >= due)) {
      this.#inFlight = this.#inFlight.filter(({ due }) => now < due)
      this.#repeated = this.#highest
      this.#dirty = true
      const { answerMs, backoffMs, random } = this.#options
      this.#pause(now + random() * Math.min(backoffMs, answerMs * 2 ** Math.min(this.#failures++, 10)))
    }
    this.#pick(now)
  }

  #pick(now: number): void {
    const { bytesPerSecond, inFlight } = this.#options
    this.#allowance = Math.min(BURST_BYTES, this.#allowance + ((now - this.#allowanceAt) / 1000) * bytesPerSecond)
    this.#allowanceAt = now
    if (this.#phase !== 'open' || this.#picking || !this.#dirty || this.#inFlight.length >= inFlight) return
    if (now < this.#pausedUntil || this.#allowance < 0) return
    this.#picking = true
    // Set again by what is written meanwhile, or if there was a batch.
    this.#dirty = false
    const excluded = union(...this.#inFlight.map(({ records }) => records))
    const withSuperseded = this.#inFlight.every(({ superseded }) => superseded.length === 0)
    this.#effects.push({ kind: 'pick', turn: this.#turn, want: { ...this.#held, excluded, withSuperseded } })
  }

  get #isWaiting(): boolean {
    return this.#phase === 'greeting' || this.#inFlight.length > 0
  }

  get #goneAt(): number {
    return this.#inFlight.reduce((at, { unsentBytes }) => at + unsentBytes, this.#heardAt + this.#options.silenceMs)
  }

  #pause(until: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, until)
  }

  #reconnect(reason: string): void {
    this.#phase = 'offline'
    this.#forget()
    this.#effects.push({ kind: 'reconnect', reason })
  }
}

const without = (batch: InFlight, committed: Ranges): InFlight => ({
  ...batch,
  records: subtract(batch.records, committed),
  superseded: subtract(batch.superseded, committed),
})

const isEmpty = ({ records, superseded }: InFlight) => records.length + superseded.length === 0
