import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addQuality, NO_QUALITY } from '../windows/index.ts'
import { DIMENSIONS, qualityScores } from './index.ts'

const none = { ...NO_QUALITY, count: 0 }

describe('quality scores', () => {
  it('are shares that can be counted out by hand', () => {
    // 100 expected: 10 did not come, 90 did, of which 5 are out of range, 3 text, 2 in Fahrenheit; of the 80 stored 20 stand still.
    const counts = { count: 80, missing: 10, outOfRange: 5, wrongType: 3, wrongUnit: 2, late: 9, flat: 20 }
    const scores = qualityScores({ ...none, ...counts, duplicate: 10, untrusted: 18 })
    expect(scores).toEqual({
      completeness: 0.9,
      validity: 80 / 90,
      timeliness: 0.9,
      movement: 0.75,
      uniqueness: 0.9,
      clock: 0.8,
      overall: expect.closeTo(0.9 * (80 / 90) * 0.9 * 0.75 * 0.9 * 0.8, 12),
    })
  })

  it('say nothing of nothing, and 0 of silence', () => {
    expect(Object.values(qualityScores(none))).toEqual(new Array(DIMENSIONS.length + 1).fill(null))
    expect(qualityScores({ ...none, missing: 5 })).toMatchObject({ completeness: 0, validity: null, overall: 0 })
    expect(qualityScores({ ...none, untrusted: 5 })).toMatchObject({ completeness: null, clock: 0, overall: 0 })
  })

  it('are shares of whatever is counted, and 1 only where nothing is wrong', () => {
    const n = fc.nat(1000)
    const fault = {
      missing: n,
      late: n,
      outOfRange: n,
      flat: n,
      duplicate: n,
      wrongType: n,
      wrongUnit: n,
      untrusted: n,
    }
    fc.assert(
      fc.property(fc.record({ count: fc.integer({ min: 1, max: 1000 }), ...fault }), ({ count, ...quality }) => {
        const { overall, ...scores } = qualityScores({ count, ...addQuality(quality, NO_QUALITY) })
        for (const score of [...Object.values(scores), overall!]) {
          expect(score).toBeGreaterThanOrEqual(0)
          expect(score).toBeLessThanOrEqual(1)
        }
        expect(overall === 1).toBe(Object.values(quality).every((faults) => faults === 0))
      }),
    )
  })
})
