import type { SketchBins } from '../contracts/records.ts'
import { indexOf, upperEdge } from '../windows/sketch.ts'

/**
 * Bins of a frozen reference. Each ends where a bin of the sketch ends, so that counts of a sketch are exact: the index of
 * bins is by a sketch bin's *rank*, negative sides included. Steps of the resolution from the centre, v:
 * rank −(i + 1) for negative bin i, 0 for v = 0, i + 1 for positive bin i; |v| ≥ 1 step, so that i ≥ 0.
 */

const BINS = 10

/** The rank of a value, in whole steps from the centre. */
export function rankOf(steps: number): number {
  return steps === 0 ? 0 : Math.sign(steps) * (indexOf(Math.abs(steps)) + 1)
}

/** The largest value of a rank, in the unit that `resolution` and `centre` are in. */
export function edgeOf(rank: number, { resolution, centre }: { resolution: number; centre: number }): number {
  if (rank === 0) return centre
  return centre + resolution * (rank > 0 ? upperEdge(rank - 1) : -upperEdge(-rank - 2))
}

/** A sketch of what is known by rank. @param counts by rank, each once, in any order */
export function ofRanks(counts: Iterable<readonly [rank: number, count: number]>): SketchBins {
  const ordered = [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => a - b)
  return {
    zero: ordered.find(([rank]) => rank === 0)?.[1] ?? 0,
    positive: ordered.filter(([rank]) => rank > 0).map(([rank, count]) => [rank - 1, count] as const),
    negative: ordered
      .filter(([rank]) => rank < 0)
      .map(([rank, count]) => [-rank - 1, count] as const)
      .reverse(),
  }
}

/** A sketch's bins by rank, ascending. */
export function ranksOf({ zero, positive, negative }: SketchBins): (readonly [rank: number, count: number])[] {
  return [
    ...negative.map(([index, count]) => [-index - 1, count] as const).reverse(),
    ...(zero > 0 ? [[0, zero] as const] : []),
    ...positive.map(([index, count]) => [index + 1, count] as const),
  ]
}

/**
 * Last ranks of all bins but the last, ascending: at the deciles, fewer where few values are taken. No bin holds less than
 * half of a tenth: what is hardly ever seen says nothing of a small sample.
 */
export function cutsOf(reference: SketchBins, bins = BINS): number[] {
  const ranks = ranksOf(reference)
  const total = ranks.reduce((sum, [, count]) => sum + count, 0)
  const least = total / bins / 2
  const cuts: number[] = []
  let [below, cutAt, next] = [0, 0, 1]
  for (const [rank, count] of ranks) {
    below += count
    if (below * bins < next * total || below - cutAt < least || total - below < least) continue
    cuts.push(rank)
    cutAt = below
    next = Math.floor((below * bins) / total) + 1
  }
  return cuts
}

/** The rank in the middle of each bin's values: what stands for the bin where its count alone is known. */
export function pointsOf(reference: SketchBins, cuts: readonly number[]): number[] {
  const inBins = binCounts(reference, cuts)
  const points: number[] = []
  let [bin, below] = [0, 0]
  for (const [rank, count] of ranksOf(reference)) {
    if (bin < cuts.length && rank > cuts[bin]!) [bin, below] = [bin + 1, 0]
    below += count
    if (points.length === bin && 2 * below >= inBins[bin]!) points.push(rank)
  }
  return points
}

/** How many of the sketch's values lie in each of the `cuts.length + 1` bins. */
export function binCounts(sketch: SketchBins, cuts: readonly number[]): number[] {
  const counts = new Array<number>(cuts.length + 1).fill(0)
  const { zero, positive, negative } = sketch
  let bin = 0
  const put = (rank: number, count: number) => {
    while (bin < cuts.length && rank > cuts[bin]!) bin++
    counts[bin]! += count
  }
  for (let i = negative.length - 1; i >= 0; i--) put(-negative[i]![0] - 1, negative[i]![1])
  if (zero > 0) put(0, zero)
  for (const [index, count] of positive) put(index + 1, count)
  return counts
}

/**
 * Shares with half a count more in every bin (H. Jeffreys' prior of a multinomial): an empty bin stays finite, and the PSI
 * of small samples keeps its χ² law.
 *
 * @param effect what a row is short of an independent one (the design effect): the prior weighs half an independent row
 */
export function sharesOf(counts: readonly number[], effect = 1): number[] {
  const half = effect / 2
  const total = counts.reduce((sum, count) => sum + count + half, 0)
  return counts.map((count) => (count + half) / total)
}
