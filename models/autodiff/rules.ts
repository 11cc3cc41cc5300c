import type { BuiltNode, Graph, Value } from '../onnx/graph.ts'
import { axisOf, fixed, sameShape } from '../onnx/shapes.ts'
import { sizeOf, zeros } from '../onnx/tensor.ts'

interface RuleInput {
  readonly g: Graph
  readonly node: BuiltNode
  /** Gradient of the loss by each output; null where nothing depends on it. */
  readonly dy: ReadonlyArray<Value | null>
  /** Which inputs need a gradient. */
  readonly wants: readonly boolean[]
}
/** Vector-Jacobian product: the gradient of the loss by each input, null where there is none or it is not wanted. */
export type Rule = (input: RuleInput) => ReadonlyArray<Value | null>

/** Piecewise constant: what they give does not move with their inputs. */
export const constantOperators: ReadonlySet<string> = new Set(['Sign', 'Greater', 'Less', 'Equal', 'Shape'])

/** dx = dy · f'(x); `y` is the operator's own output. */
const unary =
  (derivative: (g: Graph, dy: Value, x: Value, y: Value) => Value): Rule =>
  ({ g, node, dy }) => [derivative(g, dy[0]!, node.inputs[0]!, node.outputs[0]!)]

/** Each operand's gradient in the broadcast shape, summed back to the operand's own. */
const binary =
  (da: (g: Graph, dy: Value, a: Value, b: Value) => Value, db: typeof da): Rule =>
  ({ g, node, dy, wants }) => {
    const [a, b] = node.inputs as [Value, Value]
    return [da, db].map((rule, i) => (wants[i] ? sumTo(g, rule(g, dy[0]!, a, b), node.inputs[i]!) : null))
  }

const mask = (g: Graph, condition: Value, like: Value) => g.cast(condition, like.type)

