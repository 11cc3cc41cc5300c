import type { DesiredState, DocumentKind, EventRecord, ReportedState, UpdatePhase } from '@storecast/shared/contracts'
import type { Connection } from '../platform/database.ts'
import { recordEvent } from '../platform/events.ts'
import type { Procedures } from '../platform/writer.ts'
import type { ModelVersion, Step } from './plan.ts'
import type { SoakProgress } from './soak.ts'
import {
  type Failure,
  type JournalEntry,
  type JournalRow,
  readCandidate,
  readDesired,
  readKept,
  readModels,
  toEntry,
} from './tables.ts'

/** What a step that was done has changed. */
export type Change =
  | { readonly kind: 'document'; readonly document: DocumentKind; readonly sha256: string }
  | {
      readonly kind: 'passed'
      readonly model: string
      readonly version: ModelVersion
      readonly check: 'approved' | 'staged' | 'golden'
    }
  | { readonly kind: 'activated'; readonly model: string; readonly to: ModelVersion; readonly onProbation: boolean }
  | { readonly kind: 'committed'; readonly model: string }
  | {
      readonly kind: 'rolled-back'
      readonly model: string
      readonly from: ModelVersion
      readonly to: ModelVersion
      readonly failure: Failure
    }
  | { readonly kind: 'in-shadow'; readonly model: string; readonly version: ModelVersion }
  | { readonly kind: 'shadow-ended'; readonly model: string }
  | { readonly kind: 'removed'; readonly model: string }
  | { readonly kind: 'discarded'; readonly sha256s: readonly string[] }

/** How a step ended: its kind of end, and what it changed or why it failed. */
export type StepEnd =
  | { readonly outcome: 'done'; readonly change: Change | undefined }
  | { readonly outcome: 'stopped' }
  | { readonly outcome: 'retry' | 'refused'; readonly failure: Failure }

export interface StepFinished {
  /** Of the journal. */
  readonly id: number
  readonly generation: number
  readonly step: Step
  readonly at: number
  readonly end: StepEnd
  readonly event?: EventRecord
}

/** A version failed in service, or in shadow. */
export interface ServingFault {
  readonly model: string
  readonly sha256: string
  readonly generation: number
  readonly at: number
  readonly failure: Failure
  readonly event: EventRecord
}

/** Steps older than the newest ones tell nobody anything. */
const JOURNAL_ROWS = 500
/** The version that serves and the one before it. */
const KEPT_VERSIONS = 2

const PHASE_OF: Readonly<Partial<Record<Step['kind'], UpdatePhase>>> = {
  fetch: 'download',
  verify: 'verify',
  stage: 'stage',
  golden: 'golden',
  activate: 'activate',
}

