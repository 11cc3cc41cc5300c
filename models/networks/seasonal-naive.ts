import { Graph } from '../onnx/graph.ts'
import type { ModelIr } from '../onnx/ir.ts'
import { tensor } from '../onnx/tensor.ts'

export interface SeasonalNaiveOptions {
  /** Width of the feature rows and of the static attributes, as the feature view gives them. */
  readonly features: number
  readonly statics: number
  /** Column of the total one season ago, divided by `scale` like every feature of the view. */
  readonly lagColumn: number
  /** Empirical quantiles of (actual − naive) / scale, ascending: what is added for each quantile of the forecast. */
  readonly offsets: readonly number[]
  /** Share of the day's total by hour; sums to 1. */
  readonly profile: readonly number[]
}

/**
 * The forecast "same as one season ago" with the tensors of a `daily-demand` bundle:
 * quantile q = max(0, lag + offset_q) × scale, mean = lag × scale, and the same profile for all.
 */
export function seasonalNaive({ features, statics, lagColumn, offsets, profile }: SeasonalNaiveOptions): ModelIr {
  const g = new Graph('seasonal-naive')
  const rows = g.input('features', 'float32', ['N', features])
  g.input('statics', 'int64', ['N', statics])
  const scale = g.reshape(g.input('scale', 'float32', ['N']), ['N', 1])
  const lag = g.slice(rows, 1, lagColumn, lagColumn + 1)
  const shifted = g.add(lag, g.constant(tensor('float32', offsets, [1, offsets.length])))
  g.output('quantiles', g.mul(g.max(shifted, 0), scale))
  const mean = g.mul(lag, scale)
  g.output('mean', g.reshape(mean, ['N']))
  const ones = g.add(g.mul(scale, 0), 1)
  g.output('profile', g.mul(ones, g.constant(tensor('float32', profile, [1, profile.length]))))
  return g.toModel()
}
