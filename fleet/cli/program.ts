import { Command, CommanderError } from 'commander'
import { CloudRequestError } from '../client/client.ts'
import { addAlertCommands } from './alert.ts'
import { addAlertRuleCommands } from './alert-rule.ts'
import { addApplyCommands } from './apply.ts'
import { addApproveCommands } from './approve.ts'
import { addAuditCommands } from './audit.ts'
import { addBackupCommands } from './backup.ts'
import { addCatalogueCommands } from './catalogue.ts'
import { addCompletionCommand } from './completion.ts'
import type { CliContext } from './context.ts'
import { addDecisionCommands } from './decision.ts'
import { addDeviceCommands } from './device.ts'
import { addDoctorCommand } from './doctor.ts'
import { addDriftCommands } from './drift.ts'
import { addEnrollCommands } from './enroll.ts'
import { CancelledError, DifferencesError, NotLoggedInError } from './errors.ts'
import { showExamples } from './examples.ts'
import { addFeatureViewCommands } from './feature-view.ts'
import { addGroupCommands } from './group.ts'
import { addKeyCommands } from './key.ts'
import { addKpiCommands } from './kpi.ts'
import { addLoginCommands } from './login.ts'
import { addModelCommands } from './model.ts'
import { addMosquittoCommands } from './mosquitto.ts'
import { addPolicyCommands } from './policy.ts'
import { addRolloutCommands } from './rollout.ts'
import { addSensorCommands } from './sensor.ts'
import { addTaskCommands } from './task.ts'
import { addTokenCommands } from './token.ts'
import { addTrustCommands } from './trust.ts'
import { addUserCommands } from './user.ts'
import { VERSION } from './version.ts'

export { EXAMPLES, verbsOf } from './examples.ts'

/**
 * 0 done, 1 failed or a command line that is wrong, 2 cancelled, 4 not logged in; as `gh` has them. `diff` ends as diff does:
 * 1 where there are differences, 2 in trouble.
 */
export type ExitStatus = 0 | 1 | 2 | 4

/** The whole command line, built for one call. */
export function buildProgram(context: CliContext): Command {
  const { terminal } = context
  const program = new Command('storecast')
    .description('Train models for stores and look after the fleet that runs them.')
    .version(VERSION, '--version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
  addLoginCommands(program, context)
  addUserCommands(program, context)
  addTokenCommands(program, context)
  addEnrollCommands(program, context)
  addDeviceCommands(program, context)
  addGroupCommands(program, context)
  addModelCommands(program, context)
  addApproveCommands(program, context)
  addTrustCommands(program, context)
  addKeyCommands(program, context)
  addRolloutCommands(program, context)
  addPolicyCommands(program, context)
  addCatalogueCommands(program, context)
  addSensorCommands(program, context)
  addFeatureViewCommands(program, context)
  addTaskCommands(program, context)
  addDecisionCommands(program, context)
  addKpiCommands(program, context)
  addAlertCommands(program, context)
  addAlertRuleCommands(program, context)
  addApplyCommands(program, context)
  addDriftCommands(program, context)
  addAuditCommands(program, context)
  addMosquittoCommands(program, context)
  addBackupCommands(program, context)
  addDoctorCommand(program, context)
  addCompletionCommand(program, context)
  showExamples(program)
  return program
}

/** Runs one command line. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<ExitStatus> {
  const { terminal, signal } = context
  const program = buildProgram(context)
  const failed = argv[0] === 'diff' ? 2 : 1
  try {
    await program.parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    // Commander has told the user already: help asked for (0), or a command line that is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : failed
    terminal.err(`storecast: ${sayOf(error)}`)
    if (error instanceof DifferencesError) return 1
    if (error instanceof CancelledError || signal.aborted) return 2
    return error instanceof NotLoggedInError || (error instanceof CloudRequestError && error.status === 401)
      ? 4
      : failed
  }
}

function sayOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // fetch says only that it failed; its cause says why.
  const { cause } = error
  const unreachable = error instanceof TypeError && cause instanceof Error
  return unreachable
    ? `the cloud cannot be reached: ${cause.message || (cause as NodeJS.ErrnoException).code}`
    : error.message
}
