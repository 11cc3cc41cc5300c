import type { Reference, WindowSize } from '@storecast/shared/contracts'
import { freezeColumn, referenceOf } from '../dataset/index.ts'
import { channelScale, type SensorSeries } from './series.ts'

const BLOCK_DAYS = 7
const STEPS_A_DAY: Readonly<Record<WindowSize, number>> = { '5m': 288, '15m': 96, '1h': 24, '1d': 1 }
const STEPS_PER_SD = 1000
/** A data set of series names no site. */
const ANY_SITE = '*'

/** The distribution of every channel over the last whole weeks; less than one is taken for one. */
export function sensorReference(series: SensorSeries, step: WindowSize): Reference {
  const steps = series.times.length
  const width = series.channels.length
  const perBlock = BLOCK_DAYS * STEPS_A_DAY[step]
  const blocks = Math.max(1, Math.floor(steps / perBlock))
  const first = Math.max(0, steps - blocks * perBlock)
  const { mean, sd } = channelScale(series, steps)
  const grid = { sites: [ANY_SITE], blocks }
  const features = series.channels.map((name, c) =>
    freezeColumn(
      { name, centre: mean[c]!, resolution: sd[c]! / STEPS_PER_SD },
      {
        rows: steps,
        value: (m) => series.values[m * width + c]!,
        site: () => 0,
        block: (m) => Math.floor((m - first) / perBlock),
      },
      grid,
    ),
  )
  return referenceOf({ grid, blockDays: BLOCK_DAYS, features })
}
