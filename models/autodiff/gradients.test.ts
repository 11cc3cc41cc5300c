import { describe, expect, test } from 'vitest'
import { Graph, type Value } from '../onnx/graph.ts'
import { openSession } from '../onnx/session.ts'
import { type FloatType, sizeOf, type Tensor, tensor } from '../onnx/tensor.ts'
import { writeModel } from '../onnx/write.ts'
import { gradients } from './gradients.ts'

interface Case {
  readonly shapes: readonly (readonly number[])[]
  readonly build: (g: Graph, x: Value[]) => Value | Value[]
  /** Range of the inputs; default −2 to 2. */
  readonly range?: readonly [number, number]
  /** Where ONNX Runtime has the kernel in single precision only. */
  readonly type?: FloatType
}

const index = (g: Graph, values: number[], shape?: number[]) => g.constant(tensor('int64', values, shape))

const cases: Record<string, Case> = {
  Add: { shapes: [[3, 4], [4]], build: (g, [a, b]) => g.add(a!, b!) },
  Sub: {
    shapes: [
      [3, 1],
      [2, 1, 4],
    ],
    build: (g, [a, b]) => g.sub(a!, b!),
  },
  Mul: {
    shapes: [
      [3, 4],
      [3, 1],
    ],
    build: (g, [a, b]) => g.mul(a!, b!),
  },
  'Mul with itself': { shapes: [[3, 4]], build: (g, [a]) => g.mul(a!, a!) },
  Div: { shapes: [[3, 4], [4]], range: [0.5, 2], build: (g, [a, b]) => g.div(a!, b!) },
  Max: { shapes: [[3, 4], [4]], build: (g, [a, b]) => g.max(a!, b!) },
  Min: { shapes: [[3, 4], [4]], build: (g, [a, b]) => g.min(a!, b!) },
  Pow: { shapes: [[5]], range: [0.5, 2], build: (g, [a]) => g.pow(a!, 2.5) },
  Where: { shapes: [[3, 4], [4]], build: (g, [a, b]) => g.where(g.greater(a!, 0.3), g.mul(a!, 2), b!) },
  Identity: { shapes: [[4]], build: (g, [a]) => g.identity(a!) },
  Cast: { shapes: [[4]], type: 'float32', build: (g, [a]) => g.cast(g.cast(a!, 'float64'), 'float32') },
  Neg: { shapes: [[4]], build: (g, [a]) => g.neg(a!) },
  Abs: { shapes: [[6]], build: (g, [a]) => g.abs(a!) },
  Exp: { shapes: [[4]], build: (g, [a]) => g.exp(a!) },
  Log: { shapes: [[4]], range: [0.5, 2], build: (g, [a]) => g.log(a!) },
  Sqrt: { shapes: [[4]], range: [0.5, 2], build: (g, [a]) => g.sqrt(a!) },
  Reciprocal: { shapes: [[4]], range: [0.5, 2], build: (g, [a]) => g.reciprocal(a!) },
  Relu: { shapes: [[8]], build: (g, [a]) => g.relu(a!) },
  Sigmoid: { shapes: [[8]], build: (g, [a]) => g.sigmoid(a!) },
  Tanh: { shapes: [[8]], build: (g, [a]) => g.tanh(a!) },
  LogSoftmax: { shapes: [[3, 5]], build: (g, [a]) => g.logSoftmax(a!) },
  softplus: { shapes: [[8]], build: (g, [a]) => g.softplus(a!) },
  Clip: { shapes: [[8]], build: (g, [a]) => g.clip(a!, -1, 1) },
  'MatMul of matrices': {
    shapes: [
      [3, 4],
      [4, 2],
    ],
    build: (g, [a, b]) => g.matmul(a!, b!),
  },
  'MatMul of a stack by one matrix': {
    shapes: [
      [2, 3, 4],
      [4, 2],
    ],
    build: (g, [a, b]) => g.matmul(a!, b!),
  },
  'MatMul of stacks': {
    shapes: [
      [5, 3, 4],
      [5, 4, 2],
    ],
    build: (g, [a, b]) => g.matmul(a!, b!),
  },
  'MatMul of one matrix by a stack': {
    shapes: [
      [3, 4],
      [5, 4, 2],
    ],
    build: (g, [a, b]) => g.matmul(a!, b!),
  },
  Gemm: { shapes: [[3, 4], [4, 2], [2]], build: (g, [a, b, c]) => g.gemm(a!, b!, c!) },
  'Gemm, first transposed': {
    shapes: [
      [4, 3],
      [4, 2],
    ],
    build: (g, [a, b]) => g.gemm(a!, b!, null, { transA: true }),
  },
  'Gemm, second transposed': {
    shapes: [
      [3, 4],
      [2, 4],
    ],
    build: (g, [a, b]) => g.gemm(a!, b!, null, { transB: true }),
  },
  'Gemm, both transposed': {
    shapes: [
      [4, 3],
      [2, 4],
      [3, 1],
    ],
    build: (g, [a, b, c]) => g.gemm(a!, b!, c!, { transA: true, transB: true }),
  },
  ReduceSum: { shapes: [[2, 3, 4]], build: (g, [a]) => g.sum(a!, [0, -1]) },
  'ReduceMean, dimensions kept': { shapes: [[2, 3, 4]], build: (g, [a]) => g.mean(a!, [1], true) },
  Softmax: { shapes: [[3, 5]], build: (g, [a]) => g.softmax(a!) },
  'Softmax along another axis': { shapes: [[3, 5]], build: (g, [a]) => g.softmax(a!, 0) },
  LayerNormalization: {
    shapes: [[3, 6], [6], [6]],
    type: 'float32',
    build: (g, [x, gain, shift]) => g.layerNorm(x!, gain!, shift!).y,
  },
  Reshape: { shapes: [[3, 4]], build: (g, [a]) => g.reshape(a!, [2, 6]) },
  Transpose: { shapes: [[2, 3, 4]], build: (g, [a]) => g.transpose(a!, [2, 0, 1]) },
  Expand: { shapes: [[3, 1]], build: (g, [a]) => g.expand(a!, [2, 3, 4]) },
  Concat: {
    shapes: [
      [3, 2],
      [3, 1],
      [3, 4],
    ],
    build: (g, x) => g.concat(x, 1),
  },
  Split: { shapes: [[7, 2]], build: (g, [a]) => g.split(a!, [2, 4, 1], 0) },
  'Split, one part unused': { shapes: [[7, 2]], build: (g, [a]) => g.split(a!, [2, 4, 1], 0).slice(1) },
  Slice: { shapes: [[3, 6]], build: (g, [a]) => g.slice(a!, 1, 2, 5) },
  'Slice from the start': { shapes: [[3, 6]], build: (g, [a]) => g.slice(a!, 1, 0, 2) },
  'Gather, rows repeated': { shapes: [[4, 3]], build: (g, [a]) => g.gather(a!, index(g, [1, 3, 1, 1, 0, 3], [2, 3])) },
  'a value used three times': {
    shapes: [[3, 3]],
    build: (g, [a]) => g.add(g.matmul(a!, a!), g.mul(a!, g.sigmoid(a!))),
  },
}

