import type { DesiredState } from '@storecast/shared/contracts'
import type { Connection, Migration } from '../platform/database.ts'
import { recordEvent } from '../platform/events.ts'
import type { Procedures } from '../platform/writer.ts'

/** What this device trusts, in the agent's database: each procedure is one transaction, so no power cut leaves a part of it. */
export const trustMigrations: readonly Migration[] = [
  {
    id: 600,
    name: 'trust',
    sql: `
      -- Metadata of The Update Framework, byte for byte as it was signed, by role.
      CREATE TABLE trust_metadata(role TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT, WITHOUT ROWID;
      -- Small targets, checked against that metadata.
      CREATE TABLE trust_targets(path TEXT PRIMARY KEY, sha256 TEXT NOT NULL, body BLOB NOT NULL) STRICT, WITHOUT ROWID;
      -- Unix milliseconds that have certainly passed, and the keys that said so.
      CREATE TABLE trust_time(
        id INTEGER PRIMARY KEY CHECK (id = 1), known INTEGER NOT NULL, attested_by TEXT NOT NULL, refreshed_at INTEGER
      ) STRICT;
      -- The last desired state that was let through.
      CREATE TABLE trust_desired(
        id INTEGER PRIMARY KEY CHECK (id = 1), generation INTEGER NOT NULL, expires INTEGER NOT NULL, body TEXT NOT NULL
      ) STRICT;
      -- What was not let through: the last of each kind, the newest with the highest rowid.
      CREATE TABLE trust_refusals(
        code TEXT PRIMARY KEY, message TEXT NOT NULL, at INTEGER NOT NULL, told_at INTEGER NOT NULL, times INTEGER NOT NULL
      ) STRICT;`,
  },
]

/** Metadata by role, as `<role>.json` holds it. */
export type TrustedMetadata = ReadonlyMap<string, Uint8Array>

export interface SmallTarget {
  readonly path: string
  readonly sha256: string
  readonly body: Uint8Array
}

/** What a refresh leaves behind. */
export interface Refreshed {
  readonly metadata: TrustedMetadata
  /** Those that have changed; of the others, paths that are signed no more are in `gone`. */
  readonly targets: readonly SmallTarget[]
  readonly gone: readonly string[]
  readonly known: number
  readonly attestedBy: readonly string[]
  /** Store time, where the refresh went through. */
  readonly refreshedAt: number | undefined
}

export interface Refusal {
  readonly code: string
  readonly message: string
  /** Store time. */
  readonly at: number
}

/** The same refusal is an event once in this time, however often it happens. */
const TOLD_AGAIN_MS = 3_600_000

export const trustProcedures = {
  /** The first root, by which all others are judged; false where there is one already. */
  'trust.begin': (db: Connection, root: Uint8Array): boolean => {
    if (db.statement('SELECT 1 FROM trust_metadata').get() !== undefined) return false
    putMetadata(db, new Map([['root', root]]))
    return true
  },

  'trust.keep': (db: Connection, { metadata, targets, gone, known, attestedBy, refreshedAt }: Refreshed): void => {
    putMetadata(db, metadata)
    for (const { path, sha256, body } of targets) {
      db.statement('INSERT OR REPLACE INTO trust_targets(path, sha256, body) VALUES (?, ?, ?)').run(path, sha256, body)
    }
    for (const path of gone) db.statement('DELETE FROM trust_targets WHERE path = ?').run(path)
    db.statement(
      `INSERT INTO trust_time(id, known, attested_by, refreshed_at) VALUES (1, ?, ?, ?) ON CONFLICT(id) DO UPDATE
       SET known = excluded.known, attested_by = excluded.attested_by,
           refreshed_at = coalesce(excluded.refreshed_at, refreshed_at)`,
    ).run(known, JSON.stringify(attestedBy), refreshedAt ?? null)
  },

  /** Keeps a desired state that was let through. */
  'trust.desire': (db: Connection, desired: DesiredState): void => {
    const { generation, expires } = desired
    const sql = 'INSERT OR REPLACE INTO trust_desired(id, generation, expires, body) VALUES (1, ?, ?, ?)'
    db.statement(sql).run(generation, expires, JSON.stringify(desired))
  },

  /** Keeps a refusal, and makes it an event under this id where the like was not told of late. */
  'trust.refuse': (
    db: Connection,
    { id, refusal, passing }: { id: string; refusal: Refusal; passing: boolean },
  ): boolean => {
    const { code, message, at } = refusal
    const sql = 'SELECT message, told_at, times FROM trust_refusals WHERE code = ?'
    const before = db.statement<[string], { message: string; told_at: number; times: number }>(sql).get(code)
    const tell = before === undefined || at - before.told_at >= TOLD_AGAIN_MS || at < before.told_at
    const times = (before?.times ?? 0) + 1
    db.statement('INSERT OR REPLACE INTO trust_refusals(code, message, at, told_at, times) VALUES (?, ?, ?, ?, ?)').run(
      code,
      message,
      at,
      tell ? at : before.told_at,
      times,
    )
    if (!tell) return false
    const severity = passing ? 'warning' : 'error'
    recordEvent(db, { id, at, severity, code: 'trust-refused', message, detail: { reason: code, times } })
    return true
  },
} satisfies Procedures

export type TrustProcedures = typeof trustProcedures

/** Roles that are trusted no more (a delegation that ended) go. */
function putMetadata(db: Connection, metadata: TrustedMetadata): void {
  const roles = db.statement<[], string>('SELECT role FROM trust_metadata').pluck().all()
  for (const role of roles) {
    if (!metadata.has(role)) db.statement('DELETE FROM trust_metadata WHERE role = ?').run(role)
  }
  for (const [role, body] of metadata) {
    const sql = `INSERT INTO trust_metadata(role, body) VALUES (?, ?)
      ON CONFLICT(role) DO UPDATE SET body = excluded.body WHERE body <> excluded.body`
    db.statement(sql).run(role, body)
  }
}

export function readMetadata(db: Connection): Map<string, Buffer> {
  return new Map(db.statement<[], [string, Buffer]>('SELECT role, body FROM trust_metadata').raw().all())
}

export const readTarget = (db: Connection, path: string): SmallTarget | undefined =>
  db.statement<[string], SmallTarget>('SELECT path, sha256, body FROM trust_targets WHERE path = ?').get(path)

interface TimeRow {
  readonly known: number
  readonly attested_by: string
  readonly refreshed_at: number | null
}

export function readTime(db: Connection): {
  readonly known: number
  readonly attestedBy: readonly string[]
  readonly refreshedAt: number | undefined
} {
  const row = db.statement<[], TimeRow>('SELECT known, attested_by, refreshed_at FROM trust_time').get()
  if (row === undefined) return { known: 0, attestedBy: [], refreshedAt: undefined }
  const attestedBy = JSON.parse(row.attested_by) as string[]
  return { known: row.known, attestedBy, refreshedAt: row.refreshed_at ?? undefined }
}

/** What was let through last; it was validated when it came. */
export function readJudged(db: Connection): DesiredState | undefined {
  const body = db.statement<[], string>('SELECT body FROM trust_desired').pluck().get()
  return body === undefined ? undefined : (JSON.parse(body) as DesiredState)
}

export const readRefusal = (db: Connection): Refusal | undefined =>
  db.statement<[], Refusal>('SELECT code, message, at FROM trust_refusals ORDER BY rowid DESC LIMIT 1').get()
