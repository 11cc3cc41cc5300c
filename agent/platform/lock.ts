import { join } from 'node:path'
import SQLite from 'better-sqlite3'

/** Another agent works on this data directory. */
export class AlreadyRunning extends Error {
  override readonly name = 'AlreadyRunning'
  readonly code = 'already-running'
}

/** A doctor that looks, or an agent that is just ending, lets go within this. */
const WAIT_MS = 500

/**
 * Holds a data directory for this process alone, until it is disposed or the process ends in whatever way: the lock is the
 * operating system's, by way of an empty SQLite database.
 * @throws AlreadyRunning
 */
export function lockDirectory(directory: string): Disposable {
  const db = new SQLite(join(directory, 'agent.lock'), { timeout: WAIT_MS })
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    db.close()
    if (!String((cause as { code?: unknown }).code).startsWith('SQLITE_BUSY')) throw cause
    throw new AlreadyRunning(`another agent works on ${directory}: stop it, or give this one a directory of its own`, {
      cause,
    })
  }
  return { [Symbol.dispose]: () => void db.close() }
}
