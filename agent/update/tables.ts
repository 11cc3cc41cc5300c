import type { DesiredState, DocumentKind, UpdatePhase } from '@storecast/shared/contracts'
import type { Connection } from '../platform/database.ts'
import { type Checks, type CurrentState, checksKey, type ModelVersion, type Step } from './plan.ts'
import type { SoakProgress } from './soak.ts'

/** What the update tables hold, read. */

export type Outcome = 'done' | 'retry' | 'refused' | 'stopped'

export interface Failure {
  readonly code: string
  readonly message: string
}

interface PhaseState {
  readonly phase: UpdatePhase
  readonly failure: Failure | undefined
  /** Store time of the last change of phase. */
  readonly at: number
}

/** A candidate as the tables hold it. */
export interface CandidateState extends PhaseState, ModelVersion {
  /** It was let into shadow. */
  readonly accepted: boolean
}

/** A model as the tables hold it. */
export interface ModelState extends PhaseState {
  readonly kept: readonly ModelVersion[]
  readonly soak: SoakProgress | null
  readonly candidate: CandidateState | undefined
}

interface PhaseRow {
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

export interface JournalRow extends Omit<JournalEntry, 'step'> {
  readonly step: string
}

export const toEntry = ({ id, generation, step, outcome }: JournalRow): JournalEntry => ({
  id,
  generation,
  step: JSON.parse(step) as Step,
  outcome,
})

/** The desired state that is kept, which was validated when it came; undefined before the first. */
export function readDesired(db: Connection): DesiredState | undefined {
  return readDesiredSince(db)?.desired
}

/** The same with the store time at which it came. */
export function readDesiredSince(db: Connection): { readonly desired: DesiredState; readonly at: number } | undefined {
  const row = db.statement<[], [string, number]>('SELECT body, at FROM update_desired WHERE id = 1').raw().get()
  return row && { desired: JSON.parse(row[0]) as DesiredState, at: row[1] }
}

export function readModels(db: Connection): Readonly<Record<string, ModelState>> {
  const rows = db.statement<[], PhaseRow & { name: string }>('SELECT * FROM update_models ORDER BY name').all()
  const toState = ({ name, ...row }: (typeof rows)[number]): [string, ModelState] => [
    name,
    { ...phaseOf(row), kept: readKept(db, name), soak: readSoak(db, name), candidate: readCandidate(db, name) },
  ]
  return Object.fromEntries(rows.map(toState))
}

function phaseOf({ phase, error_code: code, error_message: message, at }: PhaseRow): PhaseState {
  return { phase, failure: code === null ? undefined : { code, message: message ?? '' }, at }
}

/** Versions that have served, the latest first. */
export function readKept(db: Connection, model: string): readonly ModelVersion[] {
  const sql = 'SELECT version, sha256 FROM update_versions WHERE model = ? ORDER BY step DESC'
  return db.statement<[string], ModelVersion>(sql).all(model)
}

export function readSoak(db: Connection, model: string): SoakProgress | null {
  const sql = `SELECT version, sha256, elapsed_ms AS elapsedMs, runs, failed, slow, crashes FROM update_soaks WHERE model = ?`
  return db.statement<[string], SoakProgress>(sql).get(model) ?? null
}

export function readCandidate(db: Connection, model: string): CandidateState | undefined {
  const row = db
    .statement<[string], PhaseRow & ModelVersion & { accepted: number }>(
      'SELECT * FROM update_candidates WHERE model = ?',
    )
    .get(model)
  return row && { ...phaseOf(row), version: row.version, sha256: row.sha256, accepted: row.accepted === 1 }
}

export function readChecks(db: Connection): ReadonlyMap<string, Checks> {
  interface Row extends ModelVersion {
    readonly model: string
    readonly approved_under: number | null
    readonly staged: number
    readonly golden: number
  }
  const rows = db.statement<[], Row>('SELECT * FROM update_checks').all()
  return new Map(
    rows.map((row) => [
      checksKey(row.model, row),
      { approvedUnder: row.approved_under, staged: row.staged === 1, golden: row.golden === 1 },
    ]),
  )
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
