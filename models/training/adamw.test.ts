import { expect, test } from 'vitest'
import type { Layout } from '../networks/scope.ts'
import { Graph } from '../onnx/graph.ts'
import { openSession } from '../onnx/session.ts'
import { tensor } from '../onnx/tensor.ts'
import { writeModel } from '../onnx/write.ts'
import { adamW, stepRow } from './adamw.ts'
import { schedules } from './schedule.ts'

test('AdamW takes the steps of its published algorithm; parameters without decay do not shrink', async () => {
  const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 }
  const parameter = { shape: [1], size: 1, init: (size: number) => new Float32Array(size) }
  const layout: Layout = {
    size: 2,
    parameters: [
      { ...parameter, name: 'weight', offset: 0, decay: true },
      { ...parameter, name: 'bias', offset: 1, decay: false },
    ],
  }
  const g = new Graph('step')
  const input = (name: string, size: number) => g.input(name, 'float32', [size])
  const state = { parameters: input('parameters', 2), first: input('first', 2), second: input('second', 2) }
  const next = adamW(g, layout, { state, gradient: input('gradient', 2), row: input('row', 3), options })
  for (const [name, value] of Object.entries(next)) g.output(`${name}.next`, value)
  await using session = await openSession(writeModel(g.toModel()))

  const learningRates = [0.01, 0.02, 0.005]
  const steps = [
    [0.5, -2],
    [0.1, 3],
    [-1, 0],
  ]
  const expected = [1, -1].map((start, i) => {
    let [theta, m, v] = [start, 0, 0]
    for (const [t, gradients] of steps.entries()) {
      const gradient = gradients[i]!
      const lr = learningRates[t]!
      if (i === 0) theta -= lr * options.weightDecay * theta
      m = 0.9 * m + 0.1 * gradient
      v = 0.999 * v + 0.001 * gradient ** 2
      theta -= (lr * (m / (1 - 0.9 ** (t + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (t + 1))) + 1e-8)
    }
    return theta
  })
  let feeds = {
    parameters: tensor('float32', [1, -1]),
    first: tensor('float32', [0, 0]),
    second: tensor('float32', [0, 0]),
  }
  for (const [t, gradient] of steps.entries()) {
    const row = tensor('float32', stepRow(learningRates[t]!, t + 1, options))
    const out = await session.run({ ...feeds, gradient: tensor('float32', gradient), row })
    const of = (name: string) => tensor('float32', out[`${name}.next`]!.data as Float32Array)
    feeds = { parameters: of('parameters'), first: of('first'), second: of('second') }
  }
  expect(feeds.parameters.data[0]).toBeCloseTo(expected[0]!, 6)
  expect(feeds.parameters.data[1]).toBeCloseTo(expected[1]!, 6)
})

test('one cycle goes up for 30 % of the steps and down for the rest', () => {
  // Start 1/25, peak at step 0.3 · 10 − 1, end 1/250,000; step 5 is 3/7 of the way down: ½ (1 + cos(3π/7)).
  const at = (step: number) => schedules['one-cycle'](step, 10, 1)
  const expected = [0.04, 0.52, 1, 0.61126, 4e-6]
  for (const [i, step] of [0, 1, 2, 5, 9].entries()) expect(at(step)).toBeCloseTo(expected[i]!, 4)
})
