import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Sketch } from '../windows/index.ts'
import { auc, aucOfSketches } from './auc.ts'
import { binCounts, cutsOf } from './bins.ts'
import { ofSamples } from './distribution.ts'
import { kolmogorovSmirnov, kolmogorovSmirnovOfSketches } from './kolmogorov-smirnov.ts'
import { wasserstein, wassersteinOfSketches } from './wasserstein.ts'

const steps = fc.oneof(
  fc.array(fc.integer({ min: -(2 ** 36), max: 2 ** 36 }), { minLength: 1, maxLength: 80 }),
  fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 1, maxLength: 200 }),
  // Ties, zero among them.
  fc.array(fc.integer({ min: -2, max: 3 }), { minLength: 1, maxLength: 200 }),
)

const sketchOf = (values: readonly number[]) => {
  const sketch = new Sketch()
  for (const value of values) sketch.add(value)
  return sketch.bins()
}
/** Of rounding: sums of shares and products of large steps. */
const close = (scale: number) => 1e-9 * (1 + scale)

describe('from sketches', () => {
  it('Kolmogorov–Smirnov is inside its interval', () => {
    fc.assert(
      fc.property(steps, steps, (a, b) => {
        const exact = kolmogorovSmirnov(ofSamples(a), ofSamples(b))
        const { low, high } = kolmogorovSmirnovOfSketches(sketchOf(a), sketchOf(b))
        expect(exact).toBeGreaterThanOrEqual(low - 1e-12)
        expect(exact).toBeLessThanOrEqual(high + 1e-12)
      }),
    )
  })

  it('Wasserstein is off by at most its bound', () => {
    fc.assert(
      fc.property(steps, steps, (a, b) => {
        const exact = wasserstein(ofSamples(a), ofSamples(b))
        const { value, bound } = wassersteinOfSketches(sketchOf(a), sketchOf(b))
        expect(Math.abs(value - exact)).toBeLessThanOrEqual(bound + close(bound))
      }),
    )
  })

  it('AUC is off by at most its bound', () => {
    fc.assert(
      fc.property(steps, steps, (a, b) => {
        const { value, bound } = aucOfSketches(sketchOf(a), sketchOf(b))
        expect(Math.abs(value - auc(ofSamples(a), ofSamples(b)))).toBeLessThanOrEqual(bound + 1e-12)
      }),
    )
  })

  it('the counts of frozen bins, and so PSI, are exact', () => {
    const gamma = 1.01 / 0.99
    const isBelow = (value: number, cut: number) =>
      cut < 0 ? value < -(gamma ** (-cut - 2)) : value <= (cut === 0 ? 0 : gamma ** (cut - 1))
    fc.assert(
      fc.property(steps, steps, (reference, current) => {
        const cuts = cutsOf(sketchOf(reference))
        const ends = [...cuts, Number.POSITIVE_INFINITY]
        const expected = ends.map(
          (end, i) => current.filter((v) => isBelow(v, end) && !(i > 0 && isBelow(v, ends[i - 1]!))).length,
        )
        expect(binCounts(sketchOf(current), cuts)).toEqual(expected)
      }),
    )
  })

  it('every frozen bin holds half of a tenth of the reference or more', () => {
    fc.assert(
      fc.property(steps, (reference) => {
        const sketch = sketchOf(reference)
        const counts = binCounts(sketch, cutsOf(sketch))
        expect(counts.length).toBeLessThanOrEqual(10)
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(reference.length / 20)
      }),
    )
  })
})
