import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import {
  crossEntropy,
  huber,
  initialise,
  type Layout,
  layoutOf,
  type Objective,
  openSession,
  pinball,
  residualMlp,
  rows,
  seededRandom,
  stepRow,
  type Tensor,
  tensor,
  trainStep,
  weightedMean,
  writeModel,
} from '@storecast/models/engine'
import * as tf from '@tensorflow/tfjs'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { type DemandRows, demandRows, demandShape } from '../lib/demand-rows.ts'
import { alternate, type BenchResult } from './measure.ts'

const seed = 11
const batch = 256
const examples = 4096
const { features: featureCount, statics, hours } = demandShape
const width = 128
const blocks = 2
const dropout = 0.35
const levels = [0.1, 0.5, 0.9]
/** Low enough that rounding, which the ReLUs and the pinball loss amplify, stays far below the tolerance for 100 steps. */
const learningRate = 3e-4
const checkedSteps = 100
const lossTolerance = 1e-3
const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 }

/**
 * The demand network's train step (residual MLP, dropout, quantile head, three losses, Adam) run by ONNX Runtime on one
 * thread, against the same step in TensorFlow.js on its WebAssembly backend (SIMD; in Node it has one thread). Both
 * start from the same weights and see the same batches and dropout masks; unless their losses agree, no ratio is given.
 */
export async function run(): Promise<BenchResult> {
  const onnx = await onnxTrainer()
  const reference = await tfjsTrainer(onnx)
  let worst = 0
  for (let step = 0; step < checkedSteps; step += 20) {
    const ours = await onnx.steps(20)
    const theirs = reference.steps(20)
    for (const [i, loss] of ours.entries()) worst = Math.max(worst, Math.abs(loss - theirs[i]!))
  }
  if (!(worst <= lossTolerance)) throw new Error(`the losses of ${checkedSteps} steps differ by up to ${worst}`)
  const perStep = async (count: number, steps: (count: number) => unknown) => {
    const began = performance.now()
    await steps(count)
    return (performance.now() - began) / count
  }
  const { a, b, ratio } = await alternate({
    a: () => perStep(10, reference.steps),
    b: () => perStep(100, onnx.steps),
    rounds: 7,
  })
  await onnx.close()
  return {
    ratio_vs_tfjs_wasm: ratio,
    tfjs_wasm_ms: a,
    onnx_ms: b,
    parameters: onnx.layout.size,
    loss_difference: worst,
  }
}

interface Batches {
  readonly layout: Layout
  readonly initial: Float32Array
  readonly data: DemandRows
  readonly masks: Tensor
  /** Rows of the batch of a step, and where its dropout masks start. */
  batchOf(step: number): { index: number[]; offsets: number[] }
}

async function onnxTrainer() {
  const data = demandRows(examples, seed)
  const network = residualMlp({
    standardise: { mean: new Array(featureCount).fill(0), sd: new Array(featureCount).fill(1) },
    ...{ statics, width, blocks, dropout, quantiles: levels, profile: hours },
  })
  const objective: Objective = (scope, values) => {
    const { g } = scope
    const { quantiles, mean, profile } = network(scope, values)
    const losses = [
      pinball(g, quantiles!, values.target!, levels),
      g.mul(huber(g, mean!, values.target!), 0.5),
      g.mul(crossEntropy(g, profile!, values.shares!), 0.1),
    ]
    return weightedMean(
      g,
      losses.reduce((a, b) => g.add(a, b)),
      values.weight!,
    )
  }
  const source = rows(data)
  const layout = layoutOf((scope) => {
    const inputs = Object.entries(data).map(([name, { type, shape }]) => [name, scope.g.input(name, type, shape)])
    objective(scope, source.batch(scope.g, Object.fromEntries(inputs), scope.g.input('index', 'int64', [batch])))
  })
  const step = trainStep({ layout, objective, data: source, batch, adamW: adam })
  const [pool] = step.masks
  const random = seededRandom(seed, 1)
  const masks = tensor(
    'float32',
    Float32Array.from({ length: pool!.size }, () => (random.uniform() < dropout ? 0 : 1 / (1 - dropout))),
  )
  const initial = initialise(layout, seed)
  const session = await openSession(writeModel(step.model))
  const batchOf = (at: number) => {
    const random = seededRandom(seed + at, 2)
    const index = Array.from({ length: batch }, () => random.below(examples))
    return { index, offsets: step.offsets.map((last) => random.below(last + 1)) }
  }
  let state = [initial, new Float32Array(layout.size), new Float32Array(layout.size)]
  let done = 0
  const batches: Batches = { layout, initial, data, masks, batchOf }
  return {
    ...batches,
    async steps(count: number): Promise<number[]> {
      const chosen = Array.from({ length: count }, (_, i) => batchOf(done + i))
      const steering = Array.from({ length: count }, (_, i) => stepRow(learningRate, done + i + 1, adam))
      const names = ['parameters', 'first', 'second']
      const out = await session.run({
        ...Object.fromEntries(Object.entries(data).map(([name, value]) => [`data.${name}`, value])),
        ...Object.fromEntries(names.map((name, i) => [name, tensor('float32', state[i]!)])),
        [pool!.input]: masks,
        offsets: tensor(
          'int64',
          chosen.flatMap(({ offsets }) => offsets),
          [count, step.offsets.length],
        ),
        steps: tensor('int64', [count], []),
        index: tensor(
          'int64',
          chosen.flatMap(({ index }) => index),
          [count, batch],
        ),
        rows: tensor('float32', steering.flat(), [count, 3]),
      })
      state = names.map((name) => out[`${name}.next`]!.data as Float32Array)
      done += count
      return Array.from(out['losses.next']!.data, Number)
    },
    close: () => session[Symbol.asyncDispose](),
  }
}

