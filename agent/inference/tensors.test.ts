import type { TensorSpec } from '@storecast/shared/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { float32, int64, MAX_TENSOR_BYTES, misfit } from './tensors.ts'

const specs: TensorSpec[] = [
  { name: 'features', type: 'float32', shape: ['N', 3] },
  { name: 'statics', type: 'int64', shape: ['N', 2] },
]
const fitting = (n: number) => ({
  features: float32([n, 3], new Float32Array(n * 3)),
  statics: int64([n, 2], new BigInt64Array(n * 2)),
})

describe('misfit', () => {
  it('finds nothing in tensors of any batch size', () => {
    fc.assert(
      fc.property(fc.nat(50), (n) => {
        expect(misfit(specs, fitting(n))).toBeUndefined()
      }),
    )
  })

  it('says which tensor is wrong, and how', () => {
    const { features, statics } = fitting(2)
    expect(misfit(specs, { features })).toBe('tensor statics is missing')
    expect(misfit(specs, { features, statics, more: features })).toContain('no tensor "more"')
    expect(misfit(specs, { features: statics, statics })).toBe('tensor features is int64, not float32')
    expect(misfit(specs, { features: float32([6], new Float32Array(6)), statics })).toBe(
      'tensor features has shape [6], not [N,3]',
    )
    expect(misfit(specs, { features: float32([3, 2], new Float32Array(6)), statics })).toContain(
      'shape [3,2], not [N,3]',
    )
    expect(misfit(specs, { features, statics: fitting(3).statics })).toBe(
      'tensor statics has N = 3 where another tensor has 2',
    )
    expect(misfit(specs, { features: float32([2, 3], new Float32Array(5)), statics })).toContain('has 5 values')
    expect(misfit(specs, { features: float32([-2, 3], new Float32Array(6)), statics })).toContain('impossible shape')
  })

  it('finds a missing tensor where an object has inherited properties of that name', () => {
    expect(misfit([{ name: 'constructor', type: 'float32', shape: [1] }], {})).toBe('tensor constructor is missing')
  })

  it('holds outputs to the batch size of the inputs', () => {
    const sizes = new Map<string, number>()
    misfit(specs, fitting(2), sizes)
    const outputs: TensorSpec[] = [{ name: 'mean', type: 'float32', shape: ['N'] }]
    expect(misfit(outputs, { mean: float32([2], new Float32Array(2)) }, sizes)).toBeUndefined()
    expect(misfit(outputs, { mean: float32([3], new Float32Array(3)) }, sizes)).toContain('N = 3')
  })

  it('refuses what is over the cap', () => {
    const n = Math.ceil(MAX_TENSOR_BYTES / 28)
    expect(misfit(specs, fitting(n))).toContain('at most')
  })
})
