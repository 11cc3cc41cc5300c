import { type ForecastRun, forecastsOf, runsCovering } from '../forecasts/index.ts'
import type { Connection } from '../platform/database.ts'

/** Step by step, the middle quantile of one run for one sensor. */
interface Steps {
  readonly start: number
  readonly end: number
  readonly middle: Float32Array
}

/** Sensors of which the newest runs are kept at hand. */
const MOST_AT_HAND = 512

/**
 * What the newest `sensor` model forecast before a time for the step that it is in. Nothing that was issued later is
 * looked at.
 */
export class ModelForecasts {
  readonly #db: Connection
  readonly #steps = new Map<string, Steps | undefined>()
  #runs: readonly ForecastRun[] = []
  #runsAt = Number.NaN

  constructor(db: Connection) {
    this.#db = db
  }

  /** @returns undefined where no model forecast this sensor for this time */
  at(sensor: string, time: number): number | undefined {
    // Windows of many sensors end together: their runs are looked for once.
    if (this.#runsAt !== time) {
      this.#runs = runsCovering(this.#db, time)
      this.#runsAt = time
    }
    for (const run of this.#runs) {
      const steps = this.#stepsOf(run, sensor)
      if (!steps) continue
      const step = Math.floor(((time - steps.start) / (steps.end - steps.start)) * steps.middle.length)
      return steps.middle[step]
    }
    return undefined
  }

  #stepsOf(run: ForecastRun, sensor: string): Steps | undefined {
    const key = `${run.model} ${run.issuedAt} ${sensor}`
    if (this.#steps.has(key)) return this.#steps.get(key)
    if (this.#steps.size >= MOST_AT_HAND) this.#steps.clear()
    const steps = readSteps(this.#db, run, sensor)
    this.#steps.set(key, steps)
    return steps
  }
}

function readSteps(db: Connection, run: ForecastRun, sensor: string): Steps | undefined {
  const [forecast] = forecastsOf(db, run, { entity: sensor })
  if (!forecast) return undefined
  const levels = run.levels.length
  const at = Math.floor(levels / 2)
  const middle = Float32Array.from(
    { length: forecast.profile.length / levels },
    (_, step) => forecast.profile[step * levels + at]!,
  )
  return { start: run.start, end: run.end, middle }
}
