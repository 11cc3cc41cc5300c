import type { Terminal } from '../terminal/terminal.ts'

/** What a command works with. */
export interface CliContext {
  readonly terminal: Terminal
  /** Aborts when the user asks to stop. */
  readonly signal: AbortSignal
}
