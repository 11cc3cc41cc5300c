/** Index of the level nearest the median: the point forecast, which quantiles open up from. */
export function middleOf(levels: readonly number[]): number {
  let middle = 0
  levels.forEach((level, i) => {
    if (Math.abs(level - 0.5) < Math.abs(levels[middle]! - 0.5)) middle = i
  })
  return middle
}
