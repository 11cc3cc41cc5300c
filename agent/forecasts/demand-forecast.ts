import type { Warmup } from '@storecast/shared/contracts'
import {
  applyCalibration,
  fitCalibration,
  type ScoredDay,
  seasonalNaive,
  warmupDays,
} from '@storecast/shared/forecasts'
import {
  type DemandFeatures,
  type DemandRows,
  dayForecastAt,
  dayName,
  dayNumber,
  type Features,
} from '../features/index.ts'
import type { ServingModel } from '../inference/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Connection } from '../platform/database.ts'
import type { Writer } from '../platform/writer.ts'
import { type DemandPart, inferDemand } from './demand-inference.ts'
import { handled } from './handled.ts'
import { Issued, type IssuedRun } from './issued.ts'
import { type MeasuredInputs, observeInputs } from './measure-inputs.ts'
import type { FinishRun, forecastProcedures, ScoreForecasts } from './procedures.ts'
import { type ForecastStore, servedForecasts } from './store.ts'

export interface ForecastTools {
  readonly writer: Writer<typeof forecastProcedures>
  /** A reading connection. */
  readonly db: Connection
  readonly features: Features
  readonly clock: Clock
  /** Where the forecasts are kept; default: with those that are served. */
  readonly store?: ForecastStore
}

/** Inputs of one run, in arrays that are good until the next run of the same version is prepared. */
export interface Prepared {
  readonly model: ServingModel
  readonly issuedAt: number
  readonly day: number
  readonly demand: DemandFeatures
  readonly rows: DemandRows
}

/** Days for which what came of a forecast is followed, readings that come late included. */
const SCORED_DAYS = 14
const DAY = 86_400_000

/** Runs of one model with a `daily-demand` view, whatever its version. */
export class DemandForecasts {
  readonly #tools: ForecastTools
  readonly #store: ForecastStore
  readonly #issued = new Issued({ keepDays: SCORED_DAYS })
  #unstored: ScoreForecasts[] = []
  #inputs: MeasuredInputs[] = []
  #loaded = false
  #warm: { readonly of: Warmup | null; readonly days: readonly ScoredDay[] } = { of: null, days: [] }

  constructor(tools: ForecastTools) {
    this.#tools = tools
    this.#store = tools.store ?? servedForecasts(tools)
  }

  /**
   * Features, inference, calibration by the site's own scored days, stored durably. Windows up to the issue time are
   * closed by then.
   * @param beside called while the host is at work
   * @throws InferenceError, FeaturesNotReady, WriterError
   */
  async run(model: ServingModel, issuedAt: number, beside: () => void = () => {}): Promise<FinishRun> {
    await this.warmUp(model, issuedAt)
    return this.complete(this.prepare(model, issuedAt), beside)
  }

  /** Whether `warmUp` has nothing to do. @throws FeaturesNotReady */
  isWarm(model: ServingModel, issuedAt: number): boolean {
    return this.#loaded && this.#missing(model, this.#dayAt(issuedAt)).length === 0
  }

  /** Gets together the forecasts of the last days that calibration learns from. @throws InferenceError, FeaturesNotReady */
  async warmUp(model: ServingModel, issuedAt: number): Promise<void> {
    const demand = this.#tools.features.demand(model)
    this.#load(model.model, issuedAt)
    await this.#backcast(model, demand, this.#dayAt(issuedAt))
  }

  /** @throws FeaturesNotReady */
  prepare(model: ServingModel, issuedAt: number): Prepared {
    const demand = this.#tools.features.demand(model)
    const day = this.#dayAt(issuedAt)
    return { model, issuedAt, day, demand, rows: demand.at(day) }
  }

