import type { CliContext } from './context.ts'
import { CancelledError, UsageError } from './errors.ts'

interface Severe {
  /** What will happen, as a sentence: "Device berlin-1 will lose its certificate." */
  readonly warning: string
  /** What the user has to type: the name of the thing. */
  readonly name: string
  /** The user said so already, with --yes. */
  readonly yes?: boolean | undefined
}

/**
 * Asks before a severe act; the answer is the thing's own name, which no hand types by habit.
 * @throws CancelledError; UsageError where nobody can be asked
 */
export async function confirm({ terminal, ask }: CliContext, { warning, name, yes }: Severe): Promise<void> {
  if (yes) return
  if (!ask) throw new UsageError(`${warning} Nobody is here to confirm it: say --yes.`)
  terminal.err(warning)
  const answer = await ask(`Type ${name} to go on: `)
  if (answer.trim() !== name) throw new CancelledError('Nothing was done.')
}
