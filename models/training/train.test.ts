import { describe, expect, test } from 'vitest'
import { dailyDemandModel } from '../networks/daily-demand.ts'
import { linear } from '../networks/layers.ts'
import { huber, pinball, weightedMean } from '../networks/losses.ts'
import { seededRandom } from '../networks/random.ts'
import { residualMlp } from '../networks/residual-mlp.ts'
import type { Network } from '../networks/scope.ts'
import { openSession } from '../onnx/session.ts'
import { tensor } from '../onnx/tensor.ts'
import { writeModel } from '../onnx/write.ts'
import { rows, windows } from './dataset.ts'
import { type TrainInput, train } from './train.ts'

const examples = 600
const random = seededRandom(7)
const x = Float32Array.from({ length: examples * 2 }, () => random.normal())
/** y = 3·x₀ − 2·x₁ + 1, exactly. */
const y = Float32Array.from({ length: examples }, (_, i) => 3 * x[2 * i]! - 2 * x[2 * i + 1]! + 1)
const data = rows({ x: tensor('float32', x, [examples, 2]), y: tensor('float32', y, [examples, 1]) })

const line: Network = (scope, { x }) => ({ y: linear(scope, 'line', x!, { outputs: 1 }) })
const squared: TrainInput['loss'] = (g, out, batch) => {
  const error = g.sub(out.y!, batch.y!)
  return g.mean(g.mul(error, error), [0, 1])
}
const options = { epochs: 30, batch: 50, learningRate: 0.1, weightDecay: 0, seeds: [1] }

describe('train', () => {
  test('finds the line behind the data', async () => {
    const { layout, networks } = await train({ network: line, loss: squared, data, options })
    expect(layout.parameters.map(({ name, shape }) => [name, shape])).toEqual([
      ['line.weight', [2, 1]],
      ['line.bias', [1]],
    ])
    const [weight0, weight1, bias] = networks[0]!.parameters
    expect([weight0, weight1, bias].map((value) => Math.round(value! * 1000) / 1000)).toEqual([3, -2, 1])
    expect(networks[0]!.losses.at(-1)).toBeLessThan(1e-5)
  })

  test('gives the same parameters for the same seed, others for another', async () => {
    const network: Network = (scope, { x }) => {
      const hidden = scope.dropout(scope.g.relu(linear(scope, 'hidden', x!, { outputs: 8 })), 0.5)
      return { y: linear(scope, 'out', hidden, { outputs: 1 }) }
    }
    const seeds = { ...options, epochs: 2, seeds: [4, 4, 5] }
    const { networks } = await train({ network, loss: squared, data, options: seeds })
    const [a, b, c] = networks.map(({ parameters }) => Array.from(parameters))
    expect(a).toEqual(b)
    expect(a).not.toEqual(c)
  })

  test('reports its progress and the validation loss, and keeps the best epoch', async () => {
    const reports: number[][] = []
    const { networks } = await train({
      network: line,
      loss: squared,
      data,
      validation: data,
      options: { ...options, epochs: 4, learningRate: 2, schedule: 'constant' },
      onProgress: ({ epoch, step, steps }) => reports.push([epoch, step, steps]),
    })
    expect(reports.at(-1)).toEqual([4, 48, 48])
    const { validationLosses, parameters } = networks[0]!
    const lossOf = (w: Float32Array) =>
      y.reduce((sum, target, i) => sum + (w[0]! * x[2 * i]! + w[1]! * x[2 * i + 1]! + w[2]! - target) ** 2, 0) /
      examples
    expect(lossOf(parameters) / Math.min(...validationLosses)).toBeCloseTo(1, 4)
  })

  test('says so when the loss leaves the numbers', async () => {
    const broken = rows({
      x: tensor('float32', x, [examples, 2]),
      y: tensor(
        'float32',
        y.map(() => Number.NaN),
        [examples, 1],
      ),
    })
    const promise = train({ network: line, loss: squared, data: broken, options })
    await expect(promise).rejects.toMatchObject({ code: 'training-diverged' })
  })

  test('stops when it is told to', async () => {
    const controller = new AbortController()
    const promise = train({
      network: line,
      loss: squared,
      data,
      options: { ...options, epochs: 1_000_000 },
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    })
    await expect(promise).rejects.toThrow('enough')
  })

  test('windows of a series are gathered inside the graph', async () => {
    // Each step is 0.5 of the step before: what a linear map of two steps to one finds.
    const series = Float32Array.from({ length: 200 }, (_, t) => (t % 10 === 0 ? 1 + (t % 70) / 50 : 0))
    for (let t = 1; t < 200; t++) if (t % 10 !== 0) series[t] = series[t - 1]! * 0.5
    const { networks } = await train({
      network: (scope, { past }) => ({
        y: linear(scope, 'line', scope.g.reshape(past!, [past!.shape[0]!, 2]), { outputs: 1, bias: null }),
      }),
      loss: (g, out, batch) => g.mean(g.abs(g.sub(out.y!, g.reshape(batch.future!, out.y!.shape))), [0, 1]),
      data: windows({ series: { data: series, channels: 1 }, context: 2, horizon: 1 }),
      options: { ...options, epochs: 200, learningRate: 0.02 },
    })
    const [far, near] = networks[0]!.parameters
    expect(far! * 2 + near!).toBeCloseTo(0.5, 2)
  })
})

