/**
 * Dense tensors in row-major order, as ONNX and ONNX Runtime hold them. `bool` is one byte an element, `float16` its
 * 16-bit pattern.
 */
export interface ElementArrays {
  float32: Float32Array
  float64: Float64Array
  float16: Uint16Array
  int8: Int8Array
  uint8: Uint8Array
  int32: Int32Array
  int64: BigInt64Array
  bool: Uint8Array
}
export type ElementType = keyof ElementArrays
export type FloatType = 'float32' | 'float64'

export interface Tensor<T extends ElementType = ElementType> {
  readonly type: T
  readonly shape: readonly number[]
  readonly data: ElementArrays[T]
}

/** `TensorProto.DataType` of the ONNX specification. */
export const elementCodes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
} as const satisfies Record<ElementType, number>

const constructors = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const

export const bytesPerElement = (type: ElementType): number => constructors[type].BYTES_PER_ELEMENT

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1)

/** An array of `size` zeros of the element type. */
export function zeros<T extends ElementType>(type: T, size: number): ElementArrays[T] {
  return new constructors[type](size) as ElementArrays[T]
}

/** Little-endian bytes (a copy, so that alignment does not matter) as elements. */
export function fromBytes<T extends ElementType>(type: T, bytes: Uint8Array): ElementArrays[T] {
  const copy = bytes.slice()
  return new constructors[type](copy.buffer, 0, copy.byteLength / bytesPerElement(type)) as ElementArrays[T]
}

/** A tensor from numbers; `shape` defaults to one dimension. */
export function tensor<T extends ElementType>(
  type: T,
  values: ArrayLike<number> | ElementArrays[T],
  shape: readonly number[] = [values.length],
): Tensor<T> {
  if (sizeOf(shape) !== values.length) {
    throw new RangeError(`tensor: shape [${shape}] holds ${sizeOf(shape)} elements, ${values.length} were given`)
  }
  const data = values instanceof constructors[type] ? values : zeros(type, values.length)
  if (data !== values) {
    if (type === 'int64') for (let i = 0; i < values.length; i++) (data as BigInt64Array)[i] = BigInt(values[i]!)
    else (data as Float64Array).set(values as ArrayLike<number>)
  }
  return { type, shape, data: data as ElementArrays[T] }
}
