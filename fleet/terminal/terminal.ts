/** Where a program of ours talks: data goes to `out`, everything said to a person goes to `err`. */
export interface Terminal {
  out(text: string): void
  err(text: string): void
  /** A line that the next one replaces, on a terminal; elsewhere one is said now and then, as a sign of life. */
  progress(text: string): void
  /** Draws lines in place of those drawn before; where the standard output is a terminal. What comes next goes below. */
  readonly frame?: (lines: readonly string[]) => void
  /** Whether a colour may be used on the standard output: on a terminal, without NO_COLOR. */
  readonly isColoured?: boolean
}

/** Milliseconds between two lines of progress in a log. */
const SIGN_OF_LIFE = 10_000

/** The process's own streams. */
export function processTerminal(): Terminal {
  const { stdout, stderr } = process
  let pending = false
  let said = performance.now()
  const clear = () => {
    said = performance.now()
    if (pending) stderr.write('\r\x1b[2K')
    pending = false
  }
  // Lines of the newest frame, which a next one goes up over.
  let drawn = 0
  const frame = (lines: readonly string[]) => {
    clear()
    const fitting = lines.slice(0, Math.max(1, stdout.rows - 1)).map((line) => clipped(line, stdout.columns - 1))
    stdout.write(`${drawn > 0 ? `\x1b[${drawn}A\x1b[0J` : ''}${fitting.join('\n')}\n`)
    drawn = fitting.length
  }
  return {
    ...(stdout.isTTY && { frame, isColoured: stdout.hasColors() }),
    out(text) {
      clear()
      drawn = 0
      stdout.write(`${text}\n`)
    },
    err(text) {
      clear()
      drawn = 0
      stderr.write(`${text}\n`)
    },
    progress(text) {
      if (!stderr.isTTY) {
        if (performance.now() - said < SIGN_OF_LIFE) return
        said = performance.now()
        stderr.write(`${text}\n`)
        return
      }
      clear()
      stderr.write(text.slice(0, Math.max(20, stderr.columns - 1)))
      pending = true
    },
  }
}

/** At most so many columns of the line; what colours it takes none. */
export function clipped(line: string, columns: number): string {
  let left = Math.max(1, columns)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with an escape.
  return [...line.matchAll(/\x1b\[[\d;]*m|[^\x1b]/gu)]
    .map(([part]) => (part.startsWith('\x1b') || left-- > 0 ? part : ''))
    .join('')
}
