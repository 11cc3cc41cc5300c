import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WireError } from './errors.ts'
import { includes, packRanges, type Ranges, rangesOf, sizeOf, subtract, union, unpackRanges } from './ranges.ts'

const sequences = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 }).map((s) => s.sort((a, b) => a - b))
const list = (ranges: Ranges) =>
  ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i))
const isNormal = (ranges: Ranges) =>
  ranges.every(([first, last], i) => first <= last && (i === 0 || first > ranges[i - 1]![1] + 1))

describe('ranges', () => {
  it('hold what was put in, told apart from what was not', () => {
    fc.assert(
      fc.property(sequences, (s) => {
        const ranges = rangesOf(s)
        expect(isNormal(ranges)).toBe(true)
        expect(list(ranges)).toEqual(s)
        expect(sizeOf(ranges)).toBe(s.length)
        for (let i = 0; i <= 61; i++) expect(includes(ranges, i)).toBe(s.includes(i))
      }),
    )
  })

  it('join and subtract as sets do', () => {
    fc.assert(
      fc.property(sequences, sequences, (a, b) => {
        const joined = union(rangesOf(a), rangesOf(b))
        expect(isNormal(joined)).toBe(true)
        expect(list(joined)).toEqual([...new Set([...a, ...b])].sort((x, y) => x - y))
        const rest = subtract(rangesOf(a), rangesOf(b))
        expect(isNormal(rest)).toBe(true)
        expect(list(rest)).toEqual(a.filter((s) => !b.includes(s)))
      }),
    )
  })

  it('come back from the wire', () => {
    fc.assert(fc.property(sequences, (s) => void expect(unpackRanges(packRanges(rangesOf(s)))).toEqual(rangesOf(s))))
  })

  it.each([
    ['half a pair', [1n]],
    ['sequence 0', [0n, 0n]],
    ['adjacent ranges', [1n, 0n, 1n, 0n]],
    ['overlapping ranges', [5n, 3n, 0n, 1n]],
    ['beyond 2^53', [1n, 2n ** 53n]],
  ])('refuse %s', (_, packed) => {
    expect(() => unpackRanges(packed)).toThrow(WireError)
  })
})
