import { Command, CommanderError } from 'commander'
import { addBackupCommands } from './backup.ts'
import type { CliContext } from './context.ts'
import { addModelCommands } from './model.ts'

/** Runs one command line. @returns the exit status: 0 done, 1 failed, 2 the command line is wrong */
export async function runCli(argv: readonly string[], context: CliContext): Promise<0 | 1 | 2> {
  const { terminal } = context
  const program = new Command('storecast')
    .description('Train models for stores and look after the fleet that runs them.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
  addModelCommands(program, context)
  addBackupCommands(program, context)
  try {
    await program.parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    // Commander has told the user already: help asked for (0), or a command line that is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    terminal.err(`storecast: ${error instanceof Error ? error.message : String(error)}`)
    return 1
  }
}
