import { type Logger, pino } from 'pino'

export type { Logger }

export interface LoggerOptions {
  readonly level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Bound to every line, e.g. `{ device: 'shop-7' }`. */
  readonly bindings?: Record<string, string>
  /** Of the work that a line is part of. */
  readonly fields?: () => object
  /** Sees every line too. */
  readonly recent?: { write(line: string): void }
}

/**
 * One JSON line a record, to standard output. Synchronous: pino's transports run in a worker whose death grows memory, and
 * a line that was logged must be out before the process dies of what it tells.
 */
export function createLogger({ level = 'info', bindings = {}, fields, recent }: LoggerOptions = {}): Logger {
  const out = pino.destination({ dest: 1, sync: true })
  const destination = recent
    ? {
        write(line: string) {
          out.write(line)
          recent.write(line)
        },
      }
    : out
  return pino(
    { level, base: bindings, timestamp: pino.stdTimeFunctions.isoTime, ...(fields && { mixin: fields }) },
    destination,
  )
}
