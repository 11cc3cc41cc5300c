import type { SketchBins } from '../contracts/records.ts'
import { type Distribution, ofSketch, walk } from './distribution.ts'

/**
 * Area under the ROC curve: P(score of a positive > of a negative) + ½ P(equal), the Mann–Whitney U over n·m (J. A. Hanley,
 * B. J. McNeil, Radiology 143 (1982)); NaN without both classes. Equal to `scipy.stats.mannwhitneyu(p, n).statistic / (n·m)`.
 */
export function auc(positives: Distribution, negatives: Distribution): number {
  let sum = 0
  const before = { a: 0, b: 0 }
  walk(positives, negatives, (below) => {
    sum += (below.a - before.a) * (before.b + (below.b - before.b) / 2)
    before.a = below.a
    before.b = below.b
  })
  return sum / (positives.total * negatives.total)
}

/** The same of two sketches of one grid: within a bin the order is not known, half of its pairs either way are the bound. */
export function aucOfSketches(
  positives: SketchBins,
  negatives: SketchBins,
): { readonly value: number; readonly bound: number } {
  const [a, b] = [ofSketch(positives), ofSketch(negatives)]
  let pairs = 0
  const before = { a: 0, b: 0 }
  walk(a, b, (below) => {
    pairs += (below.a - before.a) * (below.b - before.b)
    before.a = below.a
    before.b = below.b
  })
  return { value: auc(a, b), bound: pairs / (2 * a.total * b.total) }
}
