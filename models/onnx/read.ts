import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import {
  type Attribute,
  attributeCodes,
  type Dim,
  type GraphIr,
  type ModelIr,
  type NodeIr,
  type ValueInfo,
} from './ir.ts'
import { bytesPerElement, type ElementType, elementCodes, fromBytes, sizeOf, type Tensor, zeros } from './tensor.ts'

/** The bytes are not an ONNX model that Storecast reads. Nothing to retry: another file is needed. */
export class OnnxFormatError extends Error {
  readonly code = 'onnx-format'
  override readonly name = 'OnnxFormatError'
}

const maxBytes = 256 * 1024 * 1024
/** Graphs inside control-flow attributes, inside graphs, … */
const maxDepth = 8

/**
 * Parses a `ModelProto`. Fields Storecast has no use for are skipped; what it relies on is checked: sizes agree with
 * shapes, types are known, nesting is shallow, no external data.
 * @throws OnnxFormatError
 */
export function readModel(bytes: Uint8Array): ModelIr {
  if (bytes.byteLength > maxBytes) {
    throw new OnnxFormatError(`ONNX model of ${bytes.byteLength} bytes: more than the ${maxBytes} allowed`)
  }
  try {
    const model = { irVersion: 0, producer: '', graph: undefined as GraphIr | undefined }
    const opsets: Record<string, number> = {}
    const metadata: Record<string, string> = {}
    fields(bytes, {
      1: (r) => (model.irVersion = integer(r)),
      2: (r) => (model.producer = r.string()),
      7: (r) => (model.graph = readGraph(r.bytes(), 0)),
      8: (r) => {
        const entry = readEntry(r.bytes(), integer, 0)
        opsets[entry.key] = entry.value
      },
      14: (r) => {
        const entry = readEntry(r.bytes(), (inner) => inner.string(), '')
        metadata[entry.key] = entry.value
      },
    })
    if (model.graph === undefined) throw new OnnxFormatError('ONNX model without a graph')
    return { irVersion: model.irVersion, producer: model.producer, graph: model.graph, opsets, metadata }
  } catch (cause) {
    if (cause instanceof OnnxFormatError) throw cause
    throw new OnnxFormatError('not an ONNX model: the protobuf encoding is broken', { cause })
  }
}

function readEntry<V>(bytes: Uint8Array, value: (r: BinaryReader) => V, initial: V): { key: string; value: V } {
  const entry = { key: '', value: initial }
  fields(bytes, { 1: (r) => (entry.key = r.string()), 2: (r) => (entry.value = value(r)) })
  return entry
}

function readGraph(bytes: Uint8Array, depth: number): GraphIr {
  if (depth > maxDepth) throw new OnnxFormatError(`ONNX graphs nested deeper than ${maxDepth}`)
  const nodes: NodeIr[] = []
  const initializers: Array<{ name: string; tensor: Tensor }> = []
  const inputs: ValueInfo[] = []
  const outputs: ValueInfo[] = []
  let name = ''
  fields(bytes, {
    1: (r) => nodes.push(readNode(r.bytes(), depth)),
    2: (r) => (name = r.string()),
    5: (r) => initializers.push(readTensor(r.bytes())),
    11: (r) => inputs.push(readValueInfo(r.bytes())),
    12: (r) => outputs.push(readValueInfo(r.bytes())),
  })
  return { name, nodes, initializers, inputs, outputs }
}

function readNode(bytes: Uint8Array, depth: number): NodeIr {
  const node = { name: '', op: '', domain: '' }
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes: Record<string, Attribute> = {}
  fields(bytes, {
    1: (r) => inputs.push(r.string()),
    2: (r) => outputs.push(r.string()),
    3: (r) => (node.name = r.string()),
    4: (r) => (node.op = r.string()),
    5: (r) => {
      const { name, attribute } = readAttribute(r.bytes(), depth)
      attributes[name] = attribute
    },
    7: (r) => (node.domain = r.string()),
  })
  return { ...node, inputs, outputs, attributes }
}