  /** The part of a run that follows its inputs. @throws InferenceError, WriterError */
  async complete({ model, issuedAt, day, demand, rows }: Prepared, beside: () => void = () => {}): Promise<FinishRun> {
    const { features, clock } = this.#tools
    const { version, manifest } = model
    const { quantiles: levels, calibration } = manifest.definition.spec
    const { calendar } = features.site()
    const began = performance.now()
    const answers = inferDemand(model, rows)
    // While the host is at work:
    beside()
    this.#unstored.push(...this.#issued.score((past) => demand.closedDay(past), { day, at: clock.now() }))
    const state = fitCalibration({ history: this.#history(model, day), levels, calibration })
    const baseline = seasonalNaive(rows.history)

    const key = { model: model.model, version, issuedAt, ...calendar.daySpan(dayName(day)) }
    const parts: DemandPart[] = []
    const stored: Promise<unknown>[] = []
    for (const answer of answers) {
      const part = await answer
      const { entities, quantiles: raw, profile } = part
      const { quantiles, mean } = applyCalibration(state, part, { levels })
      const naive = Float32Array.from(part.rows, (row) => baseline[row]!)
      const forecasts = { ...key, entities, quantiles, raw, mean, profile, baseline: naive }
      stored.push(handled(this.#store.record(forecasts)))
      parts.push(part)
    }
    const run: FinishRun = { ...key, madeAt: clock.now(), levels, calibration: state }
    stored.push(this.#store.finish({ ...run, tookMs: performance.now() - began }))
    // While the writer is:
    this.#observe(model, issuedAt, rows)
    await Promise.all(stored)
    this.#issued.add({ ...joined(parts), model: model.model, version, issuedAt, day })
    return run
  }

  /** Stores what the last run found to have come of earlier ones, and what its inputs were like. @throws WriterError */
  async storeScores(): Promise<void> {
    const scores = this.#unstored
    if (scores.length > 0) {
      await this.#store.score(scores)
      this.#unstored = this.#unstored.filter((score) => !scores.includes(score))
    }
    const inputs = this.#inputs
    if (inputs.length === 0) return
    await this.#tools.writer.call('forecasts.measureInputs', { at: this.#tools.clock.now(), inputs })
    this.#inputs = this.#inputs.filter((one) => !inputs.includes(one))
  }

  /** Of the version that serves alone: a candidate sees the same shop. */
  #observe({ model, version, scales }: ServingModel, issuedAt: number, rows: DemandRows): void {
    if (!scales || this.#tools.store) return
    const span = this.#tools.features.site().calendar.daySpan(dayName(this.#dayAt(issuedAt)))
    this.#inputs.push({ model, version, issuedAt, span, observed: observeInputs(rows, scales) })
  }

  /** What an earlier process issued. */
  #load(model: string, before: number): void {
    if (this.#loaded) return
    this.#loaded = true
    const { calendar } = this.#tools.features.site()
    for (const run of this.#store.runsSince(model, before - (SCORED_DAYS + 1) * DAY)) {
      const rows = [...this.#store.forecastsOf(run)]
      const levels = run.levels.length
      const raw = new Float32Array(rows.length * levels)
      rows.forEach((row, i) => {
        raw.set(row.raw.subarray(0, levels), i * levels)
      })
      const day = dayForecastAt(calendar, run.issuedAt)
      this.#issued.add(
        { ...run, day, entities: rows.map((row) => row.entity), raw },
        {
          actual: Float32Array.from(rows, (row) => row.actual ?? Number.NaN),
          censored: Uint8Array.from(rows, (row) => Number(row.censored)),
        },
      )
    }
  }

  /**
   * A version that is new here, or a device that was off at midnight, has no forecasts of some of the last days to learn
   * from. The model makes them now, from what was known before each of those days: honest for days after its training
   * data. Days within it are left to the bundle's warm-up, which comes from a network that had not seen them.
   */
  async #backcast(model: ServingModel, demand: DemandFeatures, day: number): Promise<void> {
    for (const past of this.#missing(model, day)) {
      const parts = await Promise.all(inferDemand(model, demand.at(past)))
      this.#issued.add({ ...joined(parts), model: model.model, version: model.version, issuedAt: null, day: past })
    }
  }

  /** Days before `day` of which there is no forecast to learn from. */
  #missing({ version, manifest }: ServingModel, day: number): number[] {
    const { levelDays, conformalDays } = manifest.definition.spec.calibration
    const trainedTo = dayNumber(manifest.lineage.dataset.to)
    const first = Math.max(day - Math.min(SCORED_DAYS, Math.max(levelDays, conformalDays)), trainedTo + 1)
    const days: number[] = []
    for (let past = first; past < day; past++) if (!this.#issued.has(version, past)) days.push(past)
    return days
  }

  #dayAt(issuedAt: number): number {
    return dayForecastAt(this.#tools.features.site().calendar, issuedAt)
  }

  /** Days to calibrate by: this version's own, and the bundle's warm-up for those it has not forecast here. */
  #history({ version, warmup }: ServingModel, day: number): ScoredDay[] {
    const own = this.#issued.scoredDays(version, day)
    if (this.#warm.of !== warmup) {
      this.#warm = { of: warmup, days: warmupDays(warmup, this.#tools.features.site().catalogue.site) }
    }
    const warm = this.#warm.days.filter((row) => row.day < day && !own.has(row.day))
    return [...warm, ...[...own.values()].flat()]
  }
}

function joined(parts: readonly DemandPart[]): Pick<IssuedRun, 'entities' | 'raw'> {
  const raw = new Float32Array(parts.reduce((sum, part) => sum + part.quantiles.length, 0))
  let at = 0
  for (const { quantiles } of parts) {
    raw.set(quantiles, at)
    at += quantiles.length
  }
  return { entities: parts.flatMap((part) => part.entities), raw }
}
