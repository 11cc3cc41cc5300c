import { type Attribute, type Dim, float, type GraphIr, int, ints, type ModelIr, type ValueInfo } from './ir.ts'
import * as shapes from './shapes.ts'
import { type ElementType, elementCodes, type Tensor, tensor } from './tensor.ts'

/** A tensor that a graph computes, with its type and shape. */
export interface Value {
  readonly name: string
  readonly type: ElementType
  readonly shape: readonly Dim[]
}

/** A number stands for a scalar of the other operand's type. */
export type Operand = Value | number

/** A node as it was built. `null`: an optional input left out. */
export interface BuiltNode {
  readonly op: string
  readonly domain: string
  readonly inputs: ReadonlyArray<Value | null>
  readonly outputs: readonly Value[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>
  readonly domain?: string
}

type Kind = Pick<Value, 'type' | 'shape'>

/** Operator set 20: what ONNX Runtime 1.17 and later run. */
const opset = 20
const irVersion = 9

/**
 * Builds an ONNX graph, node by node in topological order. Each operator is a method that checks types and shapes as
 * it is called, so that a mistake is told where it is made. A graph made by `subgraph()` is the body of a control-flow
 * node and may use the outer graph's values without copying them.
 */
export class Graph {
  readonly nodes: BuiltNode[] = []
  readonly #name: string
  readonly #names: { next: number }
  readonly #inputs: Value[] = []
  readonly #outputs: Array<{ name: string; value: Value }> = []
  readonly #initializers = new Map<string, Tensor>()
  readonly #scalars = new Map<string, Value>()

  constructor(name: string, names = { next: 0 }) {
    this.#name = name
    this.#names = names
  }

  subgraph(name: string): Graph {
    return new Graph(name, this.#names)
  }

  input(name: string, type: ElementType, shape: readonly Dim[]): Value {
    const value = { name, type, shape }
    this.#inputs.push(value)
    return value
  }

  /** Declares an output; `name` is how callers of the model address it. */
  output(name: string, value: Value): void {
    this.#outputs.push({ name, value })
  }

  constant(value: Tensor, name = 'constant'): Value {
    const unique = `${name}_${this.#names.next++}`
    this.#initializers.set(unique, value)
    return { name: unique, type: value.type, shape: value.shape }
  }

  /** The contents of a value that is a constant of this graph. */
  constantOf(value: Value): Tensor | undefined {
    return this.#initializers.get(value.name)
  }

  /** A scalar constant, shared between its uses. */
  scalar(value: number, type: ElementType): Value {
    const key = `${type} ${Object.is(value, -0) ? '-0' : value}`
    let found = this.#scalars.get(key)
    if (!found) {
      found = this.constant(tensor(type, [value], []), 'scalar')
      this.#scalars.set(key, found)
    }
    return found
  }

  /** Any operator, for those without a method of their own. `outputs` tells their types and shapes. */
  node(op: string, inputs: ReadonlyArray<Value | null>, outputs: readonly Kind[], options: NodeOptions = {}): Value[] {
    const made = outputs.map(({ type, shape }) => ({ name: `${op}_${this.#names.next++}`, type, shape }))
    const { attributes = {}, domain = '' } = options
    this.nodes.push({ op, domain, inputs, outputs: made, attributes })
    return made
  }

  // Elementwise, with broadcasting

  add(a: Operand, b: Operand): Value {
    return this.#binary('Add', a, b)
  }
  sub(a: Operand, b: Operand): Value {
    return this.#binary('Sub', a, b)
  }
  mul(a: Operand, b: Operand): Value {
    return this.#binary('Mul', a, b)
  }
  div(a: Operand, b: Operand): Value {
    return this.#binary('Div', a, b)
  }
  max(a: Operand, b: Operand): Value {
    return this.#binary('Max', a, b)
  }
  min(a: Operand, b: Operand): Value {
    return this.#binary('Min', a, b)
  }
  pow(a: Value, exponent: number): Value {
    return this.#binary('Pow', a, exponent)
  }
  greater(a: Operand, b: Operand): Value {
    return this.#binary('Greater', a, b, 'bool')
  }
  less(a: Operand, b: Operand): Value {
    return this.#binary('Less', a, b, 'bool')
  }
  equal(a: Operand, b: Operand): Value {
    return this.#binary('Equal', a, b, 'bool')
  }
  where(condition: Value, a: Operand, b: Operand): Value {
    const [x, y] = this.#operands('Where', a, b)
    const shape = shapes.broadcast(condition.shape, shapes.broadcast(x.shape, y.shape))
    return this.#one('Where', [condition, x, y], { type: x.type, shape })
  }

  neg(x: Value): Value {
    return this.#unary('Neg', x)
  }
  abs(x: Value): Value {
    return this.#unary('Abs', x)
  }
  sign(x: Value): Value {
    return this.#unary('Sign', x)
  }
  exp(x: Value): Value {
    return this.#unary('Exp', x)
  }
  log(x: Value): Value {
    return this.#unary('Log', x)
  }
  sqrt(x: Value): Value {
    return this.#unary('Sqrt', x)
  }
  reciprocal(x: Value): Value {
    return this.#unary('Reciprocal', x)
  }
  relu(x: Value): Value {
    return this.#unary('Relu', x)
  }
  sigmoid(x: Value): Value {
    return this.#unary('Sigmoid', x)
  }
  tanh(x: Value): Value {
    return this.#unary('Tanh', x)
  }
  /** ln(1 + eˣ) = max(x, 0) − ln σ(|x|): in ONNX Runtime these run on vectors, its Softplus one value at a time. */
  softplus(x: Value): Value {
    return this.sub(this.max(x, 0), this.log(this.sigmoid(this.abs(x))))
  }
  identity(x: Value): Value {
    return this.#unary('Identity', x)
  }
  clip(x: Value, low: number, high: number): Value {
    return this.#one('Clip', [x, this.scalar(low, x.type), this.scalar(high, x.type)], x)
  }
  cast(x: Value, type: ElementType): Value {
    if (x.type === type) return x
    return this.#one('Cast', [x], { type, shape: x.shape }, { to: int(elementCodes[type]) })
  }

  // Linear algebra

  matmul(a: Value, b: Value): Value {
    this.#sameType('MatMul', a, b)
    return this.#one('MatMul', [a, b], { type: a.type, shape: shapes.matmul(a.shape, b.shape) })
  }

  /** op(a)·op(b) + bias for matrices, where op transposes if asked; `bias` broadcasts over rows. */
  gemm(a: Value, b: Value, bias: Value | null = null, { transA = false, transB = false } = {}): Value {
    this.#sameType('Gemm', a, b)
    const turn = (shape: readonly Dim[], flag: boolean) => (flag ? shape.toReversed() : shape)
    const shape = shapes.matmul(turn(a.shape, transA), turn(b.shape, transB))
    return this.#one(
      'Gemm',
      bias ? [a, b, bias] : [a, b],
      { type: a.type, shape },
      { transA: int(Number(transA)), transB: int(Number(transB)) },
    )
  }

