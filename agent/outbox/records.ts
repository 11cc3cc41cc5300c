import type {
  EventRecord,
  EvidenceRecord,
  ForecastRecord,
  ReportedState,
  SeriesKey,
  WindowRecord,
} from '@storecast/shared/contracts'
import { Sketch } from '@storecast/shared/windows'
import { type BatchRecords, type Rejected, type Sequenced, sequencesOf, sift } from '@storecast/shared/wire'
import { type DecisionRow, recordOf } from '../decisions/row.ts'
import type { Connection } from '../platform/database.ts'
import { qualityOf, type WindowRow } from '../windows/rows.ts'

interface StoredWindow extends Omit<WindowRow, 'series'>, SeriesKey {
  readonly seq: number
}

interface ForecastRow {
  readonly seq: number
  readonly model: string
  readonly version: number
  readonly entity: string
  readonly issued_at: number
  readonly start: number
  readonly end: number
  readonly quantiles: Uint8Array
  readonly mean: number
  readonly baseline: number
  readonly scored_at: number | null
  readonly actual: number | null
  readonly censored: number | null
}

interface EventRow extends Omit<EventRecord, 'detail'> {
  readonly seq: number
  readonly detail: string
}

interface EvidenceRow extends Pick<EvidenceRecord, PlainEvidence> {
  readonly seq: number
  readonly difference_squared: number
  readonly largest_difference: number
  readonly champion_absolute: number
  readonly candidate_absolute: number
  readonly champion_error: number
  readonly candidate_error: number
  readonly champion_covered: number
  readonly candidate_covered: number
  readonly latency: Uint8Array
}

/** Of one word, hence named in the table as in the record. */
type PlainEvidence =
  | 'model'
  | 'champion'
  | 'candidate'
  | 'day'
  | 'region'
  | 'rows'
  | 'excluded'
  | 'difference'
  | 'actual'
  | 'intervals'
  | 'moved'
  | 'crashes'

/** In this order: the few that are wanted, each by its keys. */
const WANTED = 'FROM json_each(?) wanted CROSS JOIN outbox o ON o.seq = wanted.value'

export interface DirtyRecords {
  readonly sound: BatchRecords
  /** Records that the cloud would refuse. */
  readonly rejected: readonly Rejected[]
  /** Sequences whose record is not there. */
  readonly lost: readonly number[]
}

/** The records of these dirty sequences, as they are now. */
export function readRecords(db: Connection, sequences: readonly number[]): DirtyRecords {
  const wanted = JSON.stringify(sequences)
  const rows = <Row>(sql: string) => (sequences.length === 0 ? [] : db.statement<[string], Row>(sql).all(wanted))
  const windows = rows<StoredWindow>(
    `SELECT o.seq, s.sensor, s.entity, w.* ${WANTED} AND +o.kind = 'window'
       CROSS JOIN windows w ON w.series = o.k1 AND w.start = o.k2 AND w."end" = o.k3 CROSS JOIN series s ON s.id = w.series ORDER BY o.seq`,
  ).map(windowOf)
  const forecasts = rows<ForecastRow>(
    `SELECT o.seq, f.* ${WANTED} AND +o.kind = 'forecast'
       CROSS JOIN forecasts f ON f.model = o.k1 AND f.version = o.k2 AND f.issued_at = o.k3 AND f.entity = o.k4 ORDER BY o.seq`,
  ).map(forecastOf)
  const events = rows<EventRow>(
    `SELECT o.seq, e.* ${WANTED} AND +o.kind = 'event' CROSS JOIN events e ON e.id = o.k1 ORDER BY o.seq`,
  ).map(({ seq, detail, ...event }) => ({ seq, record: { ...event, detail: parsed(detail) as EventRecord['detail'] } }))
  const reported = rows<{ seq: number; body: string }>(
    `SELECT o.seq, r.body ${WANTED} AND +o.kind = 'reported' CROSS JOIN reported r ON r.id = o.k1`,
  ).map(({ seq, body }) => ({ seq, record: parsed(body) as ReportedState }))[0]
  const evidence = rows<EvidenceRow>(
    `SELECT o.seq, e.* ${WANTED} AND +o.kind = 'evidence'
       CROSS JOIN evidence e ON e.model = o.k1 AND e.champion = o.k2 AND e.candidate = o.k3 AND e.day = o.k4 ORDER BY o.seq`,
  ).map(evidenceOf)
  const decisions = rows<DecisionRow & { readonly seq: number }>(
    `SELECT o.seq, d.* ${WANTED} AND +o.kind = 'decision' CROSS JOIN decisions d ON d.id = o.k1 ORDER BY o.seq`,
  ).map((row) => ({ seq: row.seq, record: recordOf(row) }))
  const records = { windows, forecasts, events, evidence, decisions, reported }
  const found = new Set(sequencesOf(records))
  return { ...sift(records), lost: sequences.filter((seq) => !found.has(seq)) }
}

function windowOf({ seq, sensor, entity, sketch, ...row }: StoredWindow): Sequenced<WindowRecord> {
  const { start, end, revision, count, sum, min, max, last } = row
  const quality = qualityOf(row)
  const bins = Sketch.decode(sketch).bins()
  return {
    seq,
    record: { series: { sensor, entity }, start, end, revision, count, sum, min, max, last, sketch: bins, quality },
  }
}

function forecastOf(row: ForecastRow): Sequenced<ForecastRecord> {
  const { seq, model, version, entity, issued_at, start, end, mean, baseline, scored_at, actual, censored } = row
  const score =
    scored_at === null || actual === null ? {} : { score: { scoredAt: scored_at, actual, censored: censored === 1 } }
  // A copy: float32 needs an alignment that the blob's place in its buffer may lack.
  const quantiles = [...new Float32Array(new Uint8Array(row.quantiles).buffer)]
  return {
    seq,
    record: { model, version, entity, issuedAt: issued_at, start, end, quantiles, mean, baseline, ...score },
  }
}

function evidenceOf(row: EvidenceRow): Sequenced<EvidenceRecord> {
  const {
    seq,
    model,
    champion,
    candidate,
    day,
    region,
    rows,
    excluded,
    difference,
    actual,
    moved,
    crashes,
    intervals,
  } = row
  return {
    seq,
    record: {
      ...{ model, champion, candidate, day, region, rows, excluded, difference, actual, moved, crashes, intervals },
      differenceSquared: row.difference_squared,
      largestDifference: row.largest_difference,
      championAbsolute: row.champion_absolute,
      candidateAbsolute: row.candidate_absolute,
      championError: row.champion_error,
      candidateError: row.candidate_error,
      championCovered: row.champion_covered,
      candidateCovered: row.candidate_covered,
      latency: Sketch.decode(row.latency).bins(),
    },
  }
}

/** Undefined where it is no JSON: the record is then refused, and holds nothing up. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
