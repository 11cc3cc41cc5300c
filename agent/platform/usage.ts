import { readdir, readFile, statfs } from 'node:fs/promises'
import { residentBytes } from './processes.ts'

/**
 * What this device's agent takes, from Linux's /proc and /sys; elsewhere, and where a sandbox hides them, what cannot be told is
 * left out.
 */
export interface Usage {
  /** Milliseconds of CPU since the start: of this process, its children, and those of them that have ended. */
  readonly cpuMs: number
  /** When that was counted, monotonic milliseconds. */
  readonly at: number
  /** Resident memory of this process and its children, bytes; what they share counts in each. */
  readonly memoryBytes: number
  /** Of the machine's hottest zone, °C. */
  readonly temperature: number | undefined
  /** Share of the file system around `folder` that is taken, as `df` tells it: of what is not reserved. */
  readonly disk: number
}

/** Linux counts in ticks of which every architecture that Node runs on has 100 a second (USER_HZ). */
const TICK_MS = 10
const ZONES = '/sys/class/thermal'
/** A zone that is switched off, or broken, tells anything. */
const [COLDEST, HOTTEST] = [-40, 150]

export async function usage(folder: string): Promise<Usage> {
  const children = await childrenOf(process.pid)
  const own = process.cpuUsage()
  const at = performance.now()
  const [ended, running, resident, temperature, { blocks, bfree, bavail }] = await Promise.all([
    ticksOf(process.pid, ['cutime', 'cstime']),
    Promise.all(children.map((pid) => ticksOf(pid, ['utime', 'stime', 'cutime', 'cstime']))),
    Promise.all(children.map(residentBytes)),
    hottest(),
    statfs(folder),
  ])
  const used = blocks - bfree
  return {
    cpuMs: (own.user + own.system) / 1000 + TICK_MS * sum([ended, ...running]),
    at,
    memoryBytes: process.memoryUsage.rss() + sum(resident.map((bytes) => bytes ?? 0)),
    temperature,
    disk: used + bavail === 0 ? 0 : used / (used + bavail),
  }
}

/** Places of fields in /proc/{pid}/stat after the process's name, which may hold any character: proc_pid_stat(5). */
const FIELDS = { utime: 11, stime: 12, cutime: 13, cstime: 14 } as const

/** 0 of a process that has ended meanwhile: its parent's `cutime` has it then. */
async function ticksOf(pid: number, fields: readonly (keyof typeof FIELDS)[]): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(unlessHidden)
  const values = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  return values ? sum(fields.map((field) => Number(values[FIELDS[field]]))) : 0
}

/** Of the main thread, which starts them all. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(unlessHidden)
  return text?.trim() ? text.trim().split(' ').map(Number) : []
}

async function hottest(): Promise<number | undefined> {
  const zones = (await readdir(ZONES).catch(unlessHidden)) ?? []
  const told = await Promise.all(
    zones
      .filter((name) => name.startsWith('thermal_zone'))
      .map((name) => readFile(`${ZONES}/${name}/temp`, 'utf8').catch(unlessHidden)),
  )
  const degrees = told.map((text) => Number(text) / 1000).filter((one) => one > COLDEST && one < HOTTEST && one !== 0)
  return degrees.length === 0 ? undefined : Math.max(...degrees)
}

/** Not there, not ours to read, ended while it was read, or a sensor that gives no answer. */
function unlessHidden(error: NodeJS.ErrnoException): undefined {
  if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'EIO', 'EINVAL', 'ENODATA', 'ENODEV', 'EAGAIN'].includes(error.code ?? ''))
    return undefined
  throw error
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
