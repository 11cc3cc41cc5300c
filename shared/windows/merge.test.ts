import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WindowRecord } from '../contracts/records.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { mergeWindows, NO_QUALITY } from './merge.ts'
import { Sketch } from './sketch.ts'
import { fromSteps, toSteps } from './steps.ts'

const series = { sensor: 'temperature', entity: '' }
const windowOf = (values: readonly number[], start: number, end: number): WindowRecord => {
  const sketch = new Sketch()
  for (const value of values) sketch.add(value)
  return {
    series,
    start,
    end,
    revision: 3,
    count: values.length,
    sum: values.reduce((a, b) => a + b, 0),
    min: values.length ? Math.min(...values) : 0,
    max: values.length ? Math.max(...values) : 0,
    last: values.at(-1) ?? 0,
    sketch: sketch.bins(),
    quality: { ...NO_QUALITY, missing: 1 },
  }
}

describe('merging windows', () => {
  const values = fc.array(fc.integer({ min: -1e9, max: 1e9 }), { maxLength: 20 })

  it('equals the window of all readings, in any order of the parts', () => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 12 }), fc.integer(), (parts, seed) => {
        const fine = parts.map((part, i) => windowOf(part, i * 5, i * 5 + 5))
        const shuffled = fine.toSorted((a, b) => ((a.start ^ seed) % 7) - ((b.start ^ seed) % 7))
        const whole = windowOf(parts.flat(), 0, parts.length * 5)
        expect(mergeWindows(shuffled, { start: 0, end: parts.length * 5 })).toEqual({
          ...whole,
          revision: 1,
          quality: { ...NO_QUALITY, missing: parts.length },
        })
      }),
    )
  })

  it('refuses windows outside the span, of other series, or none', () => {
    const span = { start: 0, end: 10 }
    const other = { ...windowOf([1], 0, 5), series: { sensor: 'temperature', entity: 'b' } }
    expect(() => mergeWindows([], span)).toThrow(RangeError)
    expect(() => mergeWindows([windowOf([1], 5, 15)], span)).toThrow(RangeError)
    expect(() => mergeWindows([windowOf([1], 0, 5), other], span)).toThrow(RangeError)
  })
})

describe('steps of a resolution', () => {
  it('returns every decimal to itself', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.constantFrom(0.001, 0.01, 0.1, 0.5, 1, 5, 10), (n, r) => {
        expect(toSteps(fromSteps(n, r), r)).toBe(n)
      }),
    )
    expect(fromSteps(toSteps(0.3, 0.1), 0.1)).toBe(0.3)
    expect(Object.is(toSteps(-0.01, 0.1), 0)).toBe(true)
  })
})

describe('packed numbers', () => {
  it('come back as they were, up to 52 bits, signed and unsigned', () => {
    const max = 2 ** 52 - 1
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer(), fc.integer({ min: -max, max }))), (numbers) => {
        const out = new ByteWriter(1)
        for (const n of numbers) {
          out.signed(n)
          out.unsigned(Math.abs(n))
          out.uint32(n >>> 0)
        }
        const bytes = new ByteReader(out.finish())
        for (const n of numbers) {
          expect([bytes.signed(), bytes.unsigned(), bytes.uint32()]).toEqual([n, Math.abs(n), n >>> 0])
        }
        expect(bytes.atEnd).toBe(true)
        expect(() => bytes.unsigned()).toThrow(RangeError)
      }),
    )
  })
})
