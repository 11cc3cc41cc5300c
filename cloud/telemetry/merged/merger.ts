import type { WindowQuality } from '@storecast/shared/contracts'
import { NO_QUALITY, Sketch, type Span } from '@storecast/shared/windows'

/** A window as its row has it; values in whole steps. */
export interface WindowRow extends WindowQuality {
  readonly series: number
  readonly start: number
  readonly end: number
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly last: number
  readonly sketch: Uint8Array
}

/** What windows of one scale come to; values in whole steps. */
export interface Merged {
  /** Of the first and the last window, hour or day that was merged. */
  readonly start: number
  readonly end: number
  /** How many series it is over. */
  readonly series: number
  /** Exact below 2^53, as is the sum. */
  readonly count: number
  readonly sum: number
  /** Null where nothing was counted. */
  readonly min: number | null
  readonly max: number | null
  /** Of the window that ends last. */
  readonly last: number | null
  /** Of (value − centre): quantiles within 1 %. */
  readonly sketch: Sketch
  readonly quality: WindowQuality
}

const FAULTS = Object.keys(NO_QUALITY) as (keyof WindowQuality)[]

/** Merges windows one after the other, in any order; they are of one scale and do not overlap within a series. */
export class Merger {
  readonly #series = new Set<number>()
  readonly #sketch = new Sketch()
  readonly #quality: { -readonly [K in keyof WindowQuality]: number } = { ...NO_QUALITY }
  #start = Infinity
  #end = -Infinity
  #count = 0
  #sum = 0
  #min = Infinity
  #max = -Infinity
  #last = 0
  #lastEnd = -Infinity

  /** @param span of the hour or day that the row is a part of; without, its own */
  add(row: WindowRow, span: Span = row): void {
    this.#series.add(row.series)
    this.#start = Math.min(this.#start, span.start)
    this.#end = Math.max(this.#end, span.end)
    for (const fault of FAULTS) this.#quality[fault] += row[fault]
    if (row.count === 0) return
    this.#count += row.count
    this.#sum += row.sum
    this.#min = Math.min(this.#min, row.min)
    this.#max = Math.max(this.#max, row.max)
    if (row.end >= this.#lastEnd) [this.#last, this.#lastEnd] = [row.last, row.end]
    this.#sketch.merge(Sketch.decode(row.sketch))
  }

  result(): Merged {
    const some = this.#count > 0
    return {
      start: this.#start,
      end: this.#end,
      series: this.#series.size,
      count: this.#count,
      sum: this.#sum,
      min: some ? this.#min : null,
      max: some ? this.#max : null,
      last: some ? this.#last : null,
      sketch: this.#sketch,
      quality: { ...this.#quality },
    }
  }
}
