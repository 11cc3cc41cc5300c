/** Where a program of ours talks: data goes to `out`, everything said to a person goes to `err`. */
export interface Terminal {
  out(text: string): void
  err(text: string): void
  /** A line that the next one replaces, on a terminal; elsewhere one is said now and then, as a sign of life. */
  progress(text: string): void
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
  return {
    out(text) {
      clear()
      stdout.write(`${text}\n`)
    },
    err(text) {
      clear()
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
