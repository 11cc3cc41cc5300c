import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Graph, type Value } from '../onnx/graph.ts'
import { openSession } from '../onnx/session.ts'
import { type Tensor, tensor } from '../onnx/tensor.ts'
import { writeModel } from '../onnx/write.ts'
import { embedding, layerNorm, linear } from './layers.ts'
import { crossEntropy, huber, pinball, weightedMean } from './losses.ts'
import { quantileHead } from './quantile-head.ts'
import { permutation, seededRandom } from './random.ts'
import { initialise, layoutOf } from './scope.ts'

/** Runs a function of graph values on tensors. */
async function evaluate(
  inputs: Record<string, Tensor>,
  build: (g: Graph, x: Record<string, Value>) => Value,
): Promise<number[]> {
  const g = new Graph('evaluate')
  const values = Object.entries(inputs).map(([name, { type, shape }]) => [name, g.input(name, type, shape)])
  g.output('result', build(g, Object.fromEntries(values)))
  await using session = await openSession(writeModel(g.toModel()))
  const { result } = await session.run(inputs)
  return Array.from(result!.data, Number)
}

const matrix = (rows: number[][]) => tensor('float32', rows.flat(), [rows.length, rows[0]!.length])
const rounded = (values: number[]) => values.map((value) => Number(value.toFixed(5)))

describe('losses, against values worked out by hand', () => {
  const y = matrix([[2], [2]])

  test('pinball', async () => {
    const quantiles = matrix([
      [1, 2, 4],
      [3, 1.5, 2],
    ])
    const found = await evaluate({ quantiles, y }, (g, x) => pinball(g, x.quantiles!, x.y!, [0.1, 0.5, 0.9]))
    // Row 1: (0.1·1 + 0 + 0.1·2) / 3. Row 2: (0.9·1 + 0.5·0.5 + 0) / 3.
    expect(rounded(found)).toEqual([0.1, 0.38333])
  })

  test('Huber', async () => {
    const found = await evaluate({ p: matrix([[2.5], [5]]), y }, (g, x) => huber(g, x.p!, x.y!))
    expect(rounded(found)).toEqual([0.125, 2.5])
  })

  test('cross-entropy', async () => {
    const logits = matrix([
      [0, 0, 0, 0],
      [Math.log(3), 0, -1000, -1000],
    ])
    const shares = matrix([
      [1, 0, 0, 0],
      [0.5, 0.5, 0, 0],
    ])
    const found = await evaluate({ logits, shares }, (g, x) => crossEntropy(g, x.logits!, x.shares!))
    expect(rounded(found)).toEqual(rounded([Math.log(4), -(Math.log(0.75) + Math.log(0.25)) / 2]))
  })

  test('the mean by weight leaves rows of weight 0 out', async () => {
    const inputs = { loss: matrix([[1], [5], [100]]), weight: matrix([[3], [1], [0]]) }
    expect(await evaluate(inputs, (g, x) => weightedMean(g, x.loss!, x.weight!))).toEqual([2])
    const none = { ...inputs, weight: matrix([[0], [0], [0]]) }
    expect(await evaluate(none, (g, x) => weightedMean(g, x.loss!, x.weight!))).toEqual([0])
  })
})

describe('the quantile head', () => {
  test('adds softplus gaps outwards from the middle', async () => {
    const raw = matrix([[0, 1, 10, 2, -1]])
    const found = await evaluate({ raw }, (g, x) => quantileHead(g, x.raw!, [0.05, 0.25, 0.5, 0.75, 0.95]))
    const softplus = (x: number) => Math.log1p(Math.exp(x))
    const expected = [
      10 - softplus(1) - softplus(0),
      10 - softplus(1),
      10,
      10 + softplus(2),
      10 + softplus(2) + softplus(-1),
    ]
    expect(rounded(found)).toEqual(rounded(expected))
  })

  test('never crosses, whatever the network says', async () => {
    const levels = [0.1, 0.4, 0.7]
    const g = new Graph('head')
    g.output('y', quantileHead(g, g.input('raw', 'float32', [1, 3]), levels))
    await using session = await openSession(writeModel(g.toModel()))
    const value = fc.float({ min: -1e4, max: 1e4, noNaN: true })
    await fc.assert(
      fc.asyncProperty(fc.tuple(value, value, value), async (raw) => {
        const [low, middle, high] = (await session.run({ raw: matrix([raw]) })).y!.data as Float32Array
        expect(low!).toBeLessThanOrEqual(middle!)
        expect(middle!).toBeLessThanOrEqual(high!)
      }),
    )
  })
})

describe('layers', () => {
  test('lay their parameters out one after the other', () => {
    const layout = layoutOf((scope) => {
      const x = scope.g.input('x', 'float32', ['N', 3])
      linear(scope, 'second', layerNorm(scope, 'norm', linear(scope, 'first', x, { outputs: 4 })), { outputs: 2 })
    })
    expect(layout.parameters.map(({ name, offset, decay }) => [name, offset, decay])).toEqual([
      ['first.weight', 0, true],
      ['first.bias', 12, false],
      ['norm.gain', 16, false],
      ['norm.shift', 20, false],
      ['second.weight', 24, true],
      ['second.bias', 32, false],
    ])
    expect(layout.size).toBe(34)
    expect(initialise(layout, 3)).toEqual(initialise(layout, 3))
    expect(initialise(layout, 3)).not.toEqual(initialise(layout, 4))
  })

  test('two parameters of one name are refused', () => {
    const twice = () =>
      layoutOf((scope) => {
        const x = scope.g.input('x', 'float32', ['N', 3])
        linear(scope, 'same', linear(scope, 'same', x, { outputs: 3 }), { outputs: 3 })
      })
    expect(twice).toThrow('two parameters are named "same.weight"')
  })

  test('an embedding starts with a row of zeros for what was not seen', () => {
    const layout = layoutOf((scope) => {
      embedding(scope, 'shop', scope.g.input('shop', 'int64', ['N']), { entries: 5, width: 3 })
    })
    const table = Array.from(initialise(layout, 1))
    expect(table.slice(0, 3)).toEqual([0, 0, 0])
    expect(table.slice(3).every((value) => value !== 0)).toBe(true)
  })
})

describe('random numbers', () => {
  test('have the moments they should, and streams differ', () => {
    const random = seededRandom(42)
    const normals = Array.from({ length: 20_000 }, () => random.normal())
    const mean = normals.reduce((a, b) => a + b) / normals.length
    const variance = normals.reduce((sum, x) => sum + (x - mean) ** 2, 0) / normals.length
    expect(Math.abs(mean)).toBeLessThan(0.03)
    expect(Math.abs(variance - 1)).toBeLessThan(0.04)
    expect(seededRandom(42, 1).uniform()).not.toBe(seededRandom(42, 2).uniform())
  })

  test('a permutation holds every index once', () => {
    expect([...permutation(100, seededRandom(1))].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    )
  })
})