export const updateProcedures = {
  /** Keeps a desired state; `old` where it is no later than the one that is kept, `extended` where only its expiry is. */
  'update.desire': (
    db: Connection,
    { desired, at }: { desired: DesiredState; at: number },
  ): 'new' | 'extended' | 'old' => {
    const kept = readDesired(db)
    if (kept !== undefined && desired.generation <= kept.generation) {
      if (desired.generation < kept.generation || desired.expires <= kept.expires) return 'old'
      const body = JSON.stringify({ ...kept, expires: desired.expires })
      db.statement('UPDATE update_desired SET body = ? WHERE id = 1').run(body)
      return 'extended'
    }
    const sql = 'INSERT OR REPLACE INTO update_desired(id, body, at) VALUES (1, ?, ?)'
    db.statement(sql).run(JSON.stringify(desired), at)
    for (const [model, { kept, soak, candidate }] of Object.entries(readModels(db))) {
      const target = desired.models[model]
      if (candidate && !candidate.accepted && candidate.sha256 !== target?.candidate?.bundle.sha256) {
        db.statement('DELETE FROM update_candidates WHERE model = ?').run(model)
      }
      // Desiring what serves anyway ends the story of another one that failed.
      if (kept[0] === undefined || kept[0].sha256 !== target?.bundle.sha256) continue
      setPhase(db, { subject: { model }, phase: soak?.sha256 === kept[0].sha256 ? 'soak' : 'active', at })
      setFailure(db, { subject: { model }, failure: undefined })
    }
    return 'new'
  },

  /** Notes that a step begins; returns its number in the journal. */
  'update.begin': (
    db: Connection,
    { generation, step, at }: { generation: number; step: Step; at: number },
  ): number => {
    const sql = 'INSERT INTO update_journal(generation, step, started_at) VALUES (?, ?, ?)'
    const id = Number(db.statement(sql).run(generation, JSON.stringify(step), at).lastInsertRowid)
    db.statement('DELETE FROM update_journal WHERE id <= ?').run(id - JOURNAL_ROWS)
    const subject = subjectOf(step)
    const phase = PHASE_OF[step.kind]
    if (subject?.candidate) takeUpCandidate(db, subject.model, at)
    if (subject && phase) setPhase(db, { subject, phase, at })
    return id
  },

  /** Notes how a step ended, what follows from that, and what is worth an event of it, in one transaction. */
  'update.finish': (db: Connection, { id, generation, step, at, end, event }: StepFinished): void => {
    if (event) recordEvent(db, event)
    const failure = 'failure' in end ? end.failure : undefined
    const sql = 'UPDATE update_journal SET finished_at = ?, outcome = ?, code = ?, message = ? WHERE id = ?'
    db.statement(sql).run(at, end.outcome, failure?.code ?? null, failure?.message ?? null, id)
    const subject = subjectOf(step)
    if (end.outcome === 'done') {
      if (subject && PHASE_OF[step.kind]) setFailure(db, { subject, failure: undefined })
      if (end.change !== undefined) applyChange(db, end.change, { step: id, generation, at })
    }
    if (failure === undefined) return
    if (subject) setFailure(db, { subject, failure })
    const object = objectOf(step)
    if (end.outcome !== 'refused' || object === undefined) return
    refuse(db, { sha256: object, generation, ...failure })
    if (subject) setPhase(db, { subject, phase: 'failed', at })
  },

  /** A version failed while it served: it is left alone until a later generation, the one before it serves. */
  'update.failed': (db: Connection, fault: ServingFault): void => {
    const { model, sha256, generation, at, failure, event } = fault
    recordEvent(db, event)
    const subject = { model }
    refuse(db, { sha256, generation, ...failure })
    setPhase(db, { subject, phase: readKept(db, model).length > 0 ? 'rolled-back' : 'failed', at })
    setFailure(db, { subject, failure })
  },

  /** A version failed in shadow: it leaves it, and is left alone until a later generation. */
  'update.shadow-failed': (db: Connection, fault: ServingFault): void => {
    const { model, sha256, generation, at, failure, event } = fault
    recordEvent(db, event)
    if (readCandidate(db, model)?.sha256 !== sha256) return
    const subject = { model, candidate: true }
    refuse(db, { sha256, generation, ...failure })
    setPhase(db, { subject, phase: 'failed', at })
    setFailure(db, { subject, failure })
  },

  /** Adds to what is known of a version on probation. */
  'update.soaked': (db: Connection, { model, more }: { model: string; more: SoakProgress }): void => {
    db.statement(
      `UPDATE update_soaks SET elapsed_ms = elapsed_ms + :elapsedMs, runs = runs + :runs, failed = failed + :failed,
         slow = slow + :slow, crashes = crashes + :crashes WHERE model = :model AND sha256 = :sha256`,
    ).run({ model, ...more })
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

interface Origin {
  /** Of the journal. */
  readonly step: number
  readonly generation: number
  readonly at: number
}

function applyChange(db: Connection, change: Change, { step, generation, at }: Origin): void {
  switch (change.kind) {
    case 'document':
      db.statement('INSERT OR REPLACE INTO update_documents(kind, sha256) VALUES (?, ?)').run(
        change.document,
        change.sha256,
      )
      return
    case 'passed':
      pass(db, change, generation)
      return
    case 'activated':
      // What was still on probation is nothing to go back to.
      db.statement(
        `DELETE FROM update_versions WHERE model = :model AND sha256 <> :sha256
           AND sha256 IN (SELECT sha256 FROM update_soaks WHERE model = :model)`,
      ).run({ model: change.model, sha256: change.to.sha256 })
      keep(db, change.model, change.to, step)
      db.statement('DELETE FROM update_soaks WHERE model = ?').run(change.model)
      if (change.onProbation) {
        db.statement('INSERT INTO update_soaks(model, sha256, version) VALUES (?, ?, ?)').run(
          change.model,
          change.to.sha256,
          change.to.version,
        )
      }
      setPhase(db, { subject: change, phase: change.onProbation ? 'soak' : 'active', at })
      setFailure(db, { subject: change, failure: undefined })
      return
    case 'committed':
      db.statement('DELETE FROM update_soaks WHERE model = ?').run(change.model)
      setPhase(db, { subject: change, phase: 'active', at })
      return
    case 'rolled-back':
      refuse(db, { sha256: change.from.sha256, generation, ...change.failure })
      keep(db, change.model, change.to, step)
      setPhase(db, { subject: change, phase: 'rolled-back', at })
      setFailure(db, { subject: change, failure: change.failure })
      return
    case 'in-shadow': {
      const subject = { model: change.model, candidate: true }
      takeUpCandidate(db, change.model, at)
      db.statement('UPDATE update_candidates SET accepted = 1 WHERE model = ?').run(change.model)
      setPhase(db, { subject, phase: 'shadow', at })
      setFailure(db, { subject, failure: undefined })
      return
    }
    case 'shadow-ended': {
      db.statement('UPDATE update_candidates SET accepted = 0 WHERE model = ?').run(change.model)
      const target = readDesired(db)?.models[change.model]?.candidate
      const candidate = readCandidate(db, change.model)
      if (candidate && target?.bundle.sha256 === candidate.sha256) {
        const subject = { model: change.model, candidate: true }
        if (candidate.phase !== 'failed') setPhase(db, { subject, phase: 'waiting', at })
        return
      }
      db.statement('DELETE FROM update_candidates WHERE model = ?').run(change.model)
      return
    }
    case 'removed':
      for (const table of ['update_versions', 'update_soaks', 'update_candidates', 'update_checks']) {
        db.statement(`DELETE FROM ${table} WHERE model = ?`).run(change.model)
      }
      db.statement('DELETE FROM update_models WHERE name = ?').run(change.model)
      return
    case 'discarded':
      for (const sha256 of change.sha256s) db.statement('DELETE FROM update_checks WHERE sha256 = ?').run(sha256)
  }
}

function pass(db: Connection, { model, version, check }: Change & { kind: 'passed' }, generation: number): void {
  const [column, value] = check === 'approved' ? ['approved_under', generation] : [check, 1]
  db.statement(
    `INSERT INTO update_checks(model, sha256, version, ${column}) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET ${column} = excluded.${column}`,
  ).run(model, version.sha256, version.version, value)
}

/** The latest of the versions that have served. */
function keep(db: Connection, model: string, { sha256, version }: ModelVersion, step: number): void {
  db.statement('INSERT OR REPLACE INTO update_versions(model, sha256, version, step) VALUES (?, ?, ?, ?)').run(
    model,
    sha256,
    version,
    step,
  )
  db.statement(
    `DELETE FROM update_versions WHERE model = $model AND step NOT IN
       (SELECT step FROM update_versions WHERE model = $model ORDER BY step DESC LIMIT ${KEPT_VERSIONS})`,
  ).run({ model })
}

/** The candidate that is desired has a row of its own, new where it is another one. */
function takeUpCandidate(db: Connection, model: string, at: number): void {
  const target = readDesired(db)?.models[model]?.candidate
  if (!target || readCandidate(db, model)?.sha256 === target.bundle.sha256) return
  const sql = 'INSERT OR REPLACE INTO update_candidates(model, sha256, version, phase, at) VALUES (?, ?, ?, ?, ?)'
  db.statement(sql).run(model, target.bundle.sha256, target.version, 'download', at)
}

/** A model, or the candidate beside its version. */
interface ModelSubject {
  readonly model: string
  readonly candidate?: boolean
}

function setPhase(
  db: Connection,
  { subject, phase, at }: { subject: ModelSubject; phase: UpdatePhase; at: number },
): void {
  if (subject.candidate) {
    const sql = 'UPDATE update_candidates SET phase = :phase, at = :at WHERE model = :model AND phase <> :phase'
    db.statement(sql).run({ model: subject.model, phase, at })
    return
  }
  db.statement(
    `INSERT INTO update_models(name, phase, at) VALUES (?, ?, ?)
     ON CONFLICT(name) DO UPDATE SET phase = excluded.phase, at = excluded.at WHERE phase <> excluded.phase`,
  ).run(subject.model, phase, at)
}

/** A failure that passes stays told until a step of the model succeeds, so that the report does not flicker. */
function setFailure(
  db: Connection,
  { subject, failure }: { subject: ModelSubject; failure: Failure | undefined },
): void {
  const [table, key] = subject.candidate ? ['update_candidates', 'model'] : ['update_models', 'name']
  const sql = `UPDATE ${table} SET error_code = ?, error_message = ? WHERE ${key} = ?`
  db.statement(sql).run(failure?.code ?? null, failure?.message ?? null, subject.model)
}

function subjectOf({ subject }: Step): ModelSubject | undefined {
  const [kind, model] = subject.split(':') as [string, string?]
  return model === undefined || kind === 'document' ? undefined : { model, candidate: kind === 'candidate' }
}

/** The object whose fault it is when a step is refused. */
function objectOf(step: Step): string | undefined {
  if (step.kind === 'fetch') return step.ref.sha256
  return 'sha256' in step ? step.sha256 : undefined
}

function refuse(db: Connection, refusal: { sha256: string; generation: number } & Failure): void {
  const { sha256, generation, code, message } = refusal
  const sql = 'INSERT OR REPLACE INTO update_refused(sha256, generation, code, message) VALUES (?, ?, ?, ?)'
  db.statement(sql).run(sha256, generation, code, message)
  for (const table of ['update_versions', 'update_soaks', 'update_checks']) {
    db.statement(`DELETE FROM ${table} WHERE sha256 = ?`).run(sha256)
  }
}
