/** Comma-separated values by RFC 4180: quoted fields may hold delimiters, doubled quotes and line ends. */

/** A line above this is not a row but a file of another kind, or an open quote. */
const LONGEST_ROW = 65_536

export class CsvError extends Error {
  readonly code: 'row-too-long'
  /** 1-based, counted in rows with the header. */
  readonly row: number
  constructor(row: number, message: string) {
    super(message)
    this.name = 'CsvError'
    this.code = 'row-too-long'
    this.row = row
  }
}

/** Splits text that comes in portions into rows of fields. Empty lines are passed over. */
export class CsvRows {
  readonly #delimiter: string
  #rest = ''
  #rows = 0

  constructor(delimiter = ',') {
    this.#delimiter = delimiter
  }

  /**
   * The rows that this portion completes.
   * @throws CsvError where a row does not end
   */
  push(text: string): string[][] {
    return this.#take(this.#rest + text, false)
  }

  /** The last row, where no line end follows it. */
  end(): string[][] {
    return this.#take(this.#rest, true)
  }

  #take(text: string, last: boolean): string[][] {
    const rows: string[][] = []
    let start = text.charCodeAt(0) === 0xfeff && this.#rows === 0 ? 1 : 0
    while (start < text.length) {
      const newline = text.indexOf('\n', start)
      const quote = text.indexOf('"', start)
      const plain = quote < 0 || (newline >= 0 && quote > newline)
      const end = plain ? newline : endOfQuotedRow(text, quote)
      if (end < 0 && !last) break
      const line = text.slice(start, end < 0 ? text.length : end).replace(/\r$/, '')
      if (line !== '') {
        this.#checkLength(line)
        rows.push(plain ? line.split(this.#delimiter) : splitQuoted(line, this.#delimiter))
        this.#rows++
      }
      start = end < 0 ? text.length : end + 1
    }
    this.#rest = last ? '' : text.slice(start)
    this.#checkLength(this.#rest)
    return rows
  }

  #checkLength(line: string): void {
    if (line.length <= LONGEST_ROW) return
    const row = this.#rows + 1
    throw new CsvError(row, `row ${row} is over ${LONGEST_ROW} characters; does a quote in it not end?`)
  }
}

/** The first line end outside of quotes, or −1. @param quote where the row's first quote is */
function endOfQuotedRow(text: string, quote: number): number {
  let inside = false
  for (let i = quote; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 34) inside = !inside
    else if (c === 10 && !inside) return i
  }
  return -1
}

function splitQuoted(line: string, delimiter: string): string[] {
  const fields: string[] = []
  let field = ''
  let inside = false
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!
    if (c === '"') {
      if (inside && line[i + 1] === '"') field += line[i++]
      else inside = !inside
    } else if (c === delimiter && !inside) {
      fields.push(field)
      field = ''
    } else field += c
  }
  fields.push(field)
  return fields
}
