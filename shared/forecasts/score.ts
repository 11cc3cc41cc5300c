/** A forecast with what came of it. */
export interface ScoredForecast {
  /** In units, by level, ascending. */
  readonly quantiles: ArrayLike<number>
  /** The point forecast that is scored, in units. */
  readonly point: number
  readonly actual: number
  /** Left out of every score, and counted. */
  readonly censored: boolean
}

/** Scores over rows that are not censored; NaN where nothing can be said (no row, or nothing sold). */
export interface Scores {
  readonly rows: number
  readonly censored: number
  /** Σ|forecast − actual| / Σ actual. */
  readonly wape: number
  /** Σ(forecast − actual) / Σ actual: below 0, forecasts are too low. */
  readonly wpe: number
  /** Mean pinball loss over rows and levels, in units: max(τ·e, (τ − 1)·e) with e = actual − quantile. */
  readonly pinball: number
  /** Share of actuals from the lowest to the highest quantile, both included. */
  readonly coverage: number
}

/** Pooled scores, as the data sets' papers take them: sums over all rows before the division. */
export function score(forecasts: Iterable<ScoredForecast>, levels: readonly number[]): Scores {
  let rows = 0
  let censored = 0
  let absolute = 0
  let signed = 0
  let total = 0
  let pinball = 0
  let covered = 0
  for (const { quantiles, point, actual, censored: out } of forecasts) {
    if (out) {
      censored++
      continue
    }
    rows++
    absolute += Math.abs(point - actual)
    signed += point - actual
    total += actual
    for (let q = 0; q < levels.length; q++) {
      const error = actual - quantiles[q]!
      pinball += Math.max(levels[q]! * error, (levels[q]! - 1) * error)
    }
    if (actual >= quantiles[0]! && actual <= quantiles[levels.length - 1]!) covered++
  }
  const per = (sum: number, count: number) => (count > 0 ? sum / count : Number.NaN)
  return {
    rows,
    censored,
    wape: per(absolute, total),
    wpe: per(signed, total),
    pinball: per(pinball, rows * levels.length),
    coverage: per(covered, rows),
  }
}
