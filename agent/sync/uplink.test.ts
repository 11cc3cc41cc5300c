import { type Ack, decodeUplink, type Hello, type Ranges } from '@storecast/shared/wire'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Exchange } from './cloud-time.ts'
import type { Outgoing } from './outgoing.ts'
import { type Effect, type Input, Uplink, type UplinkOptions } from './uplink.ts'

const OPTIONS: UplinkOptions = {
  random: () => 0.5,
  bytesPerSecond: 1000,
  inFlight: 2,
  answerMs: 10_000,
  backoffMs: 60_000,
  silenceMs: 45_000,
}
/** What is waited for an answer: answerMs with its jitter. */
const ANSWER_MS = 15_000
const HELLO = {
  dbId: crypto.randomUUID(),
  epoch: 0,
  link: 0,
  nextSeq: 1,
  acknowledged: [],
  quarantined: false,
  runs: [],
}
const NONCE = 'aaaaaaaaaaaaaaaa'
const SESSION = 'bbbbbbbbbbbbbbbb'
const GRANT = { epoch: 7, link: 9, quarantined: false }

let uplink: Uplink
let now: number
/** Batches that the outbox has ready, oldest last. */
let ready: Outgoing[]
let published: Uint8Array[]
/** Whether the broker has at once what is published. */
let isFast: boolean
let others: Effect[]
let exchanges: Exchange[]

beforeEach(() => {
  uplink = new Uplink(OPTIONS)
  now = 1000
  ready = []
  published = []
  others = []
  exchanges = []
  isFast = true
})

/** Gives an input and answers effects as the outbox does; what else is to be done is noted. */
function step(input: Input): void {
  for (const effect of uplink.step(input, now)) {
    if (effect.kind === 'prepare-hello')
      step({ kind: 'hello-prepared', turn: effect.turn, hello: { ...HELLO, nonce: NONCE } })
    else if (effect.kind === 'pick') step({ kind: 'picked', turn: effect.turn, batch: ready.pop() })
    else if (effect.kind === 'publish') {
      published.push(effect.payload)
      if (isFast) step({ kind: 'sent', id: effect.id })
    } else if (effect.kind === 'compare') exchanges.push(effect.exchange)
    else others.push(effect)
  }
}

function hellos(): Hello[] {
  return published.flatMap((payload) => {
    const message = decodeUplink(payload)
    return 'hello' in message ? [message.hello] : []
  })
}

const SERVER_TIME = 1_700_000_000_000
const answer = (outcome: { grant: typeof GRANT } | { challenge: string }, session = SESSION): Input => ({
  kind: 'received',
  message: { answer: { nonce: NONCE, session, serverTime: SERVER_TIME, outcome } },
})
const ack = (committed: Ranges, more: Partial<Ack> = {}): Input => ({
  kind: 'received',
  message: {
    ack: { epoch: 7, link: 9, committed, committedAt: 50, serverTime: 50, pauseMs: 0, sayHello: false, ...more },
  },
})
const batch = (first: number, bytes = 100): Outgoing => ({
  payload: new Uint8Array(bytes),
  records: [[first, first]],
  superseded: [],
  acknowledged: [],
  rejected: [],
})

function open(): void {
  step({ kind: 'opened', session: SESSION })
  step(answer({ grant: GRANT }))
  const [store] = others.splice(0)
  expect(store).toMatchObject({ kind: 'store-grant', nonce: NONCE, grant: GRANT })
  step({ kind: 'grant-stored', turn: (store as { turn: number }).turn, grant: GRANT, taken: true })
  expect(uplink.isOpen).toBe(true)
  published = []
}

/** Takes back the acknowledgements that are to be stored, and says that they are. */
function settle(): Ack[] {
  const stored = others.splice(0).filter((effect) => effect.kind === 'acknowledge')
  for (const { turn, ack } of stored) step({ kind: 'acknowledged', turn, ack })
  return stored.map(({ ack }) => ack)
}

describe('greeting', () => {
  it('repeats an unanswered hello, then asks for another connection', () => {
    step({ kind: 'opened', session: SESSION })
    for (let tries = 1; tries <= 3; tries++) {
      expect(hellos()).toHaveLength(tries)
      expect(uplink.nextTick).toBe(now + ANSWER_MS)
      now = uplink.nextTick
      step({ kind: 'heard' })
    }
    expect(hellos().map(({ nonce, session }) => [nonce, session])).toEqual(Array(3).fill([NONCE, SESSION]))
    expect(others).toEqual([{ kind: 'reconnect', reason: 'the cloud did not answer' }])
    expect(uplink.nextTick).toBe(Number.POSITIVE_INFINITY)
  })

  it('echoes a challenge once, and takes no answer that is for somebody else', () => {
    step({ kind: 'opened', session: SESSION })
    step(answer({ grant: GRANT }, 'cccccccccccccccc'))
    step(answer({ challenge: 'dddddddddddddddd' }))
    step(answer({ challenge: 'dddddddddddddddd' }))
    expect(hellos().map(({ challenge }) => challenge)).toEqual([undefined, 'dddddddddddddddd'])
    expect(others).toEqual([])
  })

  it('sends nothing before the grant is on disk, and asks again where another hello took it', () => {
    ready = [batch(1)]
    step({ kind: 'opened', session: SESSION })
    step(answer({ grant: GRANT }))
    expect(published).toHaveLength(1)
    const { turn } = others[0] as { turn: number }
    step({ kind: 'grant-stored', turn, grant: GRANT, taken: false })
    expect(hellos()).toHaveLength(2)
    expect(uplink.isOpen).toBe(false)
  })

  it('starts over when the cloud holds another link', () => {
    open()
    step(ack([], { link: 8, sayHello: true }))
    expect(published).toEqual([])
    step(ack([], { sayHello: true }))
    expect(hellos()).toHaveLength(1)
    expect(uplink.isOpen).toBe(false)
  })
})

