import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sequenceRow } from './index.ts'

describe('sequenceRow', () => {
  it('takes the newest windows and carries the last value over gaps', () => {
    const values = Float32Array.of(9, 9, Number.NaN, 1, 2, Number.NaN, Number.NaN, Number.NaN)
    const { series, measured } = sequenceRow({ windows: 4, channels: 2, values }, 3)
    expect([...series]).toEqual([2, 1, 2, 1, 2, 1])
    expect([...measured]).toEqual([Math.fround(1 / 3), Math.fround(1 / 3)])
  })

  it('gives a whole context from a short history, and 0 for a channel never heard', () => {
    const { series } = sequenceRow({ windows: 1, channels: 2, values: Float32Array.of(5, Number.NaN) }, 4)
    expect([...series]).toEqual([5, 0, 5, 0, 5, 0, 5, 0])
  })

  it('leaves complete data as they are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(9),
        (channels, context, more) => {
          const values = Float32Array.from({ length: (context + more) * channels }, (_, i) => Math.sin(i))
          const { series, measured } = sequenceRow({ windows: context + more, channels, values }, context)
          expect(series).toEqual(values.subarray(more * channels))
          expect(measured.every((share) => share === 1)).toBe(true)
        },
      ),
    )
  })
})
