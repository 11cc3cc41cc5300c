import type { ScoredDay } from '@storecast/shared/forecasts'
import type { ScoreForecasts } from './procedures.ts'

/** What came of a forecast; units are NaN where that is not known. */
export interface Outcome {
  readonly units: number
  readonly censored: boolean
}

/** Outcomes of one span; `state` is another object whenever one of them may have changed. */
export interface Outcomes {
  readonly state: object
  sold(entity: string): Outcome
}

/** The forecasts of one run, as far as scoring and calibration need them. */
export interface IssuedRun {
  readonly model: string
  readonly version: number
  /** Null: made afterwards, for calibration alone; nothing of it is stored. */
  readonly issuedAt: number | null
  /** The local day forecast, in days since 1970-01-01. */
  readonly day: number
  readonly entities: readonly string[]
  /** As the model gave them, [N×Q]. */
  readonly raw: Float32Array
}

interface Entry extends IssuedRun {
  readonly actual: Float32Array
  readonly censored: Uint8Array
  /** Of the outcomes that were last looked at. */
  state: object | undefined
  /** Built when asked for, dropped when an outcome changes. */
  scored: readonly ScoredDay[] | undefined
}

/**
 * A model's forecasts of the last days with what came of them: what is to be scored, and what calibration learns from.
 * Outcomes that change later (a reading that came late) are scored again.
 */
export class Issued {
  readonly #keepDays: number
  #entries: Entry[] = []

  constructor({ keepDays }: { keepDays: number }) {
    this.#keepDays = keepDays
  }

  /** Takes in a run, with the outcomes that are stored already. A later one of the same version and day replaces it. */
  add(run: IssuedRun, stored?: { readonly actual: Float32Array; readonly censored: Uint8Array }): void {
    const count = run.entities.length
    const outcome = stored ?? {
      actual: new Float32Array(count).fill(Number.NaN),
      censored: new Uint8Array(count),
    }
    const same = ({ version, day }: Entry) => version === run.version && day === run.day
    const kept = ({ day }: Entry) => day > run.day - this.#keepDays
    this.#entries = this.#entries.filter((entry) => kept(entry) && !same(entry))
    this.#entries.push({ ...run, ...outcome, state: undefined, scored: undefined })
  }

  has(version: number, day: number): boolean {
    return this.#entries.some((entry) => entry.version === version && entry.day === day)
  }

  /**
   * Compares the days before `day` with their outcomes.
   * @returns what is new or different, to be stored
   */
  score(outcomesOf: (day: number) => Outcomes | undefined, { day, at }: { day: number; at: number }): ScoreForecasts[] {
    return this.#entries.flatMap((entry) => {
      const outcomes = entry.day < day ? outcomesOf(entry.day) : undefined
      if (!outcomes || outcomes.state === entry.state) return []
      entry.state = outcomes.state
      return scoreEntry(entry, outcomes, at)
    })
  }

  /** Forecasts of one version with what came of them, by day, before `day`. */
  scoredDays(version: number, day: number): Map<number, readonly ScoredDay[]> {
    const days = new Map<number, readonly ScoredDay[]>()
    for (const entry of this.#entries) {
      if (entry.version !== version || entry.day >= day) continue
      entry.scored ??= scoredDaysOf(entry)
      if (entry.scored.length > 0) days.set(entry.day, entry.scored)
    }
    return days
  }
}

function scoreEntry(entry: Entry, { sold }: Outcomes, at: number): ScoreForecasts[] {
  const changed: number[] = []
  entry.entities.forEach((entity, i) => {
    const { units, censored } = sold(entity)
    // As it will be stored and compared again: in single precision.
    const value = Math.fround(units)
    const flag = Number(censored && !Number.isNaN(value))
    if (Object.is(value, entry.actual[i]) && flag === entry.censored[i]) return
    entry.actual[i] = value
    entry.censored[i] = flag
    changed.push(i)
  })
  if (changed.length === 0) return []
  entry.scored = undefined
  const { model, version, issuedAt } = entry
  if (issuedAt === null) return []
  return [
    {
      ...{ model, version, issuedAt, scoredAt: at },
      entities: changed.map((i) => entry.entities[i]!),
      actual: Float32Array.from(changed, (i) => entry.actual[i]!),
      censored: Uint8Array.from(changed, (i) => entry.censored[i]!),
    },
  ]
}

function scoredDaysOf({ day, entities, raw, actual, censored }: Entry): ScoredDay[] {
  const levels = raw.length / entities.length
  const rows: ScoredDay[] = []
  for (let i = 0; i < entities.length; i++) {
    if (Number.isNaN(actual[i]!)) continue
    const quantiles = raw.subarray(i * levels, (i + 1) * levels)
    rows.push({ day, quantiles, actual: actual[i]!, censored: censored[i] === 1 })
  }
  return rows
}