export const rules: Readonly<Record<string, Rule>> = {
  Add: binary(
    (_, dy) => dy,
    (_, dy) => dy,
  ),
  Sub: binary(
    (_, dy) => dy,
    (g, dy) => g.neg(dy),
  ),
  Mul: binary(
    (g, dy, _, b) => g.mul(dy, b),
    (g, dy, a) => g.mul(dy, a),
  ),
  Div: binary(
    (g, dy, _, b) => g.div(dy, b),
    (g, dy, a, b) => g.neg(g.div(g.mul(dy, a), g.mul(b, b))),
  ),
  Max: binary(
    (g, dy, a, b) => g.mul(dy, mask(g, g.greater(a, b), a)),
    (g, dy, a, b) => g.sub(dy, g.mul(dy, mask(g, g.greater(a, b), a))),
  ),
  Min: binary(
    (g, dy, a, b) => g.mul(dy, mask(g, g.less(a, b), a)),
    (g, dy, a, b) => g.sub(dy, g.mul(dy, mask(g, g.less(a, b), a))),
  ),
  Pow: ({ g, node, dy, wants }) => {
    const [x, exponent] = node.inputs as [Value, Value]
    if (wants[1]) throw new Error('gradients: Pow by its exponent is not supported')
    const [raised] = g.node('Pow', [x, g.sub(exponent, 1)], [x])
    return [g.mul(dy[0]!, g.mul(exponent, raised!)), null]
  },
  Where: ({ g, node, dy, wants }) => {
    const [condition, a, b] = node.inputs as [Value, Value, Value]
    return [
      null,
      wants[1] ? sumTo(g, g.where(condition, dy[0]!, 0), a) : null,
      wants[2] ? sumTo(g, g.where(condition, 0, dy[0]!), b) : null,
    ]
  },

  Identity: unary((_, dy) => dy),
  Cast: unary((g, dy, x) => g.cast(dy, x.type)),
  Neg: unary((g, dy) => g.neg(dy)),
  Abs: unary((g, dy, x) => g.mul(dy, g.sign(x))),
  Exp: unary((g, dy, _, y) => g.mul(dy, y)),
  Log: unary((g, dy, x) => g.div(dy, x)),
  Sqrt: unary((g, dy, _, y) => g.div(g.mul(dy, 0.5), y)),
  Reciprocal: unary((g, dy, _, y) => g.neg(g.mul(dy, g.mul(y, y)))),
  Relu: unary((g, dy, _, y) => g.mul(dy, g.sign(y))),
  Sigmoid: unary((g, dy, _, y) => g.mul(dy, g.sub(y, g.mul(y, y)))),
  Tanh: unary((g, dy, _, y) => g.sub(dy, g.mul(dy, g.mul(y, y)))),
  Clip: ({ g, node, dy }) => {
    const [x, low, high] = node.inputs as [Value, Value, Value]
    const inside = g.mul(mask(g, g.greater(x, low), x), mask(g, g.less(x, high), x))
    return [g.mul(dy[0]!, inside), null, null]
  },

  MatMul: ({ g, node, dy, wants }) => {
    const [a, b] = node.inputs as [Value, Value]
    const d = dy[0]!
    if (b.shape.length === 2) {
      // One matrix for all rows: flatten the rows, so that both gradients are one product each.
      const flat = (x: Value) => g.reshape(x, [x.shape.length === 2 ? x.shape[0]! : rowsOf(x), x.shape.at(-1)!])
      return [
        wants[0] ? g.reshape(g.gemm(flat(d), b, null, { transB: true }), a.shape) : null,
        wants[1] ? g.gemm(flat(a), flat(d), null, { transA: true }) : null,
      ]
    }
    return [
      wants[0] ? sumTo(g, g.matmul(d, swapLast(g, b)), a) : null,
      wants[1] ? sumTo(g, g.matmul(swapLast(g, a), d), b) : null,
    ]
  },
  Gemm: ({ g, node, dy, wants }) => {
    const [a, b, bias] = node.inputs as [Value, Value, Value | undefined]
    const transA = flag(node, 'transA')
    const transB = flag(node, 'transB')
    const d = dy[0]!
    const da = () =>
      transA ? g.gemm(b, d, null, { transA: transB, transB: true }) : g.gemm(d, b, null, { transB: !transB })
    const db = () =>
      transB ? g.gemm(d, a, null, { transA: true, transB: transA }) : g.gemm(a, d, null, { transA: !transA })
    return [wants[0] ? da() : null, wants[1] ? db() : null, bias && wants[2] ? sumTo(g, d, bias) : null]
  },

  ReduceSum: ({ g, node, dy }) => [spread(g, node, dy[0]!), null],
  ReduceMean: ({ g, node, dy }) => {
    const x = node.inputs[0]!
    const count = sizeOf(fixed(x.shape, 'ReduceMean')) / sizeOf(fixed(node.outputs[0]!.shape, 'ReduceMean'))
    return [spread(g, node, g.mul(dy[0]!, 1 / count)), null]
  },
  Softmax: ({ g, node, dy }) => {
    const y = node.outputs[0]!
    const axis = intOf(node, 'axis', -1)
    const weighted = g.mul(dy[0]!, y)
    return [g.sub(weighted, g.mul(y, g.sum(weighted, [axis], true)))]
  },
  LogSoftmax: ({ g, node, dy }) => {
    const total = g.sum(dy[0]!, [intOf(node, 'axis', -1)], true)
    return [g.sub(dy[0]!, g.mul(g.exp(node.outputs[0]!), total))]
  },
  LayerNormalization: ({ g, node, dy, wants }) => {
    const [x, gain, shift] = node.inputs as [Value, Value, Value]
    const [, mean, inverseSd] = node.outputs as [Value, Value, Value]
    const d = dy[0]!
    if (dy[1] || dy[2])
      throw new Error('gradients: the mean and deviation of LayerNormalization are not differentiable')
    const normal = g.mul(g.sub(x, mean), inverseSd)
    // With x̂ the normalised x and h = dy · gain: dx = (h − mean(h) − x̂ · mean(h · x̂)) / sd.
    const dx = () => {
      const h = g.mul(d, gain)
      const projected = g.mul(normal, g.mean(g.mul(h, normal), [-1], true))
      return g.mul(g.sub(g.sub(h, g.mean(h, [-1], true)), projected), inverseSd)
    }
    return [
      wants[0] ? dx() : null,
      wants[1] ? sumTo(g, g.mul(d, normal), gain) : null,
      wants[2] ? sumTo(g, d, shift) : null,
    ]
  },

  Reshape: ({ g, node, dy }) => [g.reshape(dy[0]!, node.inputs[0]!.shape), null],
  Transpose: ({ g, node, dy }) => {
    const order = node.attributes.perm!.value as readonly number[]
    return [
      g.transpose(
        dy[0]!,
        order.map((_, axis) => order.indexOf(axis)),
      ),
    ]
  },
  Expand: ({ g, node, dy }) => [sumTo(g, dy[0]!, node.inputs[0]!), null],
  Concat: ({ g, node, dy }) => {
    const axis = intOf(node, 'axis', 0)
    return g.split(
      dy[0]!,
      node.inputs.map((input) => input!.shape[axis] as number),
      axis,
    )
  },
  Split: ({ g, node, dy }) => {
    const axis = intOf(node, 'axis', 0)
    return [
      g.concat(
        dy.map((each, i) => each ?? g.mul(node.outputs[i]!, 0)),
        axis,
      ),
      null,
    ]
  },
  Slice: ({ g, node, dy }) => {
    const x = node.inputs[0]!
    const [start, end, axis] = node.inputs.slice(1).map((input) => indicesOf(g, input!)[0]!) as [number, number, number]
    const shape = fixed(x.shape, 'Slice')
    const gap = (size: number) =>
      size === 0
        ? []
        : [
            g.constant({
              type: x.type,
              shape: shape.with(axis, size),
              data: zeros(x.type, sizeOf(shape.with(axis, size))),
            }),
          ]
    return [g.concat([...gap(start), dy[0]!, ...gap(shape[axis]! - end)], axis), null, null, null]
  },
  Gather: ({ g, node, dy }) => {
    const [table, index] = node.inputs as [Value, Value]
    if (intOf(node, 'axis', 0) !== 0) throw new Error('gradients: Gather along the first axis only')
    const shape = fixed(table.shape, 'Gather')
    const blank = g.constant({ type: table.type, shape, data: zeros(table.type, sizeOf(shape)) })
    const rows = g.reshape(index, [...index.shape, 1])
    const [scattered] = g.node('ScatterND', [blank, rows, dy[0]!], [table], {
      attributes: { reduction: { kind: 'string', value: 'add' } },
    })
    return [scattered!, null]
  },
}

