import { accumulate, type CalibrationState, type ScoredForecast, type Scores, score } from '@storecast/shared/forecasts'
import type { Span } from '@storecast/shared/windows'
import type { Connection } from '../platform/database.ts'
import { type ForecastRun, forecastsOf, lastRun, runsSince, type StoredForecast } from './runs.ts'

/** The newest forecasts of a model, for people and for the programs of a store. */
export interface LatestForecasts extends Span {
  readonly model: string
  readonly version: number
  readonly issuedAt: number
  readonly madeAt: number
  readonly levels: readonly number[]
  readonly calibration: CalibrationState | null
  readonly forecasts: readonly EntityForecast[]
}

export interface EntityForecast {
  readonly entity: string
  /** Of the total over the span (a channel: of its mean), in the target's unit, by level. */
  readonly quantiles: readonly number[]
  readonly mean: number
  /** Seasonal naive; for a channel, its last value. */
  readonly baseline: number
  /** Expected by hour; they sum to `mean`. Empty for a channel. */
  readonly hourly: readonly number[]
  /** Quantiles of the demand accumulated to the end of each hour. Empty for a channel. */
  readonly accumulated: ReadonlyArray<readonly number[]>
  /** Quantiles of each step ahead. Empty for a product. */
  readonly steps: ReadonlyArray<readonly number[]>
  /** What came of it; null where that is not known yet. */
  readonly actual: number | null
  /** Out of stock for a part of the span: the actual is a lower bound of the demand. */
  readonly censored: boolean
}

/**
 * @param until the newest run issued at or before this time (unix ms); default: of all
 * @returns undefined before the first run
 */
export function latestForecasts(
  db: Connection,
  { model, entity, until }: { model: string; entity?: string; until?: number },
): LatestForecasts | undefined {
  const run = lastRun(db, model, until)
  if (!run) return undefined
  const forecasts = [...forecastsOf(db, run, { entity })].map((row) => describe(row, run))
  return { ...run, forecasts }
}

function describe(row: StoredForecast, { levels, calibration }: ForecastRun): EntityForecast {
  const { entity, quantiles, mean, baseline, profile, actual, censored } = row
  const common = { entity, quantiles: [...quantiles], mean, baseline, actual, censored }
  if (calibration === null) return { ...common, hourly: [], accumulated: [], steps: rowsOf(profile, levels.length) }
  return {
    ...common,
    hourly: Array.from(profile, (share) => share * mean),
    accumulated: rowsOf(accumulate({ quantiles, profile, levels }), levels.length),
    steps: [],
  }
}

function rowsOf(values: Float32Array, width: number): number[][] {
  const rows: number[][] = []
  for (let at = 0; at < values.length; at += width) rows.push([...values.subarray(at, at + width)])
  return rows
}

/** How good a model's forecasts were, pooled over products, beside the seasonal-naive baseline on the same rows. */
export interface ScoredSpan extends Span, Scores {
  readonly version: number
  readonly issuedAt: number
  readonly baselineWape: number
}

export interface RecentScores {
  /** All runs together; NaN where nothing can be said. */
  readonly total: Scores & { readonly baselineWape: number }
  readonly runs: readonly ScoredSpan[]
}

/** Scores of the runs issued at or after `from`, as far as their outcomes are known. The middle quantile is the point. */
export function recentScores(db: Connection, { model, from }: { model: string; from: number }): RecentScores {
  const all: Row[] = []
  let levels: readonly number[] = []
  const runs = runsSince(db, model, from).map((run): ScoredSpan => {
    const rows = [...forecastsOf(db, run)].flatMap((row) => scoredRow(row, run))
    all.push(...rows)
    levels = run.levels
    const { version, issuedAt, start, end } = run
    return { version, issuedAt, start, end, ...scoresOf(rows, run.levels) }
  })
  return { total: scoresOf(all, levels), runs }
}

type Row = ScoredForecast & { readonly baseline: number }

function scoredRow({ quantiles, baseline, actual, censored }: StoredForecast, { levels }: ForecastRun): Row[] {
  if (actual === null) return []
  return [{ quantiles, point: quantiles[Math.floor(levels.length / 2)]!, baseline, actual, censored }]
}

function scoresOf(rows: readonly Row[], levels: readonly number[]): Scores & { baselineWape: number } {
  const naive = rows.map((row) => ({ ...row, point: row.baseline }))
  return { ...score(rows, levels), baselineWape: score(naive, levels).wape }
}
