import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accumulate } from './index.ts'

const levels = [0.1, 0.5, 0.9]
const profile = fc
  .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 25 })
  .filter((weights) => weights.some((w) => w > 1e-6))
const quantiles = fc
  .array(fc.double({ min: 0, max: 1000, noNaN: true }), { minLength: 3, maxLength: 3 })
  .map((values) => Float32Array.from(values).sort())

describe('accumulate', () => {
  it('never falls in time, never crosses, starts at no less than 0 and ends in the day', () => {
    fc.assert(
      fc.property(quantiles, profile, (quantiles, profile) => {
        const out = accumulate({ quantiles, profile, levels })
        expect(out).toHaveLength(profile.length * 3)
        expect(out.subarray(-3)).toEqual(quantiles)
        for (let i = 0; i < out.length; i++) {
          expect(out[i]).toBeGreaterThanOrEqual(i % 3 === 0 ? 0 : out[i - 1]!)
          if (i >= 3) expect(out[i]).toBeGreaterThanOrEqual(out[i - 3]!)
        }
      }),
    )
  })

  it('is proportional where only the level of the day is unsure', () => {
    // sd = 4000 / 2.563, E T / Var T = 4e-4: next to no Poisson noise.
    const out = accumulate({ quantiles: [8000, 10_000, 12_000], profile: [0.25, 0.75], levels })
    expect(out[0]! / 8000).toBeCloseTo(0.25, 2)
    expect(out[2]! / 12_000).toBeCloseTo(0.25, 2)
  })

  it('has the Poisson quantiles of a part of a Poisson day', () => {
    // scipy.stats.poisson(100).ppf([.1, .5, .9]) = 87, 100, 113; poisson(25): 19, 25, 32; poisson(50): 41, 50, 59.
    const out = accumulate({ quantiles: [87, 100, 113], profile: [0.25, 0.25, 0.5], levels })
    const expected = [19, 25, 32, 41, 50, 59]
    expected.forEach((value, i) => {
      expect(Math.abs(out[i]! - value)).toBeLessThanOrEqual(0.6)
    })
  })
})
