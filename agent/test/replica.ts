import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  DecisionRecord,
  EventRecord,
  EvidenceRecord,
  ForecastRecord,
  ReportedState,
  WindowRecord,
} from '@storecast/shared/contracts'
import { Sketch } from '@storecast/shared/windows'
import { bufferMigrations } from '../buffer/index.ts'
import { type DecisionRow, recordOf } from '../decisions/row.ts'
import { decisionMigrations } from '../decisions/schema.ts'
import { forecastMigrations } from '../forecasts/schema.ts'
import { outboxMigrations } from '../outbox/index.ts'
import { type Connection, type Migration, openWriting } from '../platform/database.ts'
import { eventMigrations, recordEvent } from '../platform/events.ts'
import { updateMigrations } from '../update/schema.ts'
import { windowMigrations } from '../windows/index.ts'
import { qualityOf, type WindowRow } from '../windows/rows.ts'

/** What the outbox watches, and the outbox. */
export const replicaMigrations: readonly Migration[] = [
  ...eventMigrations,
  ...bufferMigrations,
  ...windowMigrations,
  ...forecastMigrations,
  ...decisionMigrations,
  ...updateMigrations,
  ...outboxMigrations,
]

/** Opens a database with the outbox and the tables that it watches. */
export const openReplica = (file: string): Connection => openWriting(file, replicaMigrations)

