/** A part of a bar: so much of it in this character. */
export interface Part {
  readonly amount: number
  readonly fill: string
}

/**
 * A bar of `width` columns in which each part has its share of `whole`, what is left in dots. A part that is there at all
 * gets a column, as long as there are enough of them.
 */
export function stackedBar(parts: readonly Part[], whole: number, width: number): string {
  const there = parts.filter(({ amount }) => amount > 0)
  let bar = ''
  let sum = 0
  for (const [at, { amount, fill }] of there.entries()) {
    sum += amount
    const later = there.length - at - 1
    const end = Math.min(width - later, Math.max(bar.length + 1, Math.round((sum / Math.max(whole, 1)) * width)))
    bar += fill.repeat(Math.max(0, end - bar.length))
  }
  return bar + '·'.repeat(Math.max(0, width - bar.length))
}

export interface Interval {
  readonly lower: number
  readonly value: number
  readonly upper: number
  /** What the upper bound is held against. */
  readonly margin: number
}

/** Columns of a scale from −most to +most. */
const columnOf = (value: number, most: number, width: number) =>
  Math.min(width - 1, Math.max(0, Math.round(((value + most) / (2 * most)) * (width - 1))))

/**
 * An interval on a scale around zero: `┝━●━┥` are the bounds and the value, `┼` is zero, `┊` the margin; an arrow in
 * place of a bound says that it lies beyond the scale, which reaches to three margins at most.
 */
export function intervalLine({ lower, value, upper, margin }: Interval, width: number): { line: string; most: number } {
  const most = Math.min(3 * margin, Math.max(1.5 * margin, 1.1 * Math.max(Math.abs(lower), Math.abs(upper))))
  const cells = Array.from({ length: width }, () => '─')
  const put = (at: number, mark: string) => {
    cells[columnOf(at, most, width)] = mark
  }
  for (let at = columnOf(lower, most, width); at <= columnOf(upper, most, width); at++) cells[at] = '━'
  put(0, '┼')
  put(margin, '┊')
  put(lower, lower < -most ? '◀' : '┝')
  put(upper, upper > most ? '▶' : '┥')
  put(value, '●')
  return { line: cells.join(''), most }
}
