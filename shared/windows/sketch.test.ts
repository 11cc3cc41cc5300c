import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SKETCH_RELATIVE_ERROR, Sketch } from './sketch.ts'

const sketchOf = (values: readonly number[]) => {
  const sketch = new Sketch()
  for (const value of values) sketch.add(value)
  return sketch
}
const steps = fc.oneof(
  fc.integer({ min: -50, max: 50 }),
  fc.integer({ min: -1_000_000, max: 1_000_000 }),
  fc.maxSafeInteger(),
)
const sample = fc.array(steps, { minLength: 1, maxLength: 300 })

describe('DDSketch', () => {
  it('gives every quantile within its relative error of the exact one, negative values included', () => {
    fc.assert(
      fc.property(sample, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const exact = values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))]!
        const error = Math.abs(sketchOf(values).quantile(q) - exact)
        expect(error).toBeLessThanOrEqual(SKETCH_RELATIVE_ERROR * Math.abs(exact) * (1 + 1e-9))
      }),
      { numRuns: 2000 },
    )
  })

  it('merges to the sketch of all values: commutative, associative, with the empty one as unit', () => {
    const merged = (...parts: Sketch[]) => {
      const sum = new Sketch()
      for (const part of parts) sum.merge(part)
      return sum.bins()
    }
    fc.assert(
      fc.property(fc.array(steps), fc.array(steps), fc.array(steps), (a, b, c) => {
        const [x, y, z] = [sketchOf(a), sketchOf(b), sketchOf(c)]
        const all = sketchOf([...a, ...b, ...c]).bins()
        expect(merged(x, y, z)).toEqual(all)
        expect(merged(z, x, y)).toEqual(all)
        expect(merged(x, Sketch.fromBins(merged(y, z)))).toEqual(all)
        expect(merged(x, new Sketch())).toEqual(x.bins())
      }),
    )
  })

  it('survives its packed form and its bins', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(steps, fc.double({ noNaN: true, noDefaultInfinity: true }))), (values) => {
        const sketch = sketchOf(values)
        for (const copy of [Sketch.decode(sketch.encode()), Sketch.fromBins(sketch.bins())]) {
          expect(copy.bins()).toEqual(sketch.bins())
          expect(copy.count).toBe(values.length)
        }
      }),
    )
  })

  it('is 5 bytes for one reading, and refuses bytes that end too early', () => {
    const one = sketchOf([1234]).encode()
    expect(one.length).toBeLessThanOrEqual(6)
    expect(() => Sketch.decode(one.subarray(0, 3))).toThrow(RangeError)
    expect(new Sketch().quantile(0.5)).toBeNaN()
  })
})
