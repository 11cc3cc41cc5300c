import type { TensorSpec } from '@storecast/shared/contracts'
import type { SharedBytes } from '../platform/shared-bytes.ts'
import { MAX_TENSOR_BYTES, type Tensor, type Tensors } from './tensors.ts'

/** Where a tensor's values lie in the shared bytes. */
export interface PlacedTensor {
  readonly name: string
  readonly type: Tensor['type']
  readonly shape: readonly number[]
  readonly at: number
}

/** A stretch of the shared bytes. */
export interface Place {
  readonly at: number
  readonly bytes: number
}

const ALIGN = 64
const ELEMENT = { float32: 4, int64: 8 } as const

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGN) * ALIGN

/** Bytes that tensors take when each begins at a multiple of 64. */
export const placedBytes = (tensors: Tensors): number =>
  Object.values(tensors).reduce((sum, { data }) => sum + aligned(data.byteLength), 0)

/** Bytes that the outputs will take, given the sizes of the named dimensions; undefined where one is not known before. */
export function outputBytes(specs: readonly TensorSpec[], sizes: ReadonlyMap<string, number>): number | undefined {
  let total = 0
  for (const { type, shape } of specs) {
    let elements = 1
    for (const dim of shape) {
      const size = typeof dim === 'number' ? dim : sizes.get(dim)
      if (size === undefined) return undefined
      elements *= size
    }
    total += aligned(elements * ELEMENT[type])
  }
  return total
}

/** Writes tensors one behind the other, from `at` on. */
export function placeTensors(bytes: SharedBytes, tensors: Tensors, at: number): PlacedTensor[] {
  let next = at
  return Object.entries(tensors).map(([name, { type, shape, data }]) => {
    const place = { name, type, shape, at: next }
    bytes.write(data, next)
    next += aligned(data.byteLength)
    return place
  })
}

/**
 * Reads tensors back.
 * @param allocate gives the buffer for a tensor's values; it may be larger
 */
export function readTensors(
  bytes: SharedBytes,
  placed: readonly PlacedTensor[],
  allocate: (name: string, bytes: number) => ArrayBuffer,
): Tensors {
  let total = 0
  const entries = placed.map(({ name, type, shape, at }): [string, Tensor] => {
    const elements = shape.reduce((product, size) => product * size, 1)
    total += elements * ELEMENT[type]
    if (!(total <= MAX_TENSOR_BYTES)) throw new RangeError(`tensors of ${total} bytes are not read`)
    const buffer = allocate(name, elements * ELEMENT[type])
    if (type === 'float32') {
      const data = new Float32Array(buffer, 0, elements)
      bytes.read(data, at)
      return [name, { type, shape, data }]
    }
    const data = new BigInt64Array(buffer, 0, elements)
    bytes.read(data, at)
    return [name, { type, shape, data }]
  })
  return Object.fromEntries(entries)
}
