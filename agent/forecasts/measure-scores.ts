import {
  forecastEntity,
  type Horizon,
  horizonOf,
  type ModelVersion,
  type SelfMeasuredName,
} from '@storecast/shared/contracts'
import type { Span } from '@storecast/shared/windows'
import type { Connection } from '../platform/database.ts'
import { measurePart, Tally } from '../windows/index.ts'
import { forecastsOf, type StoredForecast } from './runs.ts'

/** What was measured over each step of a horizon. */
export interface ScoredSteps {
  /** The local day in which the first step begins. */
  readonly day: Span
  /** End of each step, unix milliseconds. */
  readonly ends: readonly number[]
  /** [N×steps]; NaN: not measured. */
  readonly actual: Float32Array
}

export interface ScoredRun extends ModelVersion {
  readonly issuedAt: number
  readonly entities: readonly string[]
  /** [N]; NaN: not known, or not yet. */
  readonly actual: Float32Array
  /** Of a model that forecasts step by step. */
  readonly steps?: ScoredSteps
}

type ForecastSeries = Extract<SelfMeasuredName, `$forecast-${string}`>
const SERIES: readonly ForecastSeries[] = [
  '$forecast-error',
  '$forecast-absolute-error',
  '$forecast-squared-error',
  '$forecast-baseline-error',
  '$forecast-actual',
  '$forecast-coverage',
]

interface Scored {
  /** By level, ascending. */
  readonly quantiles: Float32Array
  readonly baseline: number
  readonly actual: number
  readonly censored: boolean
}

/** The observations of one run and horizon. */
class ScoreTallies {
  readonly #tallies = new Map(SERIES.map((name) => [name, new Tally(name)]))

  add({ quantiles, baseline, actual, censored }: Scored): void {
    if (censored) {
      for (const tally of this.#tallies.values()) tally.missing++
      return
    }
    const error = quantiles[Math.floor(quantiles.length / 2)]! - actual
    const values: Readonly<Record<ForecastSeries, number>> = {
      '$forecast-error': error,
      '$forecast-absolute-error': Math.abs(error),
      '$forecast-squared-error': error ** 2,
      '$forecast-baseline-error': Math.abs(baseline - actual),
      '$forecast-actual': actual,
      '$forecast-coverage': Number(quantiles[0]! <= actual && actual <= quantiles.at(-1)!),
    }
    for (const [name, tally] of this.#tallies) tally.add(values[name])
  }

  *observed() {
    for (const [name, tally] of this.#tallies) yield [name, tally.observed()] as const
  }
}

/**
 * Brings the windows of a run's errors, actuals and coverage up to date with what is stored of it, in the transaction that
 * stored the actuals.
 */
export function measureScores(db: Connection, run: ScoredRun, scoredAt: number): void {
  const { model, version, issuedAt, entities, actual, steps } = run
  const stored = [...forecastsOf(db, run)]
  if (steps) {
    // A channel is scored once; those that are left come with another part.
    const scored = entities.filter((_, i) => !Number.isNaN(actual[i]))
    if (scored.length > 0) store(`${issuedAt}/${scored[0]}`, steps.day, byHorizon(stored, run, steps))
    return
  }
  const span = spanOf(db, run)
  if (!span) return
  const tallies = new ScoreTallies()
  for (const row of stored) if (row.actual !== null) tallies.add({ ...row, actual: row.actual })
  store(`${issuedAt}`, span, new Map([[horizonOf(span.end - issuedAt), tallies]]))

  function store(part: string, span: Span, horizons: ReadonlyMap<Horizon, ScoreTallies>): void {
    for (const [horizon, tallies] of horizons) {
      const entity = forecastEntity({ model, version, horizon })
      for (const [sensor, observed] of tallies.observed()) {
        measurePart(db, scoredAt, { series: { sensor, entity }, part, span, observed })
      }
    }
  }
}

/** The steps of the channels that are scored. Their baseline repeats the last value. */
function byHorizon(
  stored: readonly StoredForecast[],
  { issuedAt, entities, actual }: ScoredRun,
  steps: ScoredSteps,
): Map<Horizon, ScoreTallies> {
  const count = steps.ends.length
  const horizons = new Map<Horizon, ScoreTallies>()
  for (const { entity, profile, baseline } of stored) {
    const channel = entities.indexOf(entity)
    if (channel < 0 || Number.isNaN(actual[channel])) continue
    const levels = profile.length / count
    for (const [step, end] of steps.ends.entries()) {
      const measured = steps.actual[channel * count + step]!
      if (Number.isNaN(measured)) continue
      const horizon = horizonOf(end - issuedAt)
      const tallies = horizons.get(horizon) ?? new ScoreTallies()
      horizons.set(horizon, tallies)
      const quantiles = profile.subarray(step * levels, (step + 1) * levels)
      tallies.add({ quantiles, baseline, actual: measured, censored: false })
    }
  }
  return horizons
}

/** A day's forecasts are of that local day: their span is the window. */
function spanOf(db: Connection, { model, version, issuedAt }: ScoredRun): Span | undefined {
  return db
    .statement<[string, number, number], Span>(
      'SELECT start, "end" FROM forecasts WHERE model = ? AND version = ? AND issued_at = ? LIMIT 1',
    )
    .get(model, version, issuedAt)
}
