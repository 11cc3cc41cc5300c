import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { type Attribute, attributeCodes, type GraphIr, type ModelIr, type NodeIr, type ValueInfo } from './ir.ts'
import { elementCodes, type Tensor } from './tensor.ts'

/** A model's bytes; one that was made elsewhere keeps its own. */
export const modelBytes = (model: ModelIr | Uint8Array): Uint8Array =>
  model instanceof Uint8Array ? model : writeModel(model)

/** Serialises a model as `ModelProto` (onnx.proto3), weights inside. The same model gives the same bytes. */
export function writeModel(model: ModelIr): Uint8Array<ArrayBuffer> {
  const w = new BinaryWriter()
  varint(w, 1, model.irVersion)
  text(w, 2, model.producer)
  message(w, 7, () => writeGraph(w, model.graph))
  for (const [domain, version] of Object.entries(model.opsets)) {
    message(w, 8, () => {
      text(w, 1, domain)
      varint(w, 2, version)
    })
  }
  for (const [key, value] of Object.entries(model.metadata)) {
    message(w, 14, () => {
      text(w, 1, key)
      text(w, 2, value)
    })
  }
  return w.finish()
}

function writeGraph(w: BinaryWriter, graph: GraphIr): void {
  for (const node of graph.nodes) message(w, 1, () => writeNode(w, node))
  text(w, 2, graph.name)
  for (const { name, tensor } of graph.initializers) message(w, 5, () => writeTensor(w, tensor, name))
  for (const input of graph.inputs) message(w, 11, () => writeValueInfo(w, input))
  for (const output of graph.outputs) message(w, 12, () => writeValueInfo(w, output))
}

function writeNode(w: BinaryWriter, node: NodeIr): void {
  for (const name of node.inputs) text(w, 1, name)
  for (const name of node.outputs) text(w, 2, name)
  text(w, 3, node.name)
  text(w, 4, node.op)
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message(w, 5, () => writeAttribute(w, name, attribute))
  }
  if (node.domain !== '') text(w, 7, node.domain)
}

function writeAttribute(w: BinaryWriter, name: string, attribute: Attribute): void {
  text(w, 1, name)
  switch (attribute.kind) {
    case 'float':
      w.tag(2, WireType.Bit32).float(attribute.value)
      break
    case 'int':
      varint(w, 3, attribute.value)
      break
    case 'string':
      text(w, 4, attribute.value)
      break
    case 'tensor':
      message(w, 5, () => writeTensor(w, attribute.value))
      break
    case 'graph':
      message(w, 6, () => writeGraph(w, attribute.value))
      break
    case 'floats':
      packed(w, 7, attribute.value, (value) => w.float(value))
      break
    case 'ints':
      packed(w, 8, attribute.value, (value) => w.int64(value))
      break
    case 'strings':
      for (const value of attribute.value) text(w, 9, value)
      break
  }
  varint(w, 20, attributeCodes[attribute.kind])
}

function writeTensor(w: BinaryWriter, { type, shape, data }: Tensor, name?: string): void {
  packed(w, 1, shape, (n) => w.int64(n))
  varint(w, 2, elementCodes[type])
  if (name !== undefined) text(w, 8, name)
  w.tag(9, WireType.LengthDelimited).bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

function writeValueInfo(w: BinaryWriter, { name, type, shape }: ValueInfo): void {
  text(w, 1, name)
  message(w, 2, () =>
    message(w, 1, () => {
      varint(w, 1, elementCodes[type])
      message(w, 2, () => {
        for (const dim of shape) {
          message(w, 1, () => (typeof dim === 'number' ? varint(w, 1, dim) : text(w, 2, dim)))
        }
      })
    }),
  )
}

function message(w: BinaryWriter, field: number, body: () => void): void {
  w.tag(field, WireType.LengthDelimited).fork()
  body()
  w.join()
}

function packed(w: BinaryWriter, field: number, values: readonly number[], write: (value: number) => unknown): void {
  message(w, field, () => {
    for (const value of values) write(value)
  })
}

function text(w: BinaryWriter, field: number, value: string): void {
  w.tag(field, WireType.LengthDelimited).string(value)
}

function varint(w: BinaryWriter, field: number, value: number): void {
  w.tag(field, WireType.Varint).int64(value)
}