  // Reductions and normalisations

  sum(x: Value, axes: readonly number[], keepDims = false): Value {
    return this.#reduce('ReduceSum', x, axes, keepDims)
  }
  mean(x: Value, axes: readonly number[], keepDims = false): Value {
    return this.#reduce('ReduceMean', x, axes, keepDims)
  }
  softmax(x: Value, axis = -1): Value {
    return this.#one('Softmax', [x], x, { axis: int(shapes.axisOf(axis, x.shape.length)) })
  }

  logSoftmax(x: Value, axis = -1): Value {
    return this.#one('LogSoftmax', [x], x, { axis: int(shapes.axisOf(axis, x.shape.length)) })
  }

  /** Normalises the last axis to mean 0 and variance 1, times `gain`, plus `shift`. */
  layerNorm(x: Value, gain: Value, shift: Value, epsilon = 1e-5): { y: Value; mean: Value; inverseSd: Value } {
    const stat = { type: x.type, shape: [...x.shape.slice(0, -1), 1] }
    const [y, mean, inverseSd] = this.node('LayerNormalization', [x, gain, shift], [x, stat, stat], {
      attributes: { axis: int(-1), epsilon: float(epsilon) },
    })
    return { y: y!, mean: mean!, inverseSd: inverseSd! }
  }

  // Shapes

