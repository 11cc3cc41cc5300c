export const WEEK_MS = 7 * 86_400_000
/** Observations over which the level is followed that stands in for a slot not seen yet. */
const LEVEL_MEMORY = 2000

/**
 * The forecast where no model gives one: what a series usually is at this time of the week, as an exponentially weighted mean
 * of what was observed in its slot. Seasonal-naive forecasting is the special case of weight 1.
 */
export class WeekForecast {
  readonly #slotMs: number
  readonly #weight: number
  readonly #usual: Float32Array
  readonly #seen: Uint8Array
  #level = 0
  #count = 0

  /** @param slotMs length of a slot, of which a whole number make a week. @param weight of the newest observation */
  constructor({ slotMs, weight }: { readonly slotMs: number; readonly weight: number }) {
    this.#slotMs = slotMs
    this.#weight = weight
    const slots = Math.round(WEEK_MS / slotMs)
    this.#usual = new Float32Array(slots)
    this.#seen = new Uint8Array(slots)
  }

  /** What is expected at a time, of which nothing has been learned yet; undefined before the first observation. */
  at(localMs: number): number | undefined {
    if (this.#count === 0) return undefined
    const slot = this.#slotOf(localMs)
    return this.#seen[slot]! > 0 ? this.#usual[slot]! : this.#level
  }

  learn(localMs: number, value: number): void {
    this.#count++
    this.#level += (value - this.#level) * Math.max(1 / this.#count, 1 / LEVEL_MEMORY)
    const slot = this.#slotOf(localMs)
    const seen = Math.min(255, this.#seen[slot]! + 1)
    this.#seen[slot] = seen
    this.#usual[slot]! += (value - this.#usual[slot]!) * Math.max(1 / seen, this.#weight)
  }

  #slotOf(localMs: number): number {
    return Math.floor((((localMs % WEEK_MS) + WEEK_MS) % WEEK_MS) / this.#slotMs)
  }
}
