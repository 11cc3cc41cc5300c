import { type Command, InvalidArgumentError } from 'commander'
import { CloudRequestError } from '../client/client.ts'
import { examineCloud } from '../doctor/checks.ts'
import { type Finding, fail, ok } from '../doctor/findings.ts'
import { gather } from '../doctor/gather.ts'
import { examineMachine } from '../doctor/machine.ts'
import type { CliContext } from './context.ts'
import { connect, credentialsPath } from './credentials.ts'
import { NotLoggedInError } from './errors.ts'
import { VERSION } from './version.ts'

const SIGNS = { ok: ' ok ', warn: 'warn', fail: 'FAIL' }

/** `storecast doctor`: this machine and the cloud. A device has a doctor of its own, `storecast-agent doctor`. */
export function addDoctorCommand(program: Command, context: CliContext): void {
  const { terminal } = context
  program
    .command('doctor')
    .description(
      'Look at this machine, the cloud and the fleet, and say what to do; it ends with 1 where something fails',
    )
    .option('--silent-after <hours>', 'a device that is away for longer is silent', hours, 24)
    .option('--json', 'print one JSON array of findings')
    .addHelpText('after', '\nOn a device: storecast-agent doctor --config agent.yaml')
    .action(async ({ silentAfter, json }: { silentAfter: number; json?: boolean }) => {
      const { findings, cause } = await examine(context, silentAfter)
      if (json) terminal.out(JSON.stringify(findings))
      else for (const finding of findings) for (const line of linesOf(finding)) terminal.out(line)
      const failed = findings.filter(({ level }) => level === 'fail').length
      if (cause instanceof NotLoggedInError || (cause instanceof CloudRequestError && cause.status === 401)) throw cause
      if (failed > 0) throw new Error(`${failed} of ${findings.length} checks fail`)
      const warned = findings.filter(({ level }) => level === 'warn').length
      terminal.err(warned > 0 ? `nothing fails; ${warned} warnings` : 'all is well')
    })
}

/** @returns `cause`: why the cloud could not be asked */
async function examine(
  context: CliContext,
  silentHours: number,
): Promise<{ findings: readonly Finding[]; cause?: unknown }> {
  const machine = await examineMachine(process.versions.node, credentialsPath(context))
  try {
    const cloud = await connect(context)
    const facts = await gather({ cloud, version: VERSION, silentHours, now: Date.now })
    const reached = ok('cloud', `${cloud.url} answers in ${Math.round(facts.tookMs)} ms`)
    return { findings: [...machine, reached, ...examineCloud(facts)] }
  } catch (cause) {
    return { findings: [...machine, unreached(cause)], cause }
  }
}

function unreached(error: unknown): Finding {
  if (error instanceof NotLoggedInError) return fail('cloud', 'no login', error.message)
  if (error instanceof CloudRequestError) {
    const advice = error.status === 401 ? 'log in anew: storecast login' : 'ask an admin, or look at the cloud’s log'
    return fail('cloud', error.message, advice)
  }
  const { cause, message } = error as Error
  const why = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : message
  return fail(
    'cloud',
    `it cannot be reached: ${why}`,
    'see that it runs, and that its address, DNS, proxy and firewall are right',
  )
}

function linesOf({ check, level, found, advice }: Finding): string[] {
  const line = `[${SIGNS[level]}] ${check.padEnd(13)} ${found}`
  return advice === undefined ? [line] : [line, `       → ${advice}`]
}

function hours(text: string): number {
  const value = Number(text)
  if (value > 0 && value <= 8760) return value
  throw new InvalidArgumentError('give hours, up to 8760')
}
