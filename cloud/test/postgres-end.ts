import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readText } from '../platform/files.ts'
import { isRunning } from '../platform/processes.ts'

/** Real milliseconds between two looks, and in all. */
const LOOK = 20
const WITHIN = 60_000

/**
 * The PostgreSQL of a cloud that is killed ends by itself a moment later, and writes to the cloud's data until then. Asked
 * before the cloud ends, it tells which that is.
 * @returns waits until it is gone; an error after a minute
 */
export async function postgresEnd(data: string): Promise<() => Promise<void>> {
  const server = Number.parseInt((await readText(join(data, 'postgres/data/postmaster.pid'))) ?? '', 10)
  return async () => {
    for (const began = performance.now(); server > 0 && (await isRunning(server)); await sleep(LOOK)) {
      if (performance.now() - began > WITHIN) throw new Error(`PostgreSQL ${server} still runs on ${data}: end it`)
    }
  }
}
