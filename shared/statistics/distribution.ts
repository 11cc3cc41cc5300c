import type { SketchBins } from '../contracts/records.ts'
import { SKETCH_RELATIVE_ERROR } from '../windows/sketch.ts'

/** An empirical distribution: distinct values, ascending, and how many of each. */
export interface Distribution {
  readonly values: Float64Array
  readonly counts: Float64Array
  readonly total: number
}

/** @throws RangeError for NaN: what is not known is left out by the caller, who knows why */
export function ofSamples(samples: ArrayLike<number>): Distribution {
  const sorted = Float64Array.from(samples).sort()
  if (Number.isNaN(sorted.at(-1))) throw new RangeError('a sample holds NaN: leave unknown values out')
  const values = new Float64Array(sorted.length)
  const counts = new Float64Array(sorted.length)
  let distinct = 0
  for (const value of sorted) {
    if (distinct > 0 && values[distinct - 1] === value) counts[distinct - 1]!++
    else {
      values[distinct] = value
      counts[distinct++] = 1
    }
  }
  return { values: values.subarray(0, distinct), counts: counts.subarray(0, distinct), total: sorted.length }
}

/** A sketch's bins, each at the point that is within 1 % of all it holds. Values as sketched: steps from the centre. */
export function ofSketch(bins: SketchBins): Distribution {
  const { zero, positive, negative } = bins
  const size = negative.length + (zero > 0 ? 1 : 0) + positive.length
  const values = new Float64Array(size)
  const counts = new Float64Array(size)
  let [at, total] = [0, 0]
  const put = (value: number, count: number) => {
    values[at] = value
    counts[at++] = count
    total += count
  }
  for (let i = negative.length - 1; i >= 0; i--) put(-pointOf(negative[i]![0]), negative[i]![1])
  if (zero > 0) put(0, zero)
  for (const [index, count] of positive) put(pointOf(index), count)
  return { values, counts, total }
}

/** Walks the distinct values of both, ascending: counts up to and with each, and the distance to the next (0 at the last). */
export function walk(
  a: Distribution,
  b: Distribution,
  step: (below: { readonly a: number; readonly b: number }, gap: number) => void,
): void {
  const below = { a: 0, b: 0 }
  let [i, j] = [0, 0]
  const next = () => Math.min(a.values[i] ?? Number.POSITIVE_INFINITY, b.values[j] ?? Number.POSITIVE_INFINITY)
  for (let value = next(); value !== Number.POSITIVE_INFINITY; ) {
    if (a.values[i] === value) below.a += a.counts[i++]!
    if (b.values[j] === value) below.b += b.counts[j++]!
    const following = next()
    step(below, following === Number.POSITIVE_INFINITY ? 0 : following - value)
    value = following
  }
}

const GAMMA = (1 + SKETCH_RELATIVE_ERROR) / (1 - SKETCH_RELATIVE_ERROR)
const pointOf = (index: number) => (2 / (1 + GAMMA)) * GAMMA ** index