function readAttribute(bytes: Uint8Array, depth: number): { name: string; attribute: Attribute } {
  const values = { float: 0, int: 0, string: '', floats: [] as number[], ints: [] as number[], strings: [] as string[] }
  let name = ''
  let code = 0
  let tensor: Tensor | undefined
  let graph: GraphIr | undefined
  fields(bytes, {
    1: (r) => (name = r.string()),
    2: (r) => (values.float = r.float()),
    3: (r) => (values.int = Number(r.int64())),
    4: (r) => (values.string = utf8(r.bytes())),
    5: (r) => (tensor = readTensor(r.bytes()).tensor),
    6: (r) => (graph = readGraph(r.bytes(), depth + 1)),
    7: (r, wire) => repeated(r, wire, (inner) => values.floats.push(inner.float())),
    8: (r, wire) => repeated(r, wire, (inner) => values.ints.push(Number(inner.int64()))),
    9: (r) => values.strings.push(utf8(r.bytes())),
    20: (r) => (code = r.int32()),
  })
  const kind = (Object.keys(attributeCodes) as Attribute['kind'][]).find((each) => attributeCodes[each] === code)
  if (kind === undefined) throw new OnnxFormatError(`ONNX attribute "${name}" of unsupported type ${code}`)
  const value = kind === 'tensor' ? tensor : kind === 'graph' ? graph : values[kind]
  if (value === undefined) throw new OnnxFormatError(`ONNX attribute "${name}" has no value`)
  return { name, attribute: { kind, value } as Attribute }
}

function readTensor(bytes: Uint8Array): { name: string; tensor: Tensor } {
  const shape: number[] = []
  const listed: number[] = []
  const listed64: bigint[] = []
  let name = ''
  let code = 0
  let raw: Uint8Array | undefined
  let external = false
  fields(bytes, {
    1: (r, wire) => repeated(r, wire, (inner) => shape.push(integer(inner))),
    2: (r) => (code = r.int32()),
    4: (r, wire) => repeated(r, wire, (inner) => listed.push(inner.float())),
    5: (r, wire) => repeated(r, wire, (inner) => listed.push(inner.int32())),
    7: (r, wire) => repeated(r, wire, (inner) => listed64.push(BigInt(inner.int64()))),
    8: (r) => (name = r.string()),
    9: (r) => (raw = r.bytes()),
    10: (r, wire) => repeated(r, wire, (inner) => listed.push(inner.double())),
    14: (r) => (external = r.int32() !== 0),
  })
  const type = elementType(code, `tensor "${name}"`)
  if (external) throw new OnnxFormatError(`tensor "${name}" keeps its data in another file: one file is needed`)
  if (shape.some((n) => n < 0)) throw new OnnxFormatError(`tensor "${name}" has a negative dimension`)
  const size = sizeOf(shape)
  const given = raw ? raw.byteLength / bytesPerElement(type) : listed.length + listed64.length
  if (given !== size) throw new OnnxFormatError(`tensor "${name}" [${shape}] holds ${given} elements, not ${size}`)
  if (raw) return { name, tensor: { type, shape, data: fromBytes(type, raw) } }
  const data = zeros(type, size)
  if (data instanceof BigInt64Array) data.set(listed64)
  else data.set(listed)
  return { name, tensor: { type, shape, data } }
}

function readValueInfo(bytes: Uint8Array): ValueInfo {
  let name = ''
  let code = 0
  const shape: Dim[] = []
  const readDim = (r: BinaryReader) => {
    let dim: Dim = '?'
    fields(r.bytes(), { 1: (d) => (dim = integer(d)), 2: (d) => (dim = d.string()) })
    shape.push(dim)
  }
  const readTensorType = (r: BinaryReader) =>
    fields(r.bytes(), { 1: (t) => (code = t.int32()), 2: (t) => fields(t.bytes(), { 1: readDim }) })
  fields(bytes, {
    1: (r) => (name = r.string()),
    2: (r) => fields(r.bytes(), { 1: readTensorType }),
  })
  return { name, type: elementType(code, `value "${name}"`), shape }
}

function elementType(code: number, what: string): ElementType {
  const type = (Object.keys(elementCodes) as ElementType[]).find((each) => elementCodes[each] === code)
  if (type === undefined) throw new OnnxFormatError(`${what} has the unsupported element type ${code}`)
  return type
}

type Field = (r: BinaryReader, wire: WireType) => unknown

function fields(bytes: Uint8Array, handlers: Readonly<Record<number, Field>>): void {
  const r = new BinaryReader(bytes)
  while (r.pos < r.len) {
    const [field, wire] = r.tag()
    const handler = handlers[field]
    if (handler) handler(r, wire)
    else r.skip(wire, field)
  }
}

/** Repeated numbers come packed or one by one; a reader must take both. */
function repeated(r: BinaryReader, wire: WireType, one: (r: BinaryReader) => unknown): void {
  if (wire !== WireType.LengthDelimited) return void one(r)
  const inner = new BinaryReader(r.bytes())
  while (inner.pos < inner.len) one(inner)
}

function integer(r: BinaryReader): number {
  const value = Number(r.int64())
  if (!Number.isSafeInteger(value)) throw new OnnxFormatError(`integer ${value} is out of range`)
  return value
}

const utf8 = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes)
