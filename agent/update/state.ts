import type { DesiredState, DocumentKind, ReportedState, UpdatePhase } from '@storecast/shared/contracts'
import type { Connection, Migration } from '../platform/database.ts'
import type { Procedures } from '../platform/writer.ts'
import type { CurrentState, ModelVersion, Step } from './plan.ts'

/** What is desired, what is in force, what failed, and the journal of steps, all in the agent's database. */
export const updateMigrations: readonly Migration[] = [
  {
    // Before the outbox's migrations, whose triggers watch this table.
    id: 399,
    name: 'reported',
    sql: 'CREATE TABLE reported(id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL) STRICT',
  },
  {
    id: 500,
    name: 'update',
    sql: `
      CREATE TABLE update_desired(id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL) STRICT;
      CREATE TABLE update_documents(kind TEXT PRIMARY KEY, sha256 TEXT NOT NULL) STRICT;
      CREATE TABLE update_models(
        name TEXT PRIMARY KEY, phase TEXT NOT NULL, error_code TEXT, error_message TEXT, at INTEGER NOT NULL
      ) STRICT;
      -- Versions that have served, by the step that let them: the latest serves after a restart.
      CREATE TABLE update_versions(
        model TEXT NOT NULL, sha256 TEXT NOT NULL, version INTEGER NOT NULL, step INTEGER NOT NULL,
        PRIMARY KEY(model, sha256)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE update_refused(
        sha256 TEXT PRIMARY KEY, generation INTEGER NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL
      ) STRICT;
      CREATE TABLE update_journal(
        id INTEGER PRIMARY KEY, generation INTEGER NOT NULL, step TEXT NOT NULL,
        started_at INTEGER NOT NULL, finished_at INTEGER,
        outcome TEXT CHECK (outcome IN ('done', 'retry', 'refused', 'stopped', 'interrupted')), code TEXT, message TEXT
      ) STRICT;`,
  },
]

export type Outcome = 'done' | 'retry' | 'refused' | 'stopped'

export interface Failure {
  readonly code: string
  readonly message: string
}

/** What a step that was done has changed. */
export type Change =
  | { readonly kind: 'document'; readonly document: DocumentKind; readonly sha256: string }
  | { readonly kind: 'activated'; readonly model: string; readonly to: ModelVersion }
  | { readonly kind: 'removed'; readonly model: string }

/** How a step ended: its kind of end, and what it changed or why it failed. */
export type StepEnd =
  | { readonly outcome: 'done'; readonly change: Change | undefined }
  | { readonly outcome: 'stopped' }
  | { readonly outcome: 'retry' | 'refused'; readonly failure: Failure }

/** Steps older than the newest ones tell nobody anything. */
const JOURNAL_ROWS = 500
/** The version that serves and the one before it. */
const KEPT_VERSIONS = 2

