import type { Golden, TensorSpec } from '@storecast/shared/contracts'

/** A tensor by value, row-major. int64 values are `bigint`s, as ONNX Runtime wants them. */
export type Tensor =
  | { readonly type: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly type: 'int64'; readonly shape: readonly number[]; readonly data: BigInt64Array }

export type Tensors = Readonly<Record<string, Tensor>>

/** Largest sum of tensors of one request or one answer, in bytes. */
export const MAX_TENSOR_BYTES = 64 * 1024 * 1024

export const float32 = (shape: readonly number[], data: Float32Array): Tensor => ({ type: 'float32', shape, data })
export const int64 = (shape: readonly number[], data: BigInt64Array): Tensor => ({ type: 'int64', shape, data })

export const byteLength = (tensors: Tensors): number =>
  Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0)

/**
 * What is wrong with `tensors` as the inputs (or outputs) that `specs` tell of, in words; undefined where nothing is. All
 * names must be there and no others; type and rank must agree; a named dimension has one size in all tensors.
 * @param sizes of the named dimensions, filled in: pass the inputs' on to hold the outputs to them
 */
export function misfit(
  specs: readonly TensorSpec[],
  tensors: Tensors,
  sizes = new Map<string, number>(),
): string | undefined {
  const unknown = Object.keys(tensors).find((name) => !specs.some((spec) => spec.name === name))
  if (unknown !== undefined) {
    return `there is no tensor ${JSON.stringify(unknown.slice(0, 64))}: give ${specs.map((s) => s.name).join(', ')}`
  }
  const bytes = byteLength(tensors)
  if (bytes > MAX_TENSOR_BYTES) return `the tensors have ${bytes} bytes, at most ${MAX_TENSOR_BYTES} are taken`
  for (const spec of specs) {
    const tensor = Object.hasOwn(tensors, spec.name) ? tensors[spec.name] : undefined
    if (!tensor) return `tensor ${spec.name} is missing`
    const problem = misfitOf(spec, tensor, sizes)
    if (problem !== undefined) return `tensor ${spec.name} ${problem}`
  }
  return undefined
}

function misfitOf({ type, shape }: TensorSpec, tensor: Tensor, sizes: Map<string, number>): string | undefined {
  if (tensor.type !== type) return `is ${tensor.type}, not ${type}`
  const expected = `[${shape.join(',')}]`
  const got = `[${tensor.shape.join(',')}]`
  if (tensor.shape.length !== shape.length) return `has shape ${got}, not ${expected}`
  if (tensor.shape.some((size) => !Number.isSafeInteger(size) || size < 0)) return `has an impossible shape ${got}`
  for (const [axis, dim] of shape.entries()) {
    const size = tensor.shape[axis]!
    if (typeof dim === 'number') {
      if (size !== dim) return `has shape ${got}, not ${expected}`
      continue
    }
    const earlier = sizes.get(dim)
    if (earlier !== undefined && earlier !== size) return `has ${dim} = ${size} where another tensor has ${earlier}`
    sizes.set(dim, size)
  }
  const elements = tensor.shape.reduce((product, size) => product * size, 1)
  return tensor.data.length === elements
    ? undefined
    : `has ${tensor.data.length} values, its shape ${got} takes ${elements}`
}

type GoldenTensors = Golden['cases'][number]['inputs']

/** A golden case's numbers as tensors. */
export function fromGolden(tensors: GoldenTensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { type, shape, data }]) => [
      name,
      type === 'float32'
        ? float32(shape, Float32Array.from(data))
        : int64(
            shape,
            BigInt64Array.from(data, (value) => BigInt(Math.trunc(value))),
          ),
    ]),
  )
}
