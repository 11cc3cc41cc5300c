import type { TensorSpec } from '@storecast/shared/contracts'

/**
 * Writes small ONNX models by hand, so that the agent's tests depend on no model workshop. Field numbers are those of
 * onnx.proto3 (IR version 8, operator set 17).
 */
export interface TinyGraph {
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
  readonly nodes: readonly TinyNode[]
  readonly constants?: Readonly<Record<string, TinyConstant>>
}
export interface TinyNode {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Whole numbers only: an `int` or an `ints` attribute. */
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>
}
export interface TinyConstant {
  readonly shape: readonly number[]
  readonly data: Float32Array | BigInt64Array
}

export function tinyOnnx({ inputs, outputs, nodes, constants = {} }: TinyGraph): Uint8Array {
  const graph = [
    ...nodes.map((node) => message(1, nodeProto(node))),
    text(2, 'tiny'),
    ...Object.entries(constants).map(([name, constant]) => message(5, tensorProto(name, constant))),
    ...inputs.map((spec) => message(11, valueInfo(spec))),
    ...outputs.map((spec) => message(12, valueInfo(spec))),
  ]
  return Buffer.concat([integer(1, 8), message(7, graph), message(8, [text(1, ''), integer(2, 17)])])
}

const elementType = { float32: 1, int64: 7 } as const

const nodeProto = ({ op, inputs, outputs, attributes = {} }: TinyNode) => [
  ...inputs.map((name) => text(1, name)),
  ...outputs.map((name) => text(2, name)),
  text(4, op),
  ...Object.entries(attributes).map(([name, value]) =>
    message(
      5,
      typeof value === 'number'
        ? [text(1, name), integer(3, value), integer(20, 2)]
        : [text(1, name), ...value.map((item) => integer(8, item)), integer(20, 7)],
    ),
  ),
]

const tensorProto = (name: string, { shape, data }: TinyConstant) => [
  ...shape.map((dim) => integer(1, dim)),
  integer(2, data instanceof Float32Array ? elementType.float32 : elementType.int64),
  text(8, name),
  bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
]

const valueInfo = ({ name, type, shape }: TensorSpec) => {
  const dims = shape.map((dim) => message(1, [typeof dim === 'number' ? integer(1, dim) : text(2, dim)]))
  return [text(1, name), message(2, [message(1, [integer(1, elementType[type]), message(2, dims)])])]
}

const varint = (value: number): Uint8Array => {
  const out: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  return Uint8Array.from([...out, Number(rest)])
}
const integer = (field: number, value: number) => Buffer.concat([varint(field << 3), varint(value)])
const bytes = (field: number, value: Uint8Array) =>
  Buffer.concat([varint((field << 3) | 2), varint(value.byteLength), value])
const text = (field: number, value: string) => bytes(field, Buffer.from(value))
const message = (field: number, parts: readonly Uint8Array[]) => bytes(field, Buffer.concat(parts))
