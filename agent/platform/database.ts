import { closeSync, fdatasyncSync, openSync, statSync } from 'node:fs'
import SQLite from 'better-sqlite3'

/** A schema change of one stage. Ids by stage: buffer 100s, windows 200s, forecasts 300s, outbox 400s, update 500s. */
export interface Migration {
  readonly id: number
  readonly name: string
  readonly sql: string
}

/** The database cannot be used as it is; `message` says what to do. Retrying does not help. */
export class DatabaseUnusable extends Error {
  readonly code: 'sqlite-too-old' | 'newer-schema' | 'cannot-open'
  constructor(code: DatabaseUnusable['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DatabaseUnusable'
    this.code = code
  }
}

/** A connection that keeps its prepared statements. */
export class Connection extends SQLite {
  readonly #statements = new Map<string, SQLite.Statement>()

  /** Prepared once per SQL text: give constant text, and bind what varies. */
  statement<Bind extends unknown[] | object = unknown[], Row = unknown>(sql: string): SQLite.Statement<Bind, Row> {
    let found = this.#statements.get(sql)
    if (!found) {
      found = this.prepare(sql) as SQLite.Statement
      this.#statements.set(sql, found)
    }
    return found as unknown as SQLite.Statement<Bind, Row>
  }
}

/** Before this, SQLite could corrupt a WAL that is reset while a second connection reads. */
const OLDEST_SQLITE = [3, 51, 3] as const

/**
 * Opens the one writing connection: WAL, and synchronous=FULL so that a committed row survives a power cut (better-sqlite3
 * compiles NORMAL for WAL). Applies the migrations that are missing.
 * @param capBytes of file and write-ahead log: beyond it, writing fails as on a full disk
 * @throws DatabaseUnusable
 */
export function openWriting(
  file: string,
  migrations: readonly Migration[],
  { capBytes = Number.POSITIVE_INFINITY }: { readonly capBytes?: number } = {},
): Connection {
  const { fileBytes, walBytes } = fileBudget(capBytes)
  const db = open(file, {})
  // Of a database that is new. A commit of readings is a few pages, whole ones: the smaller, the less flash; below 2 KB storing a
  // thousand forecasts takes longer than the hot path's budget has for it.
  db.pragma('page_size = 2048')
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('cache_size = -8000')
  const pageBytes = db.pragma('page_size', { simple: true }) as number
  // After a burst the WAL file shrinks back to this instead of holding the disk.
  db.pragma(`journal_size_limit = ${walBytes}`)
  // A page that changes often is written to the file once a checkpoint.
  db.pragma(`wal_autocheckpoint = ${Math.floor(walBytes / pageBytes / 2)}`)
  if (fileBytes < Number.POSITIVE_INFINITY) db.pragma(`max_page_count = ${Math.floor(fileBytes / pageBytes)}`)
  migrate(db, migrations)
  return db
}

/**
 * Makes commits durable in SQLite's place, which is compiled to sync its log with `fsync`: that also writes when the file
 * changed, on ext4 some 12 KB with every commit.
 *
 * Between COMMIT and `sync` other connections already see what a power cut may still take back: nothing of it is to leave
 * the device before. SQLite goes on ordering the log's header, checkpoints and the file among themselves.
 */
export class WalSync implements Disposable {
  readonly #fd: number

  /** @param db in WAL mode and read from, so that its log is there */
  constructor(db: Connection) {
    this.#fd = openSync(`${db.name}-wal`, 'r+')
    db.pragma('synchronous = NORMAL')
  }

  /** @throws Error what was committed last may not be durable, and never will be known to be: end the process */
  sync(): void {
    fdatasyncSync(this.#fd)
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd)
  }
}

const MOST_WAL_BYTES = 16 * 1024 * 1024
/** What a window writes, about: itself, its place in the outbox, two indexes; or a reading that is the only one of its. */
const BYTES_A_RECORD = 500

interface FileBudget {
  /** What the database's file and its write-ahead log may take of a cap for both. */
  readonly fileBytes: number
  readonly walBytes: number
  /** Records that one transaction should write at most, since the log holds all of it. */
  readonly records: number
}

export function fileBudget(capBytes: number): FileBudget {
  const walBytes = Math.min(MOST_WAL_BYTES, Math.floor(capBytes / 8))
  return { fileBytes: capBytes - walBytes, walBytes, records: Math.max(1, Math.floor(walBytes / BYTES_A_RECORD)) }
}

/** Opens a read-only connection; it sees what the writer has committed. */
export function openReading(file: string): Connection {
  const db = open(file, { readonly: true, fileMustExist: true })
  db.pragma('cache_size = -2000')
  return db
}

export interface DatabaseSize {
  /** Of pages in use; its file may be larger, by pages that are free for what comes next. */
  readonly usedBytes: number
  /** Of the write-ahead log's file: as much as the largest transactions of late have taken. */
  readonly walBytes: number
}

export function sizeOf(db: Connection): DatabaseSize {
  const pragma = (name: string) => db.statement<[], number>(`PRAGMA ${name}`).pluck().get()!
  const usedBytes = (pragma('page_count') - pragma('freelist_count')) * pragma('page_size')
  return { usedBytes, walBytes: statSync(`${db.name}-wal`, { throwIfNoEntry: false })?.size ?? 0 }
}

function open(file: string, options: SQLite.Options): Connection {
  let db: Connection
  try {
    db = new Connection(file, { timeout: 5000, ...options })
  } catch (cause) {
    throw new DatabaseUnusable('cannot-open', `cannot open ${file}: check that its folder exists and is writable`, {
      cause,
    })
  }
  const version = db.prepare('SELECT sqlite_version()').pluck().get() as string
  if (!atLeast(version, OLDEST_SQLITE)) {
    db.close()
    throw new DatabaseUnusable(
      'sqlite-too-old',
      `SQLite ${version} can corrupt its write-ahead log: install a better-sqlite3 with ${OLDEST_SQLITE.join('.')} or later`,
    )
  }
  return db
}

/** True where dotted `version` is `oldest` or later. */
export function atLeast(version: string, oldest: readonly number[]): boolean {
  const parts = version.split('.').map(Number)
  for (const [i, wanted] of oldest.entries()) {
    const part = parts[i] ?? 0
    if (part !== wanted) return part > wanted
  }
  return true
}

function migrate(db: Connection, migrations: readonly Migration[]): void {
  const ordered = [...migrations].sort((a, b) => a.id - b.id)
  const twice = ordered.find((m, i) => m.id === ordered[i - 1]?.id)
  if (twice) throw new Error(`two migrations have the id ${twice.id}`)
  db.exec('CREATE TABLE IF NOT EXISTS schema_migrations(id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT')
  const applied = new Set(db.prepare('SELECT id FROM schema_migrations').pluck().all() as number[])
  const known = new Set(ordered.map((m) => m.id))
  const unknown = [...applied].find((id) => !known.has(id))
  if (unknown !== undefined) {
    db.close()
    throw new DatabaseUnusable(
      'newer-schema',
      `the database has schema change ${unknown}, unknown to this version: run the agent that wrote it, or a later one`,
    )
  }
  for (const { id, name, sql } of ordered.filter((m) => !applied.has(m.id))) {
    db.transaction(() => {
      db.exec(sql)
      db.prepare('INSERT INTO schema_migrations(id, name) VALUES (?, ?)').run(id, name)
    })()
  }
}
