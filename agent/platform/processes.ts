import { readdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * What the operating system knows of processes, from Linux's /proc. Elsewhere the same calls answer "unknown" or "none":
 * development machines then do without, devices run Linux.
 */

/** Resident memory of a process in bytes; undefined where it has ended or cannot be told. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  const status = await readProc(`${pid}/status`)
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}

/** Asks the kernel to end this process before others of its size when memory runs out. */
export async function volunteerForOomKill(): Promise<void> {
  try {
    await writeFile('/proc/self/oom_score_adj', '500')
  } catch (error) {
    // No /proc, or one that a sandbox made read-only: the kernel then chooses by size alone.
    if (!['ENOENT', 'EACCES', 'EROFS', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/**
 * Stops the processes that run our own executable with `argument` on their command line and are not this process's
 * children: what an agent left behind when it was killed. They are told by what they are, never by a remembered pid,
 * since pids recycle. Resolves when they are gone.
 * @returns the pids that were stopped
 * @throws ProcessError where one does not go
 */
export async function stopOrphans(argument: string): Promise<number[]> {
  const orphans = await findOrphans(argument)
  for (const pid of orphans) kill(pid)
  const giveUp = performance.now() + 10_000
  while ((await findOrphans(argument)).some((pid) => orphans.includes(pid))) {
    if (performance.now() > giveUp) {
      throw new ProcessError(`processes ${orphans.join(', ')} (${argument}) were killed and are still there: stop them`)
    }
    await sleep(20)
  }
  return orphans
}

/** A process of ours is in the way and does not end. */
export class ProcessError extends Error {
  readonly code = 'orphan-stays'
  override readonly name = 'ProcessError'
}

async function findOrphans(argument: string): Promise<number[]> {
  const executable = basename(process.execPath)
  const found: number[] = []
  for (const pid of await pids()) {
    const commandLine = await readProc(`${pid}/cmdline`)
    if (!commandLine?.split('\0').includes(argument)) continue
    const link = await readExecutable(pid)
    // The link of a replaced executable ends in " (deleted)": an upgrade must still find what ran before it.
    if (link === undefined || basename(link.replace(/ \(deleted\)$/, '')) !== executable) continue
    const parent = /^PPid:\s+(\d+)$/m.exec((await readProc(`${pid}/status`)) ?? '')?.[1]
    if (parent !== undefined && Number(parent) !== process.pid) found.push(pid)
  }
  return found
}

async function pids(): Promise<number[]> {
  const names = await readdir('/proc').catch(unlessGone)
  return (names ?? []).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid).map(Number)
}

const readProc = (path: string): Promise<string | undefined> => readFile(`/proc/${path}`, 'utf8').catch(unlessGone)

const readExecutable = (pid: number): Promise<string | undefined> => readlink(`/proc/${pid}/exe`).catch(unlessGone)

/** A process may end between any two looks at it; one of another user is none of ours. */
function unlessGone(error: NodeJS.ErrnoException): undefined {
  if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(error.code ?? '')) return undefined
  throw error
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
