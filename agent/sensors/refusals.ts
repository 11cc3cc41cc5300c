import type { Reading } from './reading.ts'

/**
 * Why something that arrived was not stored as a reading. Where its series is known, it is counted in a window as well; of
 * the others nothing is kept.
 */
export type RefusalCause =
  | 'bad-payload'
  | 'too-large'
  | 'unknown-sensor'
  | 'not-a-number'
  | 'wrong-unit'
  | 'out-of-range'
  | 'bad-time'
  | 'bad-entity'
  | 'bad-id'
  | 'too-many-series'

export interface Refusal {
  readonly cause: RefusalCause
  /** What was wrong, where, and what to do. */
  readonly message: string
  /** Of what came for a known series: what its window counts. */
  readonly counted?: Reading
}

export interface RefusalCount {
  readonly source: string
  readonly cause: RefusalCause
  readonly count: number
  /** The newest message of this kind. */
  readonly message: string
}

/** Counts refusals by source and cause: a bounded number of rows, whatever arrives. */
export class Refusals {
  readonly #counts = new Map<string, { source: string; cause: RefusalCause; count: number; message: string }>()

  count(source: string, { cause, message }: Refusal): void {
    const key = `${source} ${cause}`
    const row = this.#counts.get(key)
    if (row) {
      row.count++
      row.message = message
    } else this.#counts.set(key, { source, cause, count: 1, message })
  }

  all(): readonly RefusalCount[] {
    return [...this.#counts.values()].map((row) => ({ ...row }))
  }
}
