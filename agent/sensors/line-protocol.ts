/**
 * InfluxDB line protocol, the format Telegraf pushes: `measurement,tag=v,… field=v,… timestamp`.
 * Reads one body into points and names every line it had to refuse; the other lines stand (a partial write).
 */

export type FieldValue = number | boolean | string

export interface Point {
  /** 1-based line of the body on which the point starts. */
  readonly line: number
  readonly measurement: string
  readonly tags: ReadonlyMap<string, string>
  readonly fields: ReadonlyMap<string, FieldValue>
  /** Unix milliseconds, rounded down; null where the line carries no time. */
  readonly time: number | null
}

export interface RefusedLine {
  readonly line: number
  readonly reason: string
}

export type Precision = 'ns' | 'us' | 'ms' | 's'

/** How many of a unit make a millisecond; seconds are the exception, handled by `toMillis`. */
const PER_MILLISECOND: Readonly<Record<Exclude<Precision, 's'>, bigint>> = { ns: 1_000_000n, us: 1_000n, ms: 1n }

/** Beyond this a `Date` cannot hold the time. */
const MAX_MILLIS = 8_640_000_000_000_000

/** Characters of one point: bounds how far an open quote is followed. */
const MAX_POINT = 65_536

class Refusal extends Error {}

/**
 * @param body UTF-8 text, already size-capped.
 * @returns every well-formed point in order, and a reason for each refused line.
 */
export function decodeLineProtocol(body: string, precision: Precision): { points: Point[]; refused: RefusedLine[] } {
  const points: Point[] = []
  const refused: RefusedLine[] = []
  let line = 1
  for (const { text, newlines } of splitLines(body)) {
    const trimmed = text.trim()
    if (trimmed !== '' && !trimmed.startsWith('#')) {
      try {
        points.push(decodeLine(trimmed, line, precision))
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        refused.push({ line, reason: error.message })
      }
    }
    line += newlines
  }
  return { points, refused }
}

/** Splits at newlines outside of quoted field values: a string field may hold a newline. */
function* splitLines(body: string): Generator<{ text: string; newlines: number }> {
  let start = 0
  while (start <= body.length) {
    const first = indexOrEnd(body, '\n', start)
    const end = body[start] === '#' ? first : pointEnd(body, start, first)
    const text = body.slice(start, end)
    yield { text, newlines: text.split('\n').length }
    start = end + 1
  }
}

/** Where the point that starts here ends; a quote that nothing closes ends with its line, so that the next lines stand. */
function pointEnd(body: string, start: number, firstNewline: number): number {
  const limit = Math.min(body.length, start + MAX_POINT)
  let open = false
  for (let i = start; i < limit; i++) {
    const c = body[i]
    if (c === '\n' && !open) return i
    if (c === '\\' && body[i + 1] !== '\n') i++
    // Quotes mean something only as the start of a field value, that is after "=".
    else if (c === '"' && (open || body[i - 1] === '=')) open = !open
  }
  return limit === body.length && !open ? limit : firstNewline
}

function indexOrEnd(text: string, char: string, from: number): number {
  const at = text.indexOf(char, from)
  return at < 0 ? text.length : at
}

function decodeLine(text: string, line: number, precision: Precision): Point {
  const scan = new Scanner(text)
  const measurement = scan.word(', ', 'measurement')
  const tags = new Map<string, string>()
  while (scan.take(',')) {
    const key = scan.word('=, ', 'tag key')
    if (!scan.take('=')) throw new Refusal(`tag "${key}" has no value; write ${key}=value`)
    tags.set(key, scan.word(', ', `value of tag "${key}"`))
  }
  scan.spaces('fields')
  const fields = new Map<string, FieldValue>()
  do {
    const key = scan.word('=, ', 'field key')
    if (!scan.take('=')) throw new Refusal(`field "${key}" has no value; write ${key}=value`)
    fields.set(key, scan.fieldValue(key))
  } while (scan.take(','))
  const rest = scan.rest()
  if (rest !== '' && !rest.startsWith(' '))
    throw new Refusal(`"${rest.slice(0, 40)}" after the fields; a comma or a space goes there`)
  const stamp = rest.trim()
  return { line, measurement, tags, fields, time: stamp === '' ? null : toMillis(stamp, precision) }
}

/** Nanosecond stamps exceed 2^53: BigInt until they are milliseconds. */
function toMillis(stamp: string, precision: Precision): number {
  if (!/^-?\d{1,19}$/.test(stamp))
    throw new Refusal(`timestamp "${stamp.slice(0, 40)}" is not an integer of up to 19 digits`)
  const value = BigInt(stamp)
  const millis = precision === 's' ? value * 1000n : floorDiv(value, PER_MILLISECOND[precision])
  const time = Number(millis)
  if (Math.abs(time) > MAX_MILLIS)
    throw new Refusal(`timestamp ${stamp} lies outside of the calendar; is precision=${precision} right?`)
  return time
}

const floorDiv = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((-a + b - 1n) / b))

class Scanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at++
    return true
  }

  spaces(before: string): void {
    if (!this.take(' ')) throw new Refusal(`a space and the ${before} are missing`)
    while (this.take(' '));
  }

  rest(): string {
    return this.#text.slice(this.#at)
  }

  /** A name up to one of the stop characters; a backslash keeps the stop character, "=" and itself. */
  word(stops: string, what: string): string {
    let out = ''
    while (this.#at < this.#text.length) {
      const c = this.#text[this.#at]!
      if (c === '\\' && ', =\\'.includes(this.#text[this.#at + 1] ?? '')) {
        out += this.#text[this.#at + 1] ?? '\\'
        this.#at += 2
      } else if (stops.includes(c)) {
        break
      } else {
        out += c
        this.#at++
      }
    }
    if (out === '') throw new Refusal(`${what} is empty`)
    return out
  }

  fieldValue(key: string): FieldValue {
    if (this.take('"')) return this.#quoted(key)
    const start = this.#at
    while (this.#at < this.#text.length && !', '.includes(this.#text[this.#at]!)) this.#at++
    const raw = this.#text.slice(start, this.#at)
    if (/^(?:t|T|true|True|TRUE)$/.test(raw)) return true
    if (/^(?:f|F|false|False|FALSE)$/.test(raw)) return false
    const digits = /^-?\d+[iu]$/.test(raw) ? raw.slice(0, -1) : raw
    if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(digits) || (raw.endsWith('u') && raw.startsWith('-'))) {
      throw new Refusal(`field "${key}": "${raw.slice(0, 40)}" is not a number, boolean or quoted text`)
    }
    const value = Number(digits)
    if (!Number.isFinite(value))
      throw new Refusal(`field "${key}": ${raw.slice(0, 40)} is too large for a 64-bit float`)
    return value
  }

  #quoted(key: string): string {
    let out = ''
    while (this.#at < this.#text.length) {
      const c = this.#text[this.#at++]!
      if (c === '"') return out
      if (c === '\\' && '"\\'.includes(this.#text[this.#at] ?? '')) out += this.#text[this.#at++] ?? ''
      else out += c
    }
    throw new Refusal(`field "${key}": the quoted text does not end`)
  }
}
