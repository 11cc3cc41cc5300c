import type { Ratio } from './definitions.ts'

/** A figure with what it is made of. */
export interface Figure extends Ratio {
  /** Null: the denominator is 0. */
  readonly value: number | null
}

export const valued = ({ numerator, denominator }: Ratio): Figure => ({
  ...{ numerator, denominator, value: denominator === 0 ? null : numerator / denominator },
})
