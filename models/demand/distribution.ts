import type { Reference } from '@storecast/shared/contracts'

/** Bins of the frozen reference: deciles, fewer where a feature takes few values. */
const BINS = 10

/** Mean and standard deviation by column of `values` [M×F], leaving out what is not known (NaN). */
export function columnMoments(values: Float32Array, width: number): { mean: Float64Array; sd: Float64Array } {
  const count = new Float64Array(width)
  const mean = new Float64Array(width)
  const squares = new Float64Array(width)
  // Welford's update: stable where the mean is large beside the spread.
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!
    if (Number.isNaN(value)) continue
    const f = at % width
    count[f]!++
    const before = value - mean[f]!
    mean[f]! += before / count[f]!
    squares[f]! += before * (value - mean[f]!)
  }
  return { mean, sd: squares.map((sum, f) => (count[f]! > 0 ? Math.sqrt(sum / count[f]!) : 0)) }
}

/** Replaces what is not known by the column's fill, in place. */
export function fillUnknown(values: Float32Array, fill: ArrayLike<number>): void {
  for (let at = 0; at < values.length; at++) if (Number.isNaN(values[at])) values[at] = fill[at % fill.length]!
}

/** The distribution of every column, frozen: what drift is measured against. */
export function referenceOf(values: Float32Array, names: readonly string[]): Reference {
  const width = names.length
  const rows = values.length / width
  const { mean, sd } = columnMoments(values, width)
  const features = names.map((name, f) => {
    const sorted = Float32Array.from({ length: rows }, (_, i) => values[i * width + f]!).sort()
    const edges = inner(sorted)
    const counts = new Array<number>(edges.length + 1).fill(0)
    let bin = 0
    for (const value of sorted) {
      while (bin < edges.length && value > edges[bin]!) bin++
      counts[bin]!++
    }
    return { name, mean: mean[f]!, sd: sd[f]!, edges, counts }
  })
  return { format: 1, rows, features }
}

/** Distinct inner edges at the deciles; the highest value is no edge, the bin above it would be empty. */
function inner(sorted: Float32Array): number[] {
  const edges = new Set<number>()
  for (let k = 1; k < BINS; k++) {
    const edge = sorted[Math.floor((sorted.length * k) / BINS)]
    if (edge !== undefined && edge < sorted.at(-1)!) edges.add(edge)
  }
  return [...edges]
}