async function tfjsTrainer({ layout, initial, data, masks, batchOf }: Batches) {
  const package_ = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')
  setWasmPaths(`${dirname(package_)}/`)
  await tf.setBackend('wasm')
  const variables = Object.fromEntries(
    layout.parameters.map(({ name, shape, offset, size }) => [
      name,
      tf.variable(tf.tensor(initial.slice(offset, offset + size), [...shape])),
    ]),
  )
  const of = (name: string) => variables[name] as tf.Tensor2D
  const features = tf.tensor2d(data.features.data as Float32Array, [examples, featureCount])
  const target = tf.tensor2d(data.target.data as Float32Array, [examples, 1])
  const weight = tf.tensor2d(data.weight.data as Float32Array, [examples, 1])
  const shares = tf.tensor2d(data.shares.data as Float32Array, [examples, hours])
  const codes = Int32Array.from(data.statics.data, Number)
  const pool = tf.tensor1d(masks.data as Float32Array)
  const row = (values: readonly number[]) => tf.tensor2d([...values], [1, values.length])
  const tilt = [row(levels), row(levels.map((level) => level - 1))] as const
  const gapSums = tf.tensor2d([-1, 0, 0, 0, 0, 0, 0, 0, 1], [3, 3])
  const optimizer = tf.train.adam(learningRate, adam.beta1, adam.beta2, adam.epsilon)

  const linear = (name: string, x: tf.Tensor2D, activation: 'linear' | 'relu' = 'linear'): tf.Tensor2D => {
    const bias = variables[`${name}.bias`]
    return tf.fused.matMul({ a: x, b: of(`${name}.weight`), ...(bias && { bias }), activation }) as tf.Tensor2D
  }
  const layerNorm = (name: string, x: tf.Tensor2D): tf.Tensor2D => {
    const { mean, variance } = tf.moments(x, 1, true)
    return x
      .sub(mean)
      .mul(variance.add(1e-5).rsqrt())
      .mul(of(`${name}.gain`))
      .add(of(`${name}.shift`))
  }
  const loss = (step: number): tf.Scalar => {
    const { index, offsets } = batchOf(step)
    const at = tf.tensor1d(index, 'int32')
    const mask = (layer: number) => pool.slice([offsets[layer]!], [batch * width]).reshape<tf.Tensor2D>([batch, width])
    // The wasm backend lacks the kernel for the gradient of gather: embeddings are one-hot products.
    const embedded = statics.map(({ name, entries }, s) => {
      const column = tf.tensor1d(
        index.map((i) => codes[i * statics.length + s]!),
        'int32',
      )
      return tf.matMul(tf.oneHot(column, entries).cast('float32'), of(`embed.${name}.table`)) as tf.Tensor2D
    })
    const x = tf.concat([features.gather(at).clipByValue(-5, 5), ...embedded], 1) as tf.Tensor2D
    let h = linear('in', x)
    for (let block = 0; block < blocks; block++) {
      const name = `block${block}`
      const inner = linear(`${name}.inner`, layerNorm(`${name}.norm`, h), 'relu').mul<tf.Tensor2D>(mask(2 * block))
      h = h.add(linear(`${name}.outer`, inner).mul(mask(2 * block + 1)))
    }
    const raw = linear('out', h).add<tf.Tensor2D>(linear('skip', x))
    const [head, mean, logits] = tf.split(raw, [levels.length, 1, hours], 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]
    const quantiles = head.slice([0, 1], [batch, 1]).add(tf.matMul(tf.softplus(head), gapSums))
    const y = target.gather(at)
    const error = y.sub(quantiles)
    const pinball = tf.maximum(error.mul(tilt[0]), error.mul(tilt[1])).mean(1, true)
    const size = mean.sub(y).abs()
    const inner = tf.minimum(size, 1)
    const huber = inner.mul(size.sub(inner.mul(0.5)))
    const entropy = shares.gather(at).mul(tf.logSoftmax(logits)).sum(1, true).neg()
    const rowLoss = pinball.add(huber.mul(0.5)).add(entropy.mul(0.1))
    const w = weight.gather(at)
    return rowLoss.mul(w).sum().div(tf.maximum(w.sum(), 1e-6))
  }

  let done = 0
  return {
    steps(count: number): number[] {
      return Array.from({ length: count }, () => {
        const step = done++
        const cost = optimizer.minimize(() => loss(step), true)!
        const [value] = cost.dataSync()
        cost.dispose()
        return value!
      })
    },
  }
}