  /** At most one dimension may be a name: its size is what remains. */
  reshape(x: Value, shape: readonly Dim[]): Value {
    if (shapes.sameShape(x.shape, shape)) return x
    if (shape.filter((dim) => typeof dim === 'string').length > 1) {
      throw new RangeError(`Reshape to [${shape}]: more than one named dimension`)
    }
    const sizes = shape.map((dim) => (typeof dim === 'string' ? -1 : dim))
    return this.#one('Reshape', [x, this.indices(sizes)], { type: x.type, shape })
  }
  transpose(x: Value, order: readonly number[]): Value {
    const shape = order.map((axis) => x.shape[shapes.axisOf(axis, x.shape.length)]!)
    return this.#one('Transpose', [x], { type: x.type, shape }, { perm: ints(order) })
  }
  expand(x: Value, shape: readonly number[]): Value {
    return this.#one('Expand', [x, this.indices(shape)], { type: x.type, shape: shapes.broadcast(x.shape, shape) })
  }
  concat(values: readonly Value[], axis: number): Value {
    const first = values[0]!
    const at = shapes.axisOf(axis, first.shape.length)
    for (const value of values) this.#sameType('Concat', first, value)
    const total = values.reduce((sum, value) => sum + shapes.fixed([value.shape[at]!], 'Concat')[0]!, 0)
    const shape = first.shape.with(at, total)
    return this.#one('Concat', values, { type: first.type, shape }, { axis: int(at) })
  }
  split(x: Value, sizes: readonly number[], axis: number): Value[] {
    const at = shapes.axisOf(axis, x.shape.length)
    const kinds = sizes.map((size) => ({ type: x.type, shape: x.shape.with(at, size) }))
    return this.node('Split', [x, this.indices(sizes)], kinds, { attributes: { axis: int(at) } })
  }
  /** Elements `start` to `end` (excluded) along one axis, which must have a fixed size. */
  slice(x: Value, axis: number, start: number, end: number): Value {
    const at = shapes.axisOf(axis, x.shape.length)
    const [size] = shapes.fixed([x.shape[at]!], 'Slice')
    if (start < 0 || end > size! || start >= end) throw new RangeError(`Slice ${start}:${end} of ${size} elements`)
    const inputs = [x, ...[start, end, at].map((n) => this.indices([n]))]
    return this.#one('Slice', inputs, { type: x.type, shape: x.shape.with(at, end - start) })
  }
  /** Rows of `table` by index along `axis`; `index` is int64 and replaces that axis by its own shape. */
  gather(table: Value, index: Value, axis = 0): Value {
    const at = shapes.axisOf(axis, table.shape.length)
    const shape = table.shape.toSpliced(at, 1, ...index.shape)
    return this.#one('Gather', [table, index], { type: table.type, shape }, { axis: int(at) })
  }

  /** The model's IR; `metadata` goes to `metadata_props`. */
  toModel({
    metadata = {},
    producer = 'storecast',
  }: {
    metadata?: Record<string, string>
    producer?: string
  } = {}): ModelIr {
    const domains = new Set(['', ...this.#domains()])
    const opsets = Object.fromEntries([...domains].sort().map((domain) => [domain, domain === '' ? opset : 1]))
    return { irVersion, opsets, producer, graph: this.toIr(), metadata }
  }

  toIr(): GraphIr {
    const outputs: ValueInfo[] = []
    const renamed = this.#outputs.map(({ name, value }) => {
      outputs.push({ name, type: value.type, shape: value.shape })
      return { name: '', op: 'Identity', domain: '', inputs: [value.name], outputs: [name], attributes: {} }
    })
    const nodes = this.nodes.map(({ op, domain, inputs, outputs: made, attributes }) => ({
      name: made[0]!.name,
      op,
      domain,
      inputs: inputs.map((value) => value?.name ?? ''),
      outputs: made.map((value) => value.name),
      attributes,
    }))
    const inputs = this.#inputs.map(({ name, type, shape }) => ({ name, type, shape }))
    const initializers = Array.from(this.#initializers, ([name, tensor]) => ({ name, tensor }))
    return { name: this.#name, nodes: [...nodes, ...renamed], initializers, inputs, outputs }
  }

  *#domains(): Iterable<string> {
    for (const { domain, attributes } of this.nodes) {
      yield domain
      for (const attribute of Object.values(attributes)) {
        if (attribute.kind === 'graph') yield* attribute.value.nodes.map((node) => node.domain)
      }
    }
  }

  #one(op: string, inputs: ReadonlyArray<Value | null>, kind: Kind, attributes: Record<string, Attribute> = {}): Value {
    return this.node(op, inputs, [kind], { attributes })[0]!
  }

  #unary(op: string, x: Value): Value {
    return this.#one(op, [x], x)
  }

  #binary(op: string, a: Operand, b: Operand, type?: ElementType): Value {
    const [x, y] = this.#operands(op, a, b)
    return this.#one(op, [x, y], { type: type ?? x.type, shape: shapes.broadcast(x.shape, y.shape) })
  }

  #operands(op: string, a: Operand, b: Operand): [Value, Value] {
    const type = typeof a !== 'number' ? a.type : typeof b !== 'number' ? b.type : undefined
    if (type === undefined) throw new TypeError(`${op} of two numbers: one operand must be a tensor`)
    const x = typeof a === 'number' ? this.scalar(a, type) : a
    const y = typeof b === 'number' ? this.scalar(b, type) : b
    this.#sameType(op, x, y)
    return [x, y]
  }

  #reduce(op: string, x: Value, axes: readonly number[], keepDims: boolean): Value {
    const kind = { type: x.type, shape: shapes.reduced(x.shape, axes, keepDims) }
    return this.#one(op, [x, this.indices(axes)], kind, { keepdims: int(Number(keepDims)) })
  }

  /** A constant int64 vector. */
  indices(values: readonly number[]): Value {
    return this.constant(tensor('int64', values), 'indices')
  }

  #sameType(op: string, a: Value, b: Value): void {
    if (a.type !== b.type) throw new TypeError(`${op} of ${a.name} (${a.type}) and ${b.name} (${b.type})`)
  }
}
