import { fileURLToPath } from 'node:url'
import {
  channelScale,
  checkFusion,
  type ModelIr,
  openSession,
  quantize,
  readSensorSeries,
  type SensorSeries,
  scoreSensor,
  sensorModel,
  standardised,
  type Tensors,
  tensor,
  trainSensor,
  writeModel,
} from '@storecast/models/engine'
import type { BenchOptions, BenchResult } from './measure.ts'

/** Rows of the published protocol: training, then validation, then test. */
const borders = { train: 8640, validation: 11_520, test: 14_400 }
const context = 512
const quantiles = [0.1, 0.5, 0.9]

const seeds = [1, 2, 3]
const trials = [
  { horizon: 96, epochs: 5 },
  { horizon: 192, epochs: 3 },
  { horizon: 336, epochs: 3 },
  { horizon: 720, epochs: 3 },
]
/** Windows of the training rows that calibrate the 8-bit model. */
const calibrationWindows = 128

/**
 * ETTh1 by the protocol of the long-horizon benchmarks: standardised on the training rows, one CPU thread a training, two
 * trainings at a time, mean of three seeds. Look-back, learning rate, epochs and loss were chosen on the validation rows.
 * For the horizon that the `sensor` definition ships with, also what the int8 model keeps of it.
 */
export async function run({ data }: BenchOptions): Promise<BenchResult> {
  const path = data ?? fileURLToPath(new URL('../../../shared/data/ett/ETTh1.csv', import.meta.url))
  const series = await readSensorSeries(path, { view: { kind: 'sequence', channels: '*', step: '1h', context } })
  const results = new Map<number, BenchResult>()
  // The longest first, so that both lanes end together.
  const waiting = trials.toReversed().values()
  const lane = async () => {
    for (const trial of waiting) results.set(trial.horizon, await measure(series, trial))
  }
  await Promise.all([lane(), lane()])
  return Object.assign({}, ...trials.map(({ horizon }) => results.get(horizon)))
}

async function measure(series: SensorSeries, trial: (typeof trials)[number]): Promise<BenchResult> {
  const { horizon, epochs } = trial
  const channels = series.channels.length
  const scale = channelScale(series, borders.train)
  const network = { context, horizon, channels, quantiles }
  const trained = await trainSensor({
    values: standardised(series, scale).subarray(0, borders.train * channels),
    network,
    options: { epochs, batch: 64, learningRate: 0.005, weightDecay: 0, seeds, parallel: 1 },
  })
  const score = async (model: ModelIr) => {
    await using session = await openSession(writeModel(model))
    const test = { ...series, sd: scale.sd, from: borders.validation, to: borders.test }
    return await scoreSensor(session, network, test)
  }
  const models = trained.networks.map((one) => sensorModel({ ...trained, networks: [one] }, scale))
  const scores = []
  for (const model of models) scores.push(await score(model))
  const figures = {
    [`mse_${horizon}`]: mean(scores.map(({ mse }) => mse)),
    [`mae_${horizon}`]: mean(scores.map(({ mae }) => mae)),
    [`coverage_${horizon}`]: mean(scores.map(({ coverage }) => coverage)),
    [`train_seconds_${horizon}`]: mean(trained.networks.map(({ seconds }) => seconds)),
  }
  if (horizon !== trials[0]!.horizon) return figures
  const quantized = await quantize(models[0]!, [calibrationSample(series)])
  const int8 = await score(quantized)
  return {
    ...figures,
    int8_error_ratio: Math.max(int8.mse / scores[0]!.mse, int8.mae / scores[0]!.mae),
    int8_size_ratio: writeModel(quantized).byteLength / writeModel(models[0]!).byteLength,
    int8_products: await checkFusion(writeModel(quantized)),
  }
}

function calibrationSample({ values, channels }: SensorSeries): Tensors {
  const size = context * channels.length
  const sample = new Float32Array(calibrationWindows * size)
  for (let i = 0; i < calibrationWindows; i++) {
    const start = Math.floor((i * (borders.train - context)) / calibrationWindows) * channels.length
    sample.set(values.subarray(start, start + size), i * size)
  }
  return { series: tensor('float32', sample, [calibrationWindows, context, channels.length]) }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
