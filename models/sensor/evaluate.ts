import { middleOf } from '../networks/quantile-head.ts'
import type { Session } from '../onnx/session.ts'
import { tensor } from '../onnx/tensor.ts'
import type { RevinLinearOptions } from './revin-linear.ts'

/** Over all windows, steps and channels, on values standardised by channel. */
export interface SensorScores {
  readonly mse: number
  readonly mae: number
  /** Share of values from the lowest to the highest quantile. */
  readonly coverage: number
  /** The same two of the forecast that repeats each channel's last value. */
  readonly lastValue: { readonly mse: number; readonly mae: number }
  readonly windows: number
}

const batch = 128

/**
 * Scores a `sequence` model on every window whose target lies in rows `from` to `to` (excluded), stride 1, the last batch
 * kept; the look-back may reach across `from`. This is the protocol of the long-horizon benchmarks (Zhou et al., 2021).
 *
 * @param values in the sensors' units, [T × C]; errors are divided by `sd`, [C].
 */
export async function scoreSensor(
  session: Session,
  network: RevinLinearOptions,
  data: { values: Float32Array; sd: readonly number[]; from: number; to: number },
): Promise<SensorScores> {
  const { context, horizon, channels, quantiles } = network
  const { values, sd, from, to } = data
  if (from < context) throw new RangeError(`windows from row ${from} on: the look-back of ${context} rows does not fit`)
  const levels = quantiles.length
  const middle = middleOf(quantiles)
  const size = horizon * channels
  const sums = { se: 0, ae: 0, covered: 0, lastSe: 0, lastAe: 0 }
  const last = to - horizon
  for (let first = from; first <= last; first += batch) {
    const count = Math.min(batch, last - first + 1)
    const past = new Float32Array(count * context * channels)
    for (let b = 0; b < count; b++) {
      past.set(values.subarray((first + b - context) * channels, (first + b) * channels), b * context * channels)
    }
    const { quantiles: out } = await session.run({ series: tensor('float32', past, [count, context, channels]) })
    const forecast = out!.data as Float32Array
    for (let b = 0; b < count; b++) {
      const start = (first + b) * channels
      for (let i = 0; i < size; i++) {
        const channel = i % channels
        const actual = values[start + i]!
        const at = (b * size + i) * levels
        const error = (forecast[at + middle]! - actual) / sd[channel]!
        const lastError = (values[start - channels + channel]! - actual) / sd[channel]!
        sums.se += error * error
        sums.ae += Math.abs(error)
        sums.lastSe += lastError * lastError
        sums.lastAe += Math.abs(lastError)
        if (actual >= forecast[at]! && actual <= forecast[at + levels - 1]!) sums.covered++
      }
    }
  }
  const count = Math.max(0, last - from + 1)
  const n = count * size
  return {
    mse: sums.se / n,
    mae: sums.ae / n,
    coverage: sums.covered / n,
    lastValue: { mse: sums.lastSe / n, mae: sums.lastAe / n },
    windows: count,
  }
}
