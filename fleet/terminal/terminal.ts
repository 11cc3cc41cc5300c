/** Where a program of ours talks: data goes to `out`, everything said to a person goes to `err`. */
export interface Terminal {
  out(text: string): void
  err(text: string): void
  /** A line that the next one replaces, on a terminal; said nowhere else, where it would only fill a log. */
  progress(text: string): void
}

/** The process's own streams. */
export function processTerminal(): Terminal {
  const { stdout, stderr } = process
  let pending = false
  const clear = () => {
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
      if (!stderr.isTTY) return
      clear()
      stderr.write(text.slice(0, Math.max(20, stderr.columns - 1)))
      pending = true
    },
  }
}