export const updateProcedures = {
  /** Keeps a desired state; false where it is no later than the one that is kept. */
  'update.desire': (db: Connection, { desired, at }: { desired: DesiredState; at: number }): boolean => {
    const kept = readDesired(db)
    if (kept !== undefined && desired.generation <= kept.generation) return false
    db.statement('INSERT OR REPLACE INTO update_desired(id, body) VALUES (1, ?)').run(JSON.stringify(desired))
    // Desiring what serves anyway ends the story of a candidate that failed.
    for (const [model, { kept }] of Object.entries(readModels(db))) {
      if (kept[0] === undefined || kept[0].sha256 !== desired.models[model]?.bundle.sha256) continue
      setPhase(db, { model, phase: 'active', at })
      setFailure(db, { model, failure: undefined })
    }
    return true
  },

  /** Notes that a step begins; returns its number in the journal. */
  'update.begin': (
    db: Connection,
    { generation, step, at }: { generation: number; step: Step; at: number },
  ): number => {
    const sql = 'INSERT INTO update_journal(generation, step, started_at) VALUES (?, ?, ?)'
    const id = Number(db.statement(sql).run(generation, JSON.stringify(step), at).lastInsertRowid)
    db.statement('DELETE FROM update_journal WHERE id <= ?').run(id - JOURNAL_ROWS)
    const model = modelOf(step)
    if (model !== undefined && step.kind === 'fetch') setPhase(db, { model, phase: 'download', at })
    if (model !== undefined && step.kind === 'activate') setPhase(db, { model, phase: 'golden', at })
    return id
  },

  /** Notes how a step ended, and what follows from that, in one transaction. */
  'update.finish': (
    db: Connection,
    { id, generation, step, at, end }: { id: number; generation: number; step: Step; at: number; end: StepEnd },
  ): void => {
    const failure = 'failure' in end ? end.failure : undefined
    const sql = 'UPDATE update_journal SET finished_at = ?, outcome = ?, code = ?, message = ? WHERE id = ?'
    db.statement(sql).run(at, end.outcome, failure?.code ?? null, failure?.message ?? null, id)
    const model = modelOf(step)
    if (end.outcome === 'done') {
      if (model !== undefined && step.kind === 'fetch') setFailure(db, { model, failure: undefined })
      if (end.change !== undefined) applyChange(db, end.change, { step: id, at })
    }
    if (failure === undefined) return
    if (model !== undefined) setFailure(db, { model, failure })
    const object = objectOf(step)
    if (end.outcome !== 'refused' || object === undefined) return
    refuse(db, { sha256: object, generation, ...failure })
    if (model !== undefined) setPhase(db, { model, phase: 'failed', at })
  },

  /** A version failed while it served: it is left alone until a later generation, the one before it serves. */
  'update.failed': (
    db: Connection,
    fault: { model: string; sha256: string; generation: number; at: number; failure: Failure },
  ): void => {
    const { model, sha256, generation, at, failure } = fault
    refuse(db, { sha256, generation, ...failure })
    setPhase(db, { model, phase: readKept(db, model).length > 0 ? 'rolled-back' : 'failed', at })
    setFailure(db, { model, failure })
  },

  /** Forgets that a document is in force: its bytes are gone from disk. */
  'update.lost': (db: Connection, document: DocumentKind): void => {
    db.statement('DELETE FROM update_documents WHERE kind = ?').run(document)
  },

  /** Closes what a killed agent left open, and returns it. */
  'update.recover': (db: Connection, { at }: { at: number }): readonly JournalEntry[] => {
    const open = db.statement<[], JournalRow>('SELECT * FROM update_journal WHERE outcome IS NULL').all()
    db.statement("UPDATE update_journal SET outcome = 'interrupted', finished_at = ? WHERE outcome IS NULL").run(at)
    return open.map(toEntry)
  },

  /** Writes what the device says of itself; false where it says nothing new. */
  'update.report': (db: Connection, reported: ReportedState): boolean => {
    const body = JSON.stringify(reported)
    if (db.statement<[], string>('SELECT body FROM reported WHERE id = 1').pluck().get() === body) return false
    const sql = 'INSERT INTO reported(id, body) VALUES (1, ?) ON CONFLICT(id) DO UPDATE SET body = excluded.body'
    db.statement(sql).run(body)
    return true
  },
} satisfies Procedures

export type UpdateProcedures = typeof updateProcedures

function applyChange(db: Connection, change: Change, { step, at }: { step: number; at: number }): void {
  switch (change.kind) {
    case 'document':
      db.statement('INSERT OR REPLACE INTO update_documents(kind, sha256) VALUES (?, ?)').run(
        change.document,
        change.sha256,
      )
      return
    case 'activated':
      setPhase(db, { model: change.model, phase: 'active', at })
      setFailure(db, { model: change.model, failure: undefined })
      db.statement('INSERT OR REPLACE INTO update_versions(model, sha256, version, step) VALUES (?, ?, ?, ?)').run(
        change.model,
        change.to.sha256,
        change.to.version,
        step,
      )
      db.statement(
        `DELETE FROM update_versions WHERE model = $model AND step NOT IN
           (SELECT step FROM update_versions WHERE model = $model ORDER BY step DESC LIMIT ${KEPT_VERSIONS})`,
      ).run({ model: change.model })
      return
    case 'removed':
      db.statement('DELETE FROM update_models WHERE name = ?').run(change.model)
      db.statement('DELETE FROM update_versions WHERE model = ?').run(change.model)
  }
}

function setPhase(db: Connection, { model, phase, at }: { model: string; phase: UpdatePhase; at: number }): void {
  db.statement(
    `INSERT INTO update_models(name, phase, at) VALUES (?, ?, ?)
     ON CONFLICT(name) DO UPDATE SET phase = excluded.phase, at = excluded.at WHERE phase <> excluded.phase`,
  ).run(model, phase, at)
}

