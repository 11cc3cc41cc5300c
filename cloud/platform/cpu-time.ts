import { cpuUsage } from 'node:process'
import { readdir, readText } from './files.ts'

/** `/proc` counts in ticks of which Linux has 100 a second on every architecture that Node runs on (USER_HZ). */
const TICK_MS = 10

/** What `/proc/{pid}/stat` says, proc_pid_stat(5): fields 4 and 14 to 17. */
interface Stat {
  readonly pid: number
  readonly parent: number
  /** Its own milliseconds, and those of children that have ended. */
  readonly ms: number
}

/**
 * Milliseconds of CPU that a process has used, with all that it started: what still runs, and what has ended. Where there is no
 * `/proc`, those of this process alone.
 */
export async function cpuTime(pid: number): Promise<number> {
  const stats = await everyStat()
  if (!stats.some((one) => one.pid === pid)) {
    const { user, system } = cpuUsage()
    return (user + system) / 1000
  }
  const children = Map.groupBy(stats, ({ parent }) => parent)
  const withAll = (one: Stat): number =>
    (children.get(one.pid) ?? []).reduce((total, child) => total + withAll(child), one.ms)
  return stats.filter((one) => one.pid === pid).reduce((total, one) => total + withAll(one), 0)
}

async function everyStat(): Promise<Stat[]> {
  const names = await readdir('/proc').catch(() => [])
  const found = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readStat))
  return found.filter((one) => one !== undefined)
}

/** Undefined of a process that has ended meanwhile. */
async function readStat(pid: string): Promise<Stat | undefined> {
  const text = await readText(`/proc/${pid}/stat`).catch(() => undefined)
  // The name is in brackets, and may hold any character.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  if (!fields || fields.length < 15) return undefined
  const [parent, user, system, usersEnded, systemEnded] = [1, 11, 12, 13, 14].map((at) => Number(fields[at]))
  return { pid: Number(pid), parent: parent!, ms: TICK_MS * (user! + system! + usersEnded! + systemEnded!) }
}
