import { ensemble } from '../networks/export.ts'
import { middleOf } from '../networks/quantile-head.ts'
import type { Layout, Values } from '../networks/scope.ts'
import { Graph, type Value } from '../onnx/graph.ts'
import type { ModelIr } from '../onnx/ir.ts'
import { tensor } from '../onnx/tensor.ts'
import { windows } from '../training/dataset.ts'
import type { JobProgress, JobResult } from '../training/job.ts'
import { type TrainOptions, train } from '../training/train.ts'
import { byStep, channelRows, type RevinLinearOptions, revinLinear } from './revin-linear.ts'

export interface SensorTraining {
  /** Standardised by channel, [T × C]: rows to train on, nothing later. */
  readonly values: Float32Array
  readonly network: RevinLinearOptions
  readonly options: TrainOptions
  readonly onProgress?: (progress: JobProgress) => void
  readonly signal?: AbortSignal
}

export interface TrainedSensor {
  readonly network: RevinLinearOptions
  readonly layout: Layout
  /** In the order of the seeds. */
  readonly networks: readonly JobResult[]
}

/** Trains one RevIN-linear network a seed on every window of the series. @throws TrainingDivergedError */
export async function trainSensor(input: SensorTraining): Promise<TrainedSensor> {
  const { values, network, options, onProgress, signal } = input
  const { context, horizon, channels, quantiles } = network
  const trained = await train({
    network: revinLinear(network),
    loss: (g, outputs, batch) => sensorLoss(g, outputs, batch, quantiles),
    data: windows({ series: { data: values, channels }, context, horizon }),
    options,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  })
  return { network, ...trained }
}

/**
 * Mean pinball loss over all quantiles plus the squared error of the middle one: the pinball loss alone gave a median with
 * 2 % more squared error on ETTh1's validation part, the squared error alone no interval.
 */
function sensorLoss(g: Graph, { quantiles }: Values, { future }: Values, levels: readonly number[]): Value {
  const target = channelRows(g, future!)
  const horizon = target.shape[1] as number
  const forecasts = g.split(quantiles!, new Array(levels.length).fill(horizon), 1)
  const terms = forecasts.map((forecast, i) => {
    const error = g.sub(target, forecast)
    const pinball = g.max(g.mul(error, levels[i]!), g.mul(error, levels[i]! - 1))
    const mean = g.mul(g.mean(pinball, [0, 1]), 1 / levels.length)
    return i === middleOf(levels) ? g.add(mean, g.mean(g.mul(error, error), [0, 1])) : mean
  })
  return terms.reduce((a, b) => g.add(a, b))
}

/**
 * Trained networks as a model with the tensors of a `sequence` bundle: in `series` float32 [N, context, C], out
 * `quantiles` float32 [N, horizon, C, Q], both in the sensors' units. The outputs of several seeds are averaged.
 *
 * @param scale mean and deviation of each channel in training, [C].
 */
export function sensorModel(
  trained: TrainedSensor,
  scale: { mean: readonly number[]; sd: readonly number[] },
): ModelIr {
  const { network, layout, networks } = trained
  const { context, channels } = network
  const g = new Graph('sensor')
  const series = g.input('series', 'float32', ['N', context, channels])
  const constants = (shape: readonly number[]) => ({
    mean: g.constant(tensor('float32', scale.mean, shape), 'channel_mean'),
    sd: g.constant(tensor('float32', scale.sd, shape), 'channel_sd'),
  })
  const before = constants([1, 1, channels])
  const past = g.div(g.sub(series, before.mean), before.sd)
  const parameters = networks.map((each) => each.parameters)
  const { quantiles } = ensemble(g, { network: revinLinear(network), layout, parameters }, { past })
  const after = constants([1, 1, channels, 1])
  const standard = byStep(g, quantiles!, { ...network, batch: 'N' })
  g.output('quantiles', g.add(g.mul(standard, after.sd), after.mean))
  return g.toModel()
}