/** The same in a folder of its own, which goes with it. */
export function temporaryReplica(): { readonly db: Connection; readonly file: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'replica-'))
  const file = join(folder, 'agent.db')
  const db = openReplica(file)
  return {
    db,
    file,
    [Symbol.dispose]() {
      db.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** As windows/ does: INSERT, or UPDATE where the key is there. */
export function putWindow(db: Connection, record: WindowRecord): void {
  const { series, start, end, revision, count, sum, min, max, last, sketch, quality } = record
  db.statement("INSERT INTO sensors(name, definition) VALUES (?, '{}') ON CONFLICT DO NOTHING").run(series.sensor)
  db.statement('INSERT INTO series(sensor, entity) VALUES (?, ?) ON CONFLICT DO NOTHING').run(
    series.sensor,
    series.entity,
  )
  const id = db
    .statement('SELECT id FROM series WHERE sensor = ? AND entity = ?')
    .pluck()
    .get(series.sensor, series.entity)
  const { missing, late, outOfRange, flat, duplicate, wrongType, wrongUnit, untrusted } = quality
  const bins = Sketch.fromBins(sketch).encode()
  db.statement(
    `INSERT INTO windows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
       revision = excluded.revision, count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max,
       last = excluded.last, sketch = excluded.sketch, missing = excluded.missing, late = excluded.late,
       out_of_range = excluded.out_of_range, flat = excluded.flat, duplicate = excluded.duplicate,
       wrong_type = excluded.wrong_type, wrong_unit = excluded.wrong_unit, untrusted = excluded.untrusted`,
  ).run(
    ...[id, start, end, revision, count, sum, min, max, last, bins],
    ...[missing, late, outOfRange, flat, duplicate, wrongType, wrongUnit, untrusted],
  )
}

export function removeWindows(
  db: Connection,
  { sensor, entity }: WindowRecord['series'],
  from: number,
  to: number,
): void {
  db.statement(
    `DELETE FROM windows WHERE series = (SELECT id FROM series WHERE sensor = ? AND entity = ?) AND start >= ? AND "end" <= ?`,
  ).run(sensor, entity, from, to)
}

export function putForecast(db: Connection, forecast: ForecastRecord): void {
  const { model, version, entity, issuedAt, start, end, quantiles, mean, baseline, score } = forecast
  const packed = Buffer.from(Float32Array.from(quantiles).buffer)
  db.statement(
    `INSERT INTO forecasts(model, version, entity, issued_at, start, "end", quantiles, raw, mean, profile, baseline,
       scored_at, actual, censored) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, x'', ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET scored_at = excluded.scored_at, actual = excluded.actual, censored = excluded.censored`,
  ).run(
    ...[model, version, entity, issuedAt, start, end, packed, packed, mean, baseline],
    ...[score?.scoredAt ?? null, score?.actual ?? null, score ? Number(score.censored) : null],
  )
}

export const putEvent = (db: Connection, event: EventRecord): void => recordEvent(db, event)

/** As forecasts/ does: INSERT, or UPDATE where the key is there. */
export function putEvidence(db: Connection, evidence: EvidenceRecord): void {
  const { model, champion, candidate, day, region, rows, excluded, difference, actual, moved, crashes } = evidence
  const { differenceSquared, largestDifference, championAbsolute, candidateAbsolute } = evidence
  const { intervals, championCovered, candidateCovered } = evidence
  db.statement(
    `INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
       rows = excluded.rows, excluded = excluded.excluded, difference = excluded.difference, crashes = excluded.crashes,
       intervals = excluded.intervals, champion_covered = excluded.champion_covered`,
  ).run(
    ...[model, champion, candidate, day, region, rows, excluded, difference, differenceSquared, largestDifference],
    ...[championAbsolute, candidateAbsolute, evidence.championError, evidence.candidateError, actual, moved, crashes],
    ...[Sketch.fromBins(evidence.latency).encode(), Date.parse(`${day}T00:00:00Z`)],
    ...[intervals, championCovered, candidateCovered],
  )
}

/** As decisions/ does: INSERT, or UPDATE of what came of it where it is there. */
export function putDecision(db: Connection, decision: DecisionRecord): void {
  const { id, model, version, entity, issuedAt, start, end, stock, onOrder, quantity, choice, outcome } = decision
  db.statement(
    `INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, NULL)
     ON CONFLICT(id) DO UPDATE SET choice = excluded.choice, chosen_at = excluded.chosen_at,
       chosen_quantity = excluded.chosen_quantity, reason = excluded.reason, judged_at = excluded.judged_at,
       actual = excluded.actual, stock_out = excluded.stock_out, correct = excluded.correct`,
  ).run(
    ...[id, decision.decision, model, version, entity, issuedAt, start, end],
    ...[Buffer.from(Float32Array.from(decision.quantiles).buffer), stock, onOrder, quantity],
    ...[choice?.kind ?? null, choice?.chosenAt ?? null, choice?.quantity ?? null, choice?.reason ?? null],
    ...[outcome?.judgedAt ?? null, outcome?.actual ?? null],
    ...[outcome ? Number(outcome.stockOut) : null, outcome ? Number(outcome.correct) : null],
  )
}

export const putReported = (db: Connection, body: unknown): void =>
  void db
    .statement('INSERT INTO reported VALUES (1, ?) ON CONFLICT DO UPDATE SET body = excluded.body')
    .run(JSON.stringify(body))

/** All records of a database. */
export interface ReplicaRecords {
  readonly windows: readonly WindowRecord[]
  readonly forecasts: readonly ForecastRecord[]
  readonly events: readonly EventRecord[]
  readonly evidence: readonly EvidenceRecord[]
  readonly decisions: readonly DecisionRecord[]
  readonly reported: ReportedState | undefined
}

export function readReplica(db: Connection): ReplicaRecords {
  const rows = (sql: string) => db.statement<[], Row>(sql).all()
  const [reported] = rows('SELECT body FROM reported')
  return {
    windows: rows('SELECT s.sensor, s.entity, w.* FROM windows w JOIN series s ON s.id = w.series').map((row) => ({
      series: { sensor: row.sensor, entity: row.entity },
      start: row.start,
      end: row.end,
      revision: row.revision,
      count: row.count,
      sum: row.sum,
      min: row.min,
      max: row.max,
      last: row.last,
      sketch: Sketch.decode(row.sketch).bins(),
      quality: qualityOf(row as WindowRow),
    })),
    forecasts: rows('SELECT * FROM forecasts').map((row) => ({
      model: row.model,
      version: row.version,
      entity: row.entity,
      issuedAt: row.issued_at,
      start: row.start,
      end: row.end,
      quantiles: [...new Float32Array(new Uint8Array(row.quantiles).buffer)],
      mean: row.mean,
      baseline: row.baseline,
      ...(row.scored_at !== null && {
        score: { scoredAt: row.scored_at, actual: row.actual, censored: row.censored === 1 },
      }),
    })),
    events: rows('SELECT * FROM events').map((row) => ({ ...row, detail: JSON.parse(row.detail) }) as EventRecord),
    evidence: rows('SELECT * FROM evidence').map((row) => ({
      model: row.model,
      champion: row.champion,
      candidate: row.candidate,
      day: row.day,
      region: row.region,
      rows: row.rows,
      excluded: row.excluded,
      difference: row.difference,
      differenceSquared: row.difference_squared,
      largestDifference: row.largest_difference,
      championAbsolute: row.champion_absolute,
      candidateAbsolute: row.candidate_absolute,
      championError: row.champion_error,
      candidateError: row.candidate_error,
      actual: row.actual,
      moved: row.moved,
      crashes: row.crashes,
      intervals: row.intervals,
      championCovered: row.champion_covered,
      candidateCovered: row.candidate_covered,
      latency: Sketch.decode(row.latency).bins(),
    })),
    decisions: db.statement<[], DecisionRow>('SELECT * FROM decisions').all().map(recordOf),
    reported: reported && JSON.parse(reported.body),
  }
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the columns are.
type Row = Record<string, any>