describe('gradients agree with central differences', () => {
  test.each(Object.entries(cases))('%s', async (_, { shapes, build, range = [-2, 2], type = 'float64' }) => {
    const step = type === 'float64' ? 1e-5 : 1e-2
    const tolerance = type === 'float64' ? 1e-8 : 2e-3
    const random = generator(shapes.length)
    const inputs = shapes.map((shape) => fill(type, shape, () => range[0] + random() * (range[1] - range[0])))

    const g = new Graph('check')
    const x = shapes.map((shape, i) => g.input(`x${i}`, type, shape))
    const outputs = [build(g, x)].flat()
    // A random projection: the gradient of every output element counts.
    const parts = outputs.map((y) => {
      const weight = g.constant(fill(type, y.shape as number[], () => random() - 0.5))
      return g.sum(
        g.mul(y, weight),
        y.shape.map((_, axis) => axis),
      )
    })
    const loss = parts.reduce((a, b) => g.add(a, b))
    const found = gradients(g, loss, x)
    g.output('loss', loss)
    found.forEach((gradient, i) => {
      expect(gradient.shape).toEqual(shapes[i])
      g.output(`d${i}`, gradient)
    })

    await using session = await openSession(writeModel(g.toModel()))
    const lossAt = async (which: number, element: number, delta: number) => {
      const moved = inputs.map((each, i) => (i === which ? { ...each, data: each.data.slice() } : each))
      moved[which]!.data[element]! += delta
      return session.run(Object.fromEntries(moved.map((each, i) => [`x${i}`, each])))
    }
    for (const [i, { data }] of inputs.entries()) {
      for (let element = 0; element < data.length; element++) {
        const up = await lossAt(i, element, step)
        const down = await lossAt(i, element, -step)
        const slope = ((up.loss!.data[0] as number) - (down.loss!.data[0] as number)) / (2 * step)
        const exact = (await lossAt(i, element, 0))[`d${i}`]!.data[element] as number
        expect(Math.abs(exact - slope)).toBeLessThan(tolerance * (1 + Math.abs(slope)))
      }
    }
  })
})

