import { fileURLToPath } from 'node:url'
import {
  channelScale,
  openSession,
  readSensorSeries,
  scoreSensor,
  sensorModel,
  standardised,
  trainSensor,
  writeModel,
} from '@storecast/models/engine'
import type { BenchOptions, BenchResult } from './measure.ts'

/** Rows of the published protocol: training, then validation, then test. */
const borders = { train: 8640, validation: 11_520, test: 14_400 }
const horizons = [96, 192, 336, 720]
const context = 512
const quantiles = [0.1, 0.5, 0.9]

/**
 * ETTh1 by the protocol of the long-horizon benchmarks: standardised on the training rows, one CPU thread, mean of three
 * seeds. Look-back, learning rate, epochs and loss were chosen on the validation rows.
 */
export async function run({ data }: BenchOptions): Promise<BenchResult> {
  const path = data ?? fileURLToPath(new URL('../../../shared/data/ett/ETTh1.csv', import.meta.url))
  const series = await readSensorSeries(path, { view: { kind: 'sequence', channels: '*', step: '1h', context } })
  const scale = channelScale(series, borders.train)
  const channels = series.channels.length
  const values = standardised(series, scale).subarray(0, borders.train * channels)
  const result: Record<string, number> = {}
  for (const horizon of horizons) {
    const network = { context, horizon, channels, quantiles }
    const options = { epochs: 8, batch: 64, learningRate: 0.005, weightDecay: 0, seeds: [1, 2, 3], parallel: 1 }
    const trained = await trainSensor({ values, network, options })
    const scores = []
    for (const one of trained.networks) {
      await using session = await openSession(writeModel(sensorModel({ ...trained, networks: [one] }, scale)))
      scores.push(
        await scoreSensor(session, network, { ...series, sd: scale.sd, from: borders.validation, to: borders.test }),
      )
    }
    result[`mse_${horizon}`] = mean(scores.map((score) => score.mse))
    result[`mae_${horizon}`] = mean(scores.map((score) => score.mae))
    result[`coverage_${horizon}`] = mean(scores.map((score) => score.coverage))
    result[`train_seconds_${horizon}`] = mean(trained.networks.map((each) => each.seconds))
  }
  return result
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