/** Sums what broadcasting had repeated. */
function sumTo(g: Graph, gradient: Value, like: Value): Value {
  if (sameShape(gradient.shape, like.shape)) return gradient
  const lead = gradient.shape.length - like.shape.length
  const axes = gradient.shape.flatMap((dim, i) => (i < lead || (like.shape[i - lead] === 1 && dim !== 1) ? [i] : []))
  return g.reshape(axes.length === 0 ? gradient : g.sum(gradient, axes), like.shape)
}

/** Repeats a reduction's gradient over what was reduced. */
function spread(g: Graph, node: BuiltNode, dy: Value): Value {
  const x = node.inputs[0]!
  const axes = new Set(indicesOf(g, node.inputs[1]!).map((axis) => axisOf(axis, x.shape.length)))
  const kept = x.shape.map((dim, i) => (axes.has(i) ? 1 : dim))
  return g.expand(g.reshape(dy, kept), fixed(x.shape, node.op))
}

function swapLast(g: Graph, x: Value): Value {
  const rank = x.shape.length
  const order = Array.from({ length: rank }, (_, i) => i)
  return g.transpose(x, [...order.slice(0, -2), rank - 1, rank - 2])
}

function indicesOf(g: Graph, value: Value): number[] {
  const constant = g.constantOf(value)
  if (!constant) throw new Error(`gradients: ${value.name} must be a constant`)
  return Array.from(constant.data, Number)
}

const intOf = (node: BuiltNode, name: string, otherwise: number): number =>
  (node.attributes[name]?.value as number | undefined) ?? otherwise
const flag = (node: BuiltNode, name: string): boolean => intOf(node, name, 0) !== 0
const rowsOf = (x: Value): number => sizeOf(fixed(x.shape.slice(0, -1), 'MatMul'))
