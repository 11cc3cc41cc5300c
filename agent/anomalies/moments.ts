/** Readings before which nothing is standardised, and before which nothing is clipped. */
const WARM_UP = 30
const SETTLED = 100
/** Deviations beyond this many standard deviations count as so many: one outlier must not hide the next. */
const CLIP = 5
/** Keeps a flat line's zero deviation from being divided by. */
const EPSILON = 1e-9

/**
 * Mean and variance of a stream, exponentially weighted (West, 1979; Finch, "Incremental calculation of weighted mean and
 * variance", 2009), each observation clipped. The first `memory` observations weigh alike.
 */
export class Moments {
  readonly #memory: number
  #mean = 0
  #variance = 0
  #count = 0

  /** @param memory observations of which the weights come to a sum */
  constructor(memory: number) {
    this.#memory = memory
  }

  /** How many standard deviations x lies from the mean of what came before it; 0 while too little has come. */
  distance(x: number): number {
    if (this.#count <= WARM_UP) return 0
    return Math.abs(x - this.#mean) / (Math.sqrt(this.#variance) + EPSILON)
  }

  /** x, no farther from the mean than an outlier counts. */
  clipped(x: number): number {
    const widest = this.#count > SETTLED ? CLIP * Math.sqrt(this.#variance) : Infinity
    return this.#mean + Math.max(-widest, Math.min(widest, x - this.#mean))
  }

  add(x: number): void {
    const deviation = this.clipped(x) - this.#mean
    this.#count++
    const weight = Math.max(1 / this.#count, 1 / this.#memory)
    this.#mean += weight * deviation
    this.#variance = (1 - weight) * (this.#variance + weight * deviation * deviation)
  }
}
