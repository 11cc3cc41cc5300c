import { type GraphIr, int, type ModelIr, type NodeIr } from '../onnx/ir.ts'
import type { Tensors } from '../onnx/session.ts'
import { type Tensor, tensor } from '../onnx/tensor.ts'
import { type ActivationRange, calibrate } from './calibrate.ts'
import { quantizeColumns } from './weights.ts'

/**
 * Static 8-bit quantization of a float model: every matrix product with trained weights runs on integers (activations
 * uint8 with a calibrated range, weights int8 with one scale an output), and embedding tables are stored as int8. In
 * the QuantizeLinear/DequantizeLinear form, which ONNX Runtime fuses to integer kernels; `checkFusion` proves it.
 *
 * @param samples inputs of the model, typical of what it will see.
 */
export async function quantize(model: ModelIr, samples: readonly Tensors[]): Promise<ModelIr> {
  const { graph } = model
  const constants = new Map(graph.initializers.map(({ name, tensor }) => [name, tensor]))
  const products = graph.nodes.filter((node) => isTrainedProduct(node, constants))
  const ranges = await calibrate(model, [...new Set(products.map((node) => node.inputs[0]!))], samples)
  const rewriter = new Rewriter(graph, constants, ranges)
  return { ...model, graph: shortNames(rewriter.rewrite()) }
}

const isTrainedProduct = (node: NodeIr, constants: ReadonlyMap<string, Tensor>): boolean =>
  node.op === 'Gemm' &&
  constants.get(node.inputs[1]!)?.type === 'float32' &&
  [node.attributes.transA, node.attributes.transB].every((flag) => (flag?.value ?? 0) === 0) &&
  (node.inputs[2] === undefined || constants.has(node.inputs[2]))

const isEmbedding = (node: NodeIr, constants: ReadonlyMap<string, Tensor>): boolean =>
  node.op === 'Gather' &&
  (node.attributes.axis?.value ?? 0) === 0 &&
  constants.get(node.inputs[0]!)?.type === 'float32' &&
  constants.get(node.inputs[0]!)!.shape.length === 2

class Rewriter {
  readonly #graph: GraphIr
  readonly #constants: ReadonlyMap<string, Tensor>
  readonly #ranges: ReadonlyMap<string, ActivationRange>
  readonly #nodes: NodeIr[] = []
  readonly #initializers = new Map<string, Tensor>()
  readonly #vectors = new Map<Float32Array, string>()

  constructor(graph: GraphIr, constants: ReadonlyMap<string, Tensor>, ranges: ReadonlyMap<string, ActivationRange>) {
    this.#graph = graph
    this.#constants = constants
    this.#ranges = ranges
  }

  rewrite(): GraphIr {
    for (const node of this.#graph.nodes) {
      if (isTrainedProduct(node, this.#constants)) this.#product(node)
      else if (isEmbedding(node, this.#constants)) this.#embedding(node)
      else this.#nodes.push(node)
    }
    const used = new Set(this.#nodes.flatMap(({ inputs }) => inputs))
    const kept = this.#graph.initializers.filter(({ name }) => used.has(name))
    const made = Array.from(this.#initializers, ([name, tensor]) => ({ name, tensor }))
    return { ...this.#graph, nodes: this.#nodes, initializers: [...kept, ...made] }
  }

  #product(node: NodeIr): void {
    const [x, w, b] = node.inputs as [string, string, string | undefined]
    const { shape, data } = this.#constants.get(w)! as Tensor<'float32'>
    const { codes, scales } = quantizeColumns(data, shape[1]!)
    // The activation's codes count as whole numbers and its scale is part of the weights': then a product's unit, which
    // the bias must have too, is the scale of the weights, and one vector serves both.
    const units = scales.map((scale) => scale * this.#ranges.get(x)!.scale)
    const inputs = [this.#activation(x), this.#dequantized(`${node.name}.w`, tensor('int8', codes, shape), units, 1)]
    if (b !== undefined) {
      const bias = this.#constants.get(b)!.data as Float32Array
      const sums = Int32Array.from(units, (unit, i) => Math.round(bias[i % bias.length]! / unit))
      inputs.push(this.#dequantized(`${node.name}.b`, tensor('int32', sums), units, 0))
    }
    this.#nodes.push({ ...node, inputs })
  }

  /** The 8-bit codes of an activation as float whole numbers, less the zero point; once for all products that read it. */
  #activation(x: string): string {
    const { scale, zeroPoint } = this.#ranges.get(x)!
    const [codes, values, zero] = [`${x}.codes`, `${x}.values`, `${x}.zero`]
    if (this.#initializers.has(zero)) return values
    this.#initializers.set(zero, tensor('uint8', [zeroPoint], []))
    this.#node('QuantizeLinear', [x, this.#scalar(scale), zero], codes)
    this.#node('DequantizeLinear', [codes, this.#scalar(1), zero], values)
    return values
  }

  #dequantized(name: string, codes: Tensor, scales: Float32Array, axis: number): string {
    this.#initializers.set(`${name}.codes`, codes)
    // Spelled out although 0 is the default: the runtime fuses a Gemm with explicit zero points only.
    const zeros = `zeros ${codes.type} ${scales.length}`
    this.#initializers.set(zeros, tensor(codes.type, new Array(scales.length).fill(0)))
    this.#node('DequantizeLinear', [`${name}.codes`, this.#vector(scales), zeros], name, axis)
    return name
  }

  #scalar(value: number): string {
    const name = `scalar ${value}`
    this.#initializers.set(name, tensor('float32', [value], []))
    return name
  }

  #vector(values: Float32Array): string {
    let name = this.#vectors.get(values)
    if (name === undefined) {
      name = `vector ${this.#vectors.size}`
      this.#vectors.set(values, name)
      this.#initializers.set(name, tensor('float32', values))
    }
    return name
  }

  /** Rows are looked up as codes, and only those found become numbers again. */
  #embedding(node: NodeIr): void {
    const [table, index] = node.inputs as [string, string]
    const { shape, data } = this.#constants.get(table)! as Tensor<'float32'>
    const { codes, scales } = quantizeColumns(data, shape[1]!)
    const rows = `${node.outputs[0]}.codes`
    this.#initializers.set(`${table}.codes`, tensor('int8', codes, shape))
    this.#nodes.push({ ...node, inputs: [`${table}.codes`, index], outputs: [rows] })
    this.#node('DequantizeLinear', [rows, this.#vector(scales)], node.outputs[0]!, 1)
  }

  #node(op: string, inputs: string[], output: string, axis?: number): void {
    const attributes = axis === undefined ? {} : { axis: int(axis) }
    this.#nodes.push({ name: '', op, domain: '', inputs, outputs: [output], attributes })
  }
}

/** Names cost a tenth of a small model: values inside get short ones, nodes none. Inputs and outputs keep theirs. */
function shortNames(graph: GraphIr): GraphIr {
  const names = new Map([...graph.inputs, ...graph.outputs].map(({ name }) => [name, name]))
  const short = (name: string) => {
    if (name === '') return name
    const known = names.get(name) ?? `_${names.size.toString(36)}`
    names.set(name, known)
    return known
  }
  return {
    ...graph,
    initializers: graph.initializers.map(({ name, tensor }) => ({ name: short(name), tensor })),
    nodes: graph.nodes.map((node) => ({
      ...node,
      name: '',
      inputs: node.inputs.map(short),
      outputs: node.outputs.map(short),
    })),
  }
}
