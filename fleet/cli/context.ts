import type { Terminal } from '../terminal/terminal.ts'

/** What a command works with. */
export interface CliContext {
  readonly terminal: Terminal
  /** Aborts when the user asks to stop. */
  readonly signal: AbortSignal
  readonly env: Readonly<Record<string, string | undefined>>
  /** Asks the person at the terminal for a line; absent where nobody is there. */
  readonly ask?: (question: string) => Promise<string>
  /** The same for what must not be seen while it is typed. */
  readonly askSecret?: (question: string) => Promise<string>
  /** All of the standard input, for what is piped in. */
  readonly readInput: () => Promise<string>
}