describe('batches', () => {
  it('go out while few are in flight, and again when one is acknowledged', () => {
    ready = [batch(3), batch(2), batch(1)]
    open()
    step({ kind: 'tick' })
    expect(ready).toHaveLength(1)
    step(ack([[1, 1]]))
    expect(settle()).toHaveLength(1)
    expect(ready).toHaveLength(0)
  })

  it('confirm the acknowledgements they told, once they are acknowledged themselves', () => {
    ready = [{ ...batch(2), acknowledged: [40, 41] }, batch(1)]
    open()
    step(ack([[1, 1]]))
    expect(settle()).toMatchObject([{ confirmed: [] }])
    step(ack([[2, 2]]))
    expect(settle()).toMatchObject([{ confirmed: [40, 41] }])
  })

  it('are picked again after a backoff that grows, where no acknowledgement comes', () => {
    open()
    const waits: number[] = []
    for (let attempt = 0; attempt < 5; attempt++) {
      ready = [batch(1)]
      step({ kind: 'dirty' })
      expect(published).toHaveLength(attempt + 1)
      now += ANSWER_MS
      step({ kind: 'heard' })
      waits.push(uplink.nextTick - now)
      now = uplink.nextTick
    }
    // Half of 10 s, 20 s, 40 s, and of the cap.
    expect(waits).toEqual([5000, 10_000, 20_000, 30_000, 30_000])
  })

  it('wait as long as the cloud asks, with jitter', () => {
    ready = [batch(2), batch(1)]
    open()
    step(ack([[1, 1]], { pauseMs: 4000 }))
    settle()
    ready = [batch(3)]
    step(ack([[2, 2]]))
    settle()
    expect(uplink.nextTick).toBe(now + 4000)
    now = uplink.nextTick
    step({ kind: 'tick' })
    expect(ready).toHaveLength(0)
  })

  it('keep to the byte rate, over a burst of two of the largest', () => {
    open()
    ready = [4, 3, 2, 1].map((seq) => batch(seq, 100_000))
    step({ kind: 'dirty' })
    step(ack([[1, 2]]))
    settle()
    step(ack([[3, 3]]))
    settle()
    // Three of 100,000 bytes are 54,240 more than 240 KiB, which come back at 1000 a second.
    expect(published).toHaveLength(3)
    expect(uplink.nextTick).toBe(now + 54_240)
    now = uplink.nextTick
    step({ kind: 'heard' })
    expect(ready).toHaveLength(0)
  })

  it('are not taken for lost while a slow line still carries them', () => {
    isFast = false
    open()
    ready = [batch(1, 100_000)]
    step({ kind: 'dirty' })
    now += 100_000
    step({ kind: 'tick' })
    expect(others).toEqual([])
    step({ kind: 'sent', id: 2 })
    expect(published).toHaveLength(1)
    expect(uplink.nextTick).toBe(now + ANSWER_MS)
  })

  it('of an older turn are void', () => {
    open()
    const [pick] = uplink.step({ kind: 'dirty' }, now).filter((effect) => effect.kind === 'pick')
    step({ kind: 'closed' })
    step({ kind: 'opened', session: SESSION })
    published = []
    step({ kind: 'picked', turn: pick!.turn, batch: batch(1) })
    expect(published).toEqual([])
  })
})

describe('a silent broker', () => {
  it('is taken for gone while something is awaited, and left alone while nothing is', () => {
    open()
    now += 10 * OPTIONS.silenceMs
    step({ kind: 'tick' })
    expect(others).toEqual([])
    step({ kind: 'heard' })
    isFast = false
    ready = [batch(1, 100)]
    step({ kind: 'dirty' })
    expect(others).toEqual([])
    expect(uplink.nextTick).toBe(now + OPTIONS.silenceMs + 100)
    now = uplink.nextTick
    step({ kind: 'tick' })
    expect(others).toEqual([{ kind: 'reconnect', reason: expect.stringContaining('the broker was silent for') }])
    expect(uplink.isOpen).toBe(false)
  })
})

describe('the time of the cloud', () => {
  it('is told by its answer, since the first of the hellos that it may answer', () => {
    step({ kind: 'opened', session: SESSION })
    const sentAt = now
    now = uplink.nextTick
    step({ kind: 'heard' })
    expect(hellos()).toHaveLength(2)
    now += 40
    step(answer({ grant: GRANT }))
    expect(exchanges).toEqual([{ sentAt, heardAt: now, serverTime: SERVER_TIME }])
  })

  it('is told by acknowledgements of what was never sent before, by the newest of them', () => {
    ready = [batch(2), batch(1)]
    open()
    exchanges = []
    const sentAt = now
    now += 30
    step(ack([[1, 2]], { serverTime: SERVER_TIME }))
    expect(exchanges).toEqual([{ sentAt, heardAt: now, serverTime: SERVER_TIME }])
  })

  it('is not told by what may acknowledge an earlier sending', () => {
    ready = [batch(1)]
    open()
    exchanges = []
    now += ANSWER_MS
    ready = [batch(1)]
    step({ kind: 'heard' })
    now = uplink.nextTick
    step({ kind: 'tick' })
    expect(ready).toEqual([])
    step(ack([[1, 1]]))
    expect(exchanges).toEqual([])
    settle()
    ready = [batch(2)]
    step({ kind: 'dirty' })
    step(ack([[2, 2]]))
    expect(exchanges).toHaveLength(1)
  })
})