describe('gradients', () => {
  test('of the fused LayerNormalization are those of its definition', async () => {
    const shapes = [[4, 8], [8], [8]]
    const random = generator(1)
    const feeds = Object.fromEntries(
      shapes.map((shape, i) => [`x${i}`, fill('float32', shape, () => random() * 4 - 2)]),
    )
    const byForm = await Promise.all(
      (['fused', 'defined'] as const).map(async (form) => {
        const g = new Graph(form)
        const [x, gain, shift] = shapes.map((shape, i) => g.input(`x${i}`, 'float32', shape)) as [Value, Value, Value]
        const centred = () => g.sub(x, g.mean(x, [-1], true))
        const sd = () => g.sqrt(g.add(g.mean(g.mul(centred(), centred()), [-1], true), 1e-5))
        const y = form === 'fused' ? g.layerNorm(x, gain, shift).y : g.add(g.mul(g.div(centred(), sd()), gain), shift)
        for (const [i, d] of gradients(g, g.sum(g.exp(y), [0, 1]), [x, gain, shift]).entries()) g.output(`d${i}`, d)
        await using session = await openSession(writeModel(g.toModel()))
        return Object.values(await session.run(feeds)).flatMap(({ data }) => Array.from(data, Number))
      }),
    )
    for (const [i, value] of byForm[0]!.entries()) expect(value).toBeCloseTo(byForm[1]![i]!, 4)
  })

  test('of an unused input are zero', async () => {
    const g = new Graph('unused')
    const [a, b] = [g.input('a', 'float64', [2]), g.input('b', 'float64', [2])]
    const [, db] = gradients(g, g.sum(a, [0]), [a, b])
    g.output('db', db!)
    await using session = await openSession(writeModel(g.toModel()))
    const { db: found } = await session.run({ a: tensor('float64', [1, 2]), b: tensor('float64', [3, 4]) })
    expect([...found!.data]).toEqual([0, 0])
  })

  test('through an operator without a rule are refused', () => {
    const g = new Graph('unknown')
    const a = g.input('a', 'float64', [2])
    const [y] = g.node('Erf', [a], [a])
    expect(() => gradients(g, g.sum(y!, [0]), [a])).toThrow('no rule for the operator Erf')
  })
})

function fill(type: FloatType, shape: readonly number[], next: () => number): Tensor<FloatType> {
  return tensor(type, Array.from({ length: sizeOf(shape) }, next), shape)
}

/** Lehmer's generator: fixed values, far from each other's kinks. */
function generator(seed: number): () => number {
  let state = 7919 * (seed + 1)
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}
