import type { Calibration } from '../contracts/index.ts'
import { middleOf } from './levels.ts'

/** A closed day's forecast of one product as the model gave it (before calibration), with what was sold. */
export interface ScoredDay {
  /** Local day, in days since 1970-01-01. */
  readonly day: number
  /** Raw quantiles of the day's total, in units, by the model's levels. */
  readonly quantiles: ArrayLike<number>
  readonly actual: number
  /** Sales in a stock-out are a lower bound of demand: such a row says nothing here. */
  readonly censored: boolean
}

/** What to do to a site's raw forecasts. */
export interface CalibrationState {
  /** Of the level: every quantile and the mean are multiplied by it. */
  readonly factor: number
  /** By level: by how much the distance from the middle quantile is multiplied (the middle's own: 1). */
  readonly stretch: readonly number[]
  /** In-stock rows that each step learnt from. */
  readonly levelRows: number
  readonly conformalRows: number
}

/** No days are convincing enough for a correction beyond these. */
const FACTOR_RANGE = [0.5, 2] as const
const HIGHEST_STRETCH = 5
/** Distances are divided by at least this share of the mean forecast, so that a point-like forecast does not explode. */
const LOWEST_GAP = 0.01

/**
 * Learns both corrections from a site's own scored days, pooled over its products. Windows end with the newest day given.
 *
 * *Level*: factor = (Σ y + k·p̄) / (Σ p + k·p̄) over in-stock rows of the last `levelDays` days, p the middle quantile, p̄
 * its mean, k = `priorRows`: a ratio estimate drawn toward 1.
 *
 * *Conformal*: for each level τ below the middle m, the distance m − q_τ is multiplied by the ⌈(n+1)(1−τ)⌉-th smallest of
 * (m − y) / (m − q_τ) over the n in-stock rows of the last `conformalDays` days, forecasts with the factor applied; above
 * it likewise with (y − m) / (q_τ − m) and τ. That is split-conformal calibration of each side on its own (Romano, Patterson
 * & Candès 2019, "Conformalized quantile regression", theorem 2), with relative scores and a rolling window; drawn toward 1
 * by `priorRows`, like the factor.
 *
 * @param levels of the quantiles, ascending.
 */
export function fitCalibration(options: {
  history: readonly ScoredDay[]
  levels: readonly number[]
  calibration: Calibration
}): CalibrationState {
  const { history, levels, calibration } = options
  const { levelDays, conformalDays, priorRows } = calibration
  const middle = middleOf(levels)
  let newest = Number.NEGATIVE_INFINITY
  for (const { day } of history) if (day > newest) newest = day
  const within = (days: number) => history.filter((row) => !row.censored && row.day > newest - days)

  const forLevel = within(levelDays)
  const { factor, mean } = levelFactor(forLevel, middle, priorRows)
  const forStretch = within(conformalDays)
  const stretch = levels.map((level, q) => {
    if (q === middle || forStretch.length === 0) return 1
    return sideStretch(forStretch, { q, middle, factor, level, priorRows, lowestGap: LOWEST_GAP * mean * factor })
  })
  return { factor, stretch, levelRows: forLevel.length, conformalRows: forStretch.length }
}

function levelFactor(rows: readonly ScoredDay[], middle: number, priorRows: number) {
  let actual = 0
  let forecast = 0
  for (const row of rows) {
    actual += row.actual
    forecast += row.quantiles[middle]!
  }
  if (!(forecast > 0)) return { factor: 1, mean: 1 }
  const mean = forecast / rows.length
  const prior = priorRows * mean
  return { factor: clamp((actual + prior) / (forecast + prior), ...FACTOR_RANGE), mean }
}

function sideStretch(
  rows: readonly ScoredDay[],
  side: { q: number; middle: number; factor: number; level: number; priorRows: number; lowestGap: number },
): number {
  const { q, middle, factor, level, priorRows, lowestGap } = side
  const sign = q < middle ? -1 : 1
  const scores = Float64Array.from(rows, ({ quantiles, actual }) => {
    const centre = factor * quantiles[middle]!
    const gap = Math.abs(factor * quantiles[q]! - centre)
    // Never 0 / 0: where the gap and its floor are too small for a double, a hit scores 0 and a miss ∞.
    return (sign * (actual - centre)) / Math.max(gap, lowestGap, Number.MIN_VALUE)
  }).sort()
  const inside = q < middle ? 1 - level : level
  const n = scores.length
  const rank = Math.min(n, Math.ceil((n + 1) * inside))
  const stretch = clamp(scores[rank - 1]!, 0, HIGHEST_STRETCH)
  return (stretch * n + priorRows) / (n + priorRows)
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))

/** Raw forecasts of N products: `quantiles` [N×Q] and `mean` [N], in units. */
export interface Forecasts {
  readonly quantiles: Float32Array
  readonly mean: Float32Array
}

/**
 * Applies what was learnt to raw forecasts; the raw ones stay as they are. Quantiles ascend and are never below 0.
 *
 * @param into where to write, of the same sizes; by default new arrays.
 */
export function applyCalibration(
  { factor, stretch }: CalibrationState,
  { quantiles, mean }: Forecasts,
  options: { levels: readonly number[]; into?: Forecasts },
): Forecasts {
  const { levels, into = { quantiles: new Float32Array(quantiles.length), mean: new Float32Array(mean.length) } } =
    options
  const count = levels.length
  const middle = middleOf(levels)
  for (let at = 0; at < quantiles.length; at += count) {
    const centre = Math.max(0, factor * quantiles[at + middle]!)
    into.quantiles[at + middle] = centre
    for (let q = middle - 1; q >= 0; q--) {
      const value = centre + stretch[q]! * (factor * quantiles[at + q]! - centre)
      into.quantiles[at + q] = Math.max(0, Math.min(value, into.quantiles[at + q + 1]!))
    }
    for (let q = middle + 1; q < count; q++) {
      const value = centre + stretch[q]! * (factor * quantiles[at + q]! - centre)
      into.quantiles[at + q] = Math.max(value, into.quantiles[at + q - 1]!)
    }
  }
  for (let i = 0; i < mean.length; i++) into.mean[i] = Math.max(0, factor * mean[i]!)
  return into
}

/** Learns from a site's scored days and applies it to its new forecasts, in one go. */
export function calibrate(
  raw: Forecasts,
  options: { history: readonly ScoredDay[]; levels: readonly number[]; calibration: Calibration },
): Forecasts & { readonly state: CalibrationState } {
  const state = fitCalibration(options)
  return { ...applyCalibration(state, raw, options), state }
}
