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