test('a residual MLP learns demand with static effects, and is exported with its seeds averaged', async () => {
  const statics = BigInt64Array.from({ length: examples }, () => BigInt(1 + random.below(3)))
  const target = Float32Array.from({ length: examples }, (_, i) =>
    Math.max(0, 1 + 0.3 * x[2 * i]! + 0.5 * Number(statics[i])),
  )
  const levels = [0.1, 0.5, 0.9]
  const network = residualMlp({
    standardise: { mean: [0, 0], sd: [1, 1] },
    statics: [{ name: 'category', entries: 4, width: 2 }],
    width: 16,
    blocks: 1,
    dropout: 0.1,
    quantiles: levels,
    profile: 24,
  })
  const ones = tensor('float32', new Float32Array(examples).fill(1), [examples, 1])
  const { layout, networks } = await train({
    network,
    loss: (g, out, batch) => {
      const loss = g.add(pinball(g, out.quantiles!, batch.target!, levels), huber(g, out.mean!, batch.target!))
      return weightedMean(g, loss, batch.weight!)
    },
    data: rows({
      features: tensor('float32', x, [examples, 2]),
      statics: tensor('int64', statics, [examples, 1]),
      target: tensor('float32', target, [examples, 1]),
      weight: ones,
    }),
    options: { epochs: 40, batch: 60, learningRate: 1e-2, weightDecay: 0.01, seeds: [1, 2] },
  })
  const parameters = networks.map((each) => each.parameters)
  const run = async (chosen: Float32Array[]) => {
    const model = dailyDemandModel({ network, layout, parameters: chosen }, { features: 2, statics: 1 })
    await using session = await openSession(writeModel(model))
    return await session.run({
      features: tensor('float32', x, [examples, 2]),
      statics: tensor('int64', statics, [examples, 1]),
      scale: tensor('float32', new Float32Array(examples).fill(10)),
    })
  }
  const both = await run(parameters)
  const [first, second] = [await run([parameters[0]!]), await run([parameters[1]!])]
  let error = 0
  for (let i = 0; i < examples; i++) {
    const [low, middle, high] = both.quantiles!.data.subarray(3 * i, 3 * i + 3) as Float32Array
    expect(low!).toBeLessThanOrEqual(middle!)
    expect(middle!).toBeLessThanOrEqual(high!)
    error += Math.abs((both.mean!.data[i] as number) - 10 * target[i]!) / examples
    const mean = ((first.mean!.data[i] as number) + (second.mean!.data[i] as number)) / 2
    expect(both.mean!.data[i]).toBeCloseTo(mean, 3)
  }
  expect(error).toBeLessThan(1)
  const sums = Array.from({ length: 24 }, (_, hour) => both.profile!.data[hour] as number).reduce((a, b) => a + b)
  expect(sums).toBeCloseTo(1, 5)
})
