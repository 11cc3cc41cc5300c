import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSharedBytes } from '../platform/shared-bytes.ts'
import { outputBytes, placedBytes, placeTensors, readTensors } from './placement.ts'
import { float32, int64, type Tensor } from './tensors.ts'

const allocate = (_: string, bytes: number) => new ArrayBuffer(bytes)
const anyTensor: fc.Arbitrary<Tensor> = fc.oneof(
  fc.array(fc.float(), { maxLength: 40 }).map((data) => float32([data.length], Float32Array.from(data))),
  fc
    .array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 40 })
    .map((data) => int64([1, data.length], BigInt64Array.from(data))),
)

describe('tensors in shared bytes', () => {
  it('come back as they were, several sets beside each other', () => {
    using shared = createSharedBytes()
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), anyTensor), { maxLength: 4 }), (sets) => {
        let at = 0
        const placed = sets.map((tensors) => {
          const result = placeTensors(shared, tensors, at)
          at += placedBytes(tensors)
          return result
        })
        expect(placed.map((set) => readTensors(shared, set, allocate))).toEqual(sets.map((set) => ({ ...set })))
      }),
    )
  })

  it('fit the room that is worked out before', () => {
    const specs = [
      { name: 'quantiles', type: 'float32' as const, shape: ['N', 3] },
      { name: 'count', type: 'int64' as const, shape: [2] },
    ]
    const outputs = { quantiles: float32([5, 3], new Float32Array(15)), count: int64([2], new BigInt64Array(2)) }
    expect(outputBytes(specs, new Map([['N', 5]]))).toBe(placedBytes(outputs))
    expect(outputBytes(specs, new Map())).toBeUndefined()
  })

  it('are not read where they claim an absurd size', () => {
    using shared = createSharedBytes()
    const claim = (shape: number[]) => () =>
      readTensors(shared, [{ name: 'x', type: 'float32', shape, at: 0 }], allocate)
    expect(claim([2 ** 40])).toThrow(RangeError)
    expect(claim([-1, 5])).toThrow(RangeError)
    expect(claim([Number.NaN])).toThrow(RangeError)
  })
})
