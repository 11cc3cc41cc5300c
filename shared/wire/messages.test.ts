import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeDownlink, encodeAck, encodeAnswer } from './downlink.ts'
import { WireError } from './errors.ts'
import { MAX_BODY_BYTES, MAX_PAYLOAD_BYTES } from './limits.ts'
import type { Ack, Answer, Batch, Hello } from './messages.ts'
import { decodePresence, encodePresence, replaces } from './presence.ts'
import { rangesOf } from './ranges.ts'
import { decodeUplink, encodeBatch, encodeHello } from './uplink.ts'

const token = fc.stringMatching(/^[0-9a-f]{16}$/)
const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const ranges = fc
  .uniqueArray(fc.integer({ min: 1, max: 500 }), { maxLength: 30 })
  .map((sequences) => rangesOf(sequences.sort((a, b) => a - b)))

const times = fc.uniqueArray(number, { maxLength: 5 }).map((list) => list.sort((a, b) => a - b))

const runs = times.chain((firsts) =>
  fc.tuple(...firsts.map((first) => fc.record({ first: fc.constant(first), id: fc.maxSafeNat() }))),
)

const held = fc.oneof(fc.constant({ epoch: 0, link: 0 }), fc.record({ epoch: number, link: number }))
const hello: fc.Arbitrary<Hello> = fc
  .tuple(
    held,
    fc.record(
      {
        dbId: fc.uuid(),
        nextSeq: number,
        nonce: token,
        session: token,
        acknowledged: times,
        quarantined: fc.boolean(),
        runs,
        challenge: token,
      },
      { requiredKeys: ['dbId', 'nextSeq', 'nonce', 'session', 'acknowledged', 'quarantined', 'runs'] },
    ),
  )
  .map(([epochAndLink, rest]) => ({ ...epochAndLink, ...rest }))
const waiting = fc.record({ records: fc.nat(), since: fc.integer({ min: -(2 ** 40), max: 2 ** 44 }) })
const clock = fc.record(
  {
    ahead: fc.integer({ min: -(2 ** 44), max: 2 ** 44 }),
    within: fc.nat(),
    checkedAt: number,
    madeUp: fc.record({
      time: fc.integer({ min: -(2 ** 40), max: 2 ** 44 }),
      speed: fc.double({ min: 0.001, max: 1e6, noNaN: true }),
    }),
  },
  { requiredKeys: ['ahead', 'within', 'checkedAt'] },
)
const batch: fc.Arbitrary<Batch> = fc.record(
  {
    epoch: number,
    link: number,
    floor: number,
    acknowledged: times,
    sequences: ranges,
    superseded: fc.record({ revised: ranges, coarsened: ranges, dropped: ranges }),
    body: fc.uint8Array({ maxLength: 50 }),
    bodySize: fc.nat(MAX_BODY_BYTES),
    waiting,
    clock,
  },
  { requiredKeys: ['epoch', 'link', 'floor', 'acknowledged', 'sequences', 'superseded', 'body', 'bodySize'] },
)
const grant = fc.record(
  { epoch: number, link: number, quarantined: fc.boolean(), resendSince: fc.oneof(fc.constant(0), number) },
  { requiredKeys: ['epoch', 'link', 'quarantined'] },
)
const answer: fc.Arbitrary<Answer> = fc.record({
  nonce: token,
  session: token,
  serverTime: number,
  outcome: fc.oneof(fc.record({ grant }), fc.record({ challenge: token })),
})
const ack: fc.Arbitrary<Ack> = fc.record({
  epoch: number,
  link: number,
  committed: ranges,
  committedAt: number,
  serverTime: number,
  pauseMs: fc.nat(),
  sayHello: fc.boolean(),
})

describe('messages', () => {
  it('come back as they were sent', () => {
    fc.assert(fc.property(hello, (m) => void expect(decodeUplink(encodeHello(m))).toEqual({ hello: m })))
    fc.assert(fc.property(batch, (m) => void expect(decodeUplink(encodeBatch(m))).toEqual({ batch: m })))
    fc.assert(fc.property(answer, (m) => void expect(decodeDownlink(encodeAnswer(m))).toEqual({ answer: m })))
    fc.assert(fc.property(ack, (m) => void expect(decodeDownlink(encodeAck(m))).toEqual({ ack: m })))
  })

  it('are refused with a WireError, never otherwise, when the bytes are broken or noise', () => {
    const whole = fc.oneof(hello.map(encodeHello), batch.map(encodeBatch), answer.map(encodeAnswer), ack.map(encodeAck))
    const broken = fc
      .tuple(whole, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat())
      .map(([bytes, changes, length]) => {
        const copy = bytes.slice(0, 1 + (length % bytes.length))
        for (const [at, value] of changes) copy[at % copy.length] = value
        return copy
      })
    fc.assert(
      fc.property(fc.oneof(broken, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        for (const decode of [decodeUplink, decodeDownlink, decodePresence]) {
          try {
            decode(bytes)
          } catch (error) {
            expect(error).toBeInstanceOf(WireError)
          }
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('are capped before they are parsed', () => {
    const huge = new Uint8Array(MAX_PAYLOAD_BYTES + 1)
    expect(() => decodeUplink(huge)).toThrow(expect.objectContaining({ code: 'oversized' }))
    expect(() => decodeDownlink(huge)).toThrow(expect.objectContaining({ code: 'oversized' }))
    expect(() => decodePresence(huge)).toThrow(expect.objectContaining({ code: 'oversized' }))
  })

  const sound: Hello = {
    dbId: '2b1c8a1e-6f0d-4f4e-9a52-8d5a4c1f0b11',
    epoch: 0,
    link: 0,
    nextSeq: 1,
    nonce: '0123456789abcdef',
    session: '0123456789abcdef',
    acknowledged: [],
    quarantined: false,
    runs: [],
  }
  it.each([
    ['a database id that is no UUID', { dbId: 'mine' }],
    ['a nonce that is no hex', { nonce: 'x' }],
    ['sequence 0', { nextSeq: 0 }],
    ['a link without an epoch', { link: 3 }],
    ['an epoch without a link', { epoch: 3 }],
  ])('a hello with %s is refused', (_, wrong) => {
    expect(() => decodeUplink(encodeHello({ ...sound, ...wrong }))).toThrow(
      expect.objectContaining({ code: 'out-of-range' }),
    )
  })

  it('without a kind are of an unknown kind', () => {
    expect(() => decodeUplink(new Uint8Array())).toThrow(expect.objectContaining({ code: 'unknown-message' }))
  })
})

describe('presence', () => {
  const online = { online: true, link: 4, session: 'aaaaaaaaaaaaaaaa' }
  it('comes back as it was sent', () => {
    expect(decodePresence(Buffer.from(encodePresence(online)))).toEqual(online)
  })

  it('is not replaced by the late last will of an older connection', () => {
    expect(replaces(online, undefined)).toBe(true)
    expect(replaces({ ...online, online: false }, online)).toBe(true)
    expect(replaces({ ...online, link: 5 }, online)).toBe(true)
    expect(replaces({ ...online, link: 3, online: false }, online)).toBe(false)
    expect(replaces({ ...online, session: 'bbbbbbbbbbbbbbbb' }, online)).toBe(true)
    expect(replaces({ online: false, link: 4, session: 'bbbbbbbbbbbbbbbb' }, online)).toBe(false)
  })
})