/** A failure that passes stays told until a step of the model succeeds, so that the report does not flicker. */
function setFailure(db: Connection, { model, failure }: { model: string; failure: Failure | undefined }): void {
  db.statement('UPDATE update_models SET error_code = ?, error_message = ? WHERE name = ?').run(
    failure?.code ?? null,
    failure?.message ?? null,
    model,
  )
}

const modelOf = ({ subject }: Step): string | undefined =>
  subject.startsWith('model:') ? subject.slice('model:'.length) : undefined

/** The object whose fault it is when a step is refused. */
function objectOf(step: Step): string | undefined {
  if (step.kind === 'fetch') return step.ref.sha256
  return 'sha256' in step ? step.sha256 : undefined
}

function refuse(db: Connection, refusal: { sha256: string; generation: number } & Failure): void {
  db.statement('INSERT OR REPLACE INTO update_refused(sha256, generation, code, message) VALUES (?, ?, ?, ?)').run(
    refusal.sha256,
    refusal.generation,
    refusal.code,
    refusal.message,
  )
  db.statement('DELETE FROM update_versions WHERE sha256 = ?').run(refusal.sha256)
}

/** A model as the tables hold it. */
export interface ModelState {
  readonly kept: readonly ModelVersion[]
  readonly phase: UpdatePhase
  readonly failure: Failure | undefined
  /** Store time of the last change of phase. */
  readonly at: number
}

interface ModelRow {
  readonly name: string
  readonly phase: UpdatePhase
  readonly error_code: string | null
  readonly error_message: string | null
  readonly at: number
}

export interface JournalEntry {
  readonly id: number
  readonly generation: number
  readonly step: Step
  readonly outcome: Outcome | 'interrupted' | null
}

interface JournalRow {
  readonly id: number
  readonly generation: number
  readonly step: string
  readonly outcome: JournalEntry['outcome']
}

const toEntry = ({ id, generation, step, outcome }: JournalRow): JournalEntry => ({
  id,
  generation,
  step: JSON.parse(step) as Step,
  outcome,
})

/** The desired state that is kept, which was validated when it came; undefined before the first. */
export function readDesired(db: Connection): DesiredState | undefined {
  const row = db.statement<[], [body: string]>('SELECT body FROM update_desired WHERE id = 1').raw().get()
  return row && (JSON.parse(row[0]) as DesiredState)
}

export function readModels(db: Connection): Readonly<Record<string, ModelState>> {
  const rows = db.statement<[], ModelRow>('SELECT * FROM update_models ORDER BY name').all()
  const toState = ({ name, phase, error_code: code, error_message: message, at }: ModelRow): [string, ModelState] => {
    const failure = code === null ? undefined : { code, message: message ?? '' }
    return [name, { kept: readKept(db, name), phase, failure, at }]
  }
  return Object.fromEntries(rows.map(toState))
}

/** Versions that have served, the latest first. */
function readKept(db: Connection, model: string): readonly ModelVersion[] {
  const sql = 'SELECT version, sha256 FROM update_versions WHERE model = ? ORDER BY step DESC'
  return db.statement<[string], ModelVersion>(sql).all(model)
}

export function readDocuments(db: Connection): CurrentState['documents'] {
  const sql = 'SELECT kind, sha256 FROM update_documents ORDER BY kind'
  return Object.fromEntries(db.statement<[], [DocumentKind, string]>(sql).raw().all())
}

/** Digests that failed for good, with the generation they failed under. */
export function readRefused(db: Connection): CurrentState['refused'] {
  return new Map(db.statement<[], [string, number]>('SELECT sha256, generation FROM update_refused').raw().all())
}

/** How often in a row a killed agent left this step open under this generation. */
export function timesInterrupted(db: Connection, step: Step, generation: number): number {
  const sql = `SELECT outcome FROM update_journal WHERE generation = ? AND step = ? AND outcome IS NOT NULL
    ORDER BY id DESC LIMIT 20`
  const outcomes = db.statement<[number, string], [string]>(sql).raw().all(generation, JSON.stringify(step))
  const other = outcomes.findIndex(([outcome]) => outcome !== 'interrupted')
  return other < 0 ? outcomes.length : other
}
