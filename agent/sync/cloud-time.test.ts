import { isClockTrusted } from '@storecast/shared/contracts'
import fc from 'fast-check'
import { beforeEach, expect, it } from 'vitest'
import { CloudTime } from './cloud-time.ts'

const T0 = Date.UTC(2026, 2, 2)

let monotonic: number
/** Of the device's clock, ahead of the cloud's. */
let ahead: number
let time: CloudTime

beforeEach(() => {
  monotonic = 5000
  ahead = 0
  time = new CloudTime({ real: () => cloudNow() + ahead, monotonic: () => monotonic })
})

const cloudNow = () => T0 + monotonic

/** The message takes `there`, the answer `back`. */
function exchange(there: number, back: number): void {
  const sentAt = monotonic
  monotonic += there
  const serverTime = cloudNow()
  monotonic += back
  time.heard({ sentAt, heardAt: monotonic, serverTime })
}

it('knows nothing before the cloud has said anything', () => {
  expect(time.difference).toBeUndefined()
})

it('takes the middle of an exchange, and is as unsure as it was long', () => {
  ahead = 7200_000
  exchange(30, 70)
  expect(time.difference).toEqual({ ahead: 7_200_020, within: 51, checkedAt: T0 + 5030 })
})

it('goes on by the monotonic clock: one that is set is noticed without the cloud', () => {
  exchange(10, 10)
  monotonic += 3600_000
  ahead = -90_000
  const found = time.difference!
  expect(found).toMatchObject({ ahead: -90_000, within: 371, checkedAt: T0 + 5010 })
  expect(isClockTrusted(found)).toBe(false)
})

it('keeps to the exchange that says most, and tells when it was last checked', () => {
  exchange(10, 10)
  exchange(20_000, 0)
  expect(time.difference).toMatchObject({ ahead: 0, within: 13, checkedAt: T0 + 25_020 })
  // What has drifted since makes an exchange worth less than a new one.
  monotonic += 86_400_000
  exchange(2000, 2000)
  expect(time.difference).toMatchObject({ ahead: 0, within: 2001 })
})

it('believes the cloud where its clock was set: what was known and what is heard cannot both be true', () => {
  exchange(10, 10)
  time.heard({ sentAt: monotonic, heardAt: monotonic + 2000, serverTime: cloudNow() + 600_000 })
  expect(time.difference).toMatchObject({ ahead: expect.closeTo(-599_000, 0), within: 1001 })
})

it('has the true difference within what it says, however long messages take either way', () => {
  const leg = fc.integer({ min: 0, max: 60_000 })
  const step = fc.record({ there: leg, back: leg, pause: fc.integer({ min: 0, max: 10 * 86_400_000 }) })
  const drift = fc.double({ min: -90e-6, max: 90e-6, noNaN: true })
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), drift, fc.integer(), (steps, rate, off) => {
      let true_ = 0
      // The device's monotonic clock runs `rate` too fast.
      const own = new CloudTime({ real: () => T0 + true_ + off, monotonic: () => true_ * (1 + rate) })
      for (const { there, back, pause } of steps) {
        true_ += pause
        const sentAt = true_ * (1 + rate)
        true_ += there
        const serverTime = T0 + true_
        true_ += back
        own.heard({ sentAt, heardAt: true_ * (1 + rate), serverTime })
        const found = own.difference!
        expect(Math.abs(found.ahead - off)).toBeLessThanOrEqual(found.within + 1)
      }
    }),
  )
})

it('trusts a clock that may be right to the minute', () => {
  expect(isClockTrusted({ ahead: 60_000, within: 0 })).toBe(true)
  expect(isClockTrusted({ ahead: -60_001, within: 0 })).toBe(false)
  expect(isClockTrusted({ ahead: 75_000, within: 15_000 })).toBe(true)
})
