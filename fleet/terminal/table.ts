/**
 * Rows of cells as aligned lines, the header first. Columns of numbers are set flush right, the others flush left.
 */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const texts = rows.map((row) => row.map(String))
  const widths = header.map((title, at) => Math.max(width(title), ...texts.map((row) => width(row[at] ?? ''))))
  const numeric = header.map(
    (_, at) => rows.length > 0 && texts.every((row) => /^[-+−]?[\d.,]+ ?[%a-zA-Z]*$|^[–-]?$/.test(row[at] ?? '')),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => {
        const space = ' '.repeat(widths[at]! - width(cell))
        return numeric[at] ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd()
  return [line(header), line(widths.map((n) => '─'.repeat(n))), ...texts.map(line)]
}

/** Characters that a terminal gives one column each: all that we print. */
const width = (text: string): number => [...text].length

const BARS = '▁▂▃▄▅▆▇█'

/** One block a value, between zero and `most` (by default the largest value); not known: a space. */
export function sparkline(
  values: readonly (number | null)[],
  most = Math.max(...values.map((value) => value ?? 0)),
): string {
  return values
    .map((value) => {
      if (value === null) return ' '
      const share = most > 0 ? value / most : 0
      return BARS[Math.min(BARS.length - 1, Math.max(0, Math.floor(share * BARS.length)))]
    })
    .join('')
}

/** `26.4 %`. */
export const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`
