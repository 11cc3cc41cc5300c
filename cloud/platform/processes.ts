import { execFile } from 'node:child_process'
import { kill } from 'node:process'
import { promisify } from 'node:util'
import { SetupError } from './errors.ts'
import { readText } from './files.ts'

/** Whether a process runs. A zombie (ended, not yet reaped: common under a container's first process) does not. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const stat = await readText(`/proc/${pid}/stat`)
  return stat === undefined || stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z'
}

/** What a process runs, or undefined where the system does not say (no /proc). */
export const commandLine = (pid: number): Promise<string | undefined> => readText(`/proc/${pid}/cmdline`)

/** A system account to run as, for a server that refuses to run as root. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** Finds the account, or makes it where this process may. */
export async function account(name: string): Promise<Account> {
  const found = await lookUp(name)
  if (found) return found
  try {
    await promisify(execFile)('useradd', ['--system', '--user-group', '--shell', '/usr/sbin/nologin', name])
  } catch (cause) {
    throw new SetupError({
      code: 'postgres-account',
      message: `PostgreSQL does not run as root and there is no account "${name}" to run it as. Create one (useradd --system ${name}), run Storecast as another user, or set DATABASE_URL.`,
      cause,
    })
  }
  const made = await lookUp(name)
  if (!made) throw new Error(`useradd made no account "${name}"`)
  return made
}

async function lookUp(name: string): Promise<Account | undefined> {
  const lines = ((await readText('/etc/passwd')) ?? '').split('\n').map((line) => line.split(':'))
  const fields = lines.find((line) => line[0] === name)
  return fields && { name, uid: Number(fields[2]), gid: Number(fields[3]) }
}
