import { MOST_STEPS, SELF_MEASURED, type SelfMeasuredName } from '@storecast/shared/contracts'
import { Sketch, toSteps } from '@storecast/shared/windows'

/** Observations of one self-measured series, as they cross to the writer: values in steps of its resolution. */
export interface Observed {
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly last: number
  readonly sketch: Uint8Array
  /** Left out: nothing can be said of them. */
  readonly missing: number
  /** Left out: no number, or beyond what sums hold exactly. */
  readonly outOfRange: number
}

/** Takes observations in, in the series' unit. */
export class Tally {
  readonly #resolution: number
  readonly #sketch = new Sketch()
  #count = 0
  #sum = 0
  #min = 0
  #max = 0
  #last = 0
  #outOfRange = 0
  /** Observations to leave out, since they say nothing. */
  missing = 0

  constructor(series: SelfMeasuredName) {
    this.#resolution = SELF_MEASURED[series].resolution
  }

  add(value: number): void {
    const steps = toSteps(value, this.#resolution)
    if (!(Math.abs(steps) <= MOST_STEPS)) {
      this.#outOfRange++
      return
    }
    this.#min = this.#count === 0 ? steps : Math.min(this.#min, steps)
    this.#max = this.#count === 0 ? steps : Math.max(this.#max, steps)
    this.#last = steps
    this.#count++
    this.#sum += steps
    this.#sketch.add(steps)
  }

  observed(): Observed {
    return {
      ...{ count: this.#count, sum: this.#sum, min: this.#min, max: this.#max, last: this.#last },
      ...{ sketch: this.#sketch.encode(), missing: this.missing, outOfRange: this.#outOfRange },
    }
  }
}
