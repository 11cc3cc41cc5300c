import type { EventRecord, ForecastRecord, ReportedState, WindowRecord } from '@storecast/shared/contracts'
import { Sketch } from '@storecast/shared/windows'
import {
  type BatchRecords,
  type Ranges,
  type Rejected,
  rangesOf,
  type Sequenced,
  type Superseded,
  sequencesOf,
  sift,
  union,
} from '@storecast/shared/wire'
import type { Connection } from '../platform/database.ts'
import { nextSequence } from './link.ts'

export interface PickOptions {
  /** Sequences that are under way: no record of them is picked. */
  readonly excluded: Ranges
  readonly limit: number
  /** Whether to tell what was superseded: in one batch at a time. */
  readonly withSuperseded: boolean
}

export interface Picked {
  readonly floor: number
  readonly records: BatchRecords
  readonly superseded: Superseded
  /** Records that would be refused by the cloud: told as dropped. */
  readonly rejected: readonly Rejected[]
}

const MAX_RANGES = 2000
const NOTHING: Superseded = { revised: [], coarsened: [], dropped: [] }

/**
 * The next batch, newest first: what happens now goes before what waited. All dirty records between the lowest and the
 * highest picked sequence are in it or excluded. Undefined where there is nothing to tell. Reads one committed state.
 */
export function pick(db: Connection, options: PickOptions): Picked | undefined {
  return db.transaction(() => {
    const sequences = dirtySequences(db, options)
    const { sound, rejected, lost } = readRecords(db, sequences)
    const told = options.withSuperseded ? readSuperseded(db) : NOTHING
    const unsent = rangesOf([...lost, ...rejected.map(({ seq }) => seq)].sort((a, b) => a - b))
    const superseded = { ...told, dropped: union(told.dropped, unsent) }
    const empty = sequences.length === 0 && Object.values(superseded).every((ranges) => ranges.length === 0)
    return empty ? undefined : { floor: floorOf(db), records: sound, superseded, rejected }
  })()
}

/** The lowest sequence that the cloud has not acknowledged. */
export function floorOf(db: Connection): number {
  const sql =
    'SELECT min(s) FROM (SELECT min(seq) AS s FROM outbox UNION ALL SELECT min(first) FROM superseded UNION ALL SELECT min(seq) FROM given_up)'
  return (db.statement(sql).pluck().get() as number | null) ?? nextSequence(db)
}

/** How much waits: records, and the oldest event time among them. */
export function backlog(db: Connection): { readonly records: number; readonly oldest: number | undefined } {
  const row = db
    .statement<[], { records: number; oldest: number | null }>(
      'SELECT count(*) AS records, min(at) AS oldest FROM outbox',
    )
    .get()!
  return { records: row.records, oldest: row.oldest ?? undefined }
}

/** Up to `limit` sequences, highest first, skipping the excluded ranges. */
function dirtySequences(db: Connection, { excluded, limit }: PickOptions): number[] {
  const statement = db
    .statement<[number, number, number], number>(
      'SELECT seq FROM outbox WHERE seq > ? AND seq < ? ORDER BY seq DESC LIMIT ?',
    )
    .pluck()
  const picked: number[] = []
  let below = Number.MAX_SAFE_INTEGER
  for (const [first, last] of [...excluded].reverse()) {
    picked.push(...statement.all(last, below, limit - picked.length))
    if (picked.length === limit) return picked
    below = first
  }
  picked.push(...statement.all(0, below, limit - picked.length))
  return picked
}

interface WindowRow {
  readonly seq: number
  readonly sensor: string
  readonly entity: string
  readonly start: number
  readonly end: number
  readonly revision: number
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly last: number
  readonly sketch: Uint8Array
  readonly missing: number
  readonly late: number
  readonly out_of_range: number
  readonly flat: number
  readonly duplicate: number
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

const WANTED = 'FROM json_each(?) wanted JOIN outbox o ON o.seq = wanted.value'

function readRecords(db: Connection, sequences: readonly number[]) {
  const wanted = JSON.stringify(sequences.toSorted((a, b) => a - b))
  const rows = <Row>(sql: string) => (sequences.length === 0 ? [] : db.statement<[string], Row>(sql).all(wanted))
  const windows = rows<WindowRow>(
    `SELECT o.seq, s.sensor, s.entity, w.* ${WANTED} AND o.kind = 'window'
       JOIN windows w ON w.series = o.k1 AND w.start = o.k2 AND w."end" = o.k3 JOIN series s ON s.id = w.series ORDER BY o.seq`,
  ).map(windowOf)
  const forecasts = rows<ForecastRow>(
    `SELECT o.seq, f.* ${WANTED} AND o.kind = 'forecast'
       JOIN forecasts f ON f.model = o.k1 AND f.version = o.k2 AND f.entity = o.k3 AND f.issued_at = o.k4 ORDER BY o.seq`,
  ).map(forecastOf)
  const events = rows<EventRow>(
    `SELECT o.seq, e.* ${WANTED} AND o.kind = 'event' JOIN events e ON e.id = o.k1 ORDER BY o.seq`,
  ).map(({ seq, detail, ...event }) => ({ seq, record: { ...event, detail: JSON.parse(detail) } }))
  const reported = rows<{ seq: number; body: string }>(
    `SELECT o.seq, r.body ${WANTED} AND o.kind = 'reported' JOIN reported r ON r.id = o.k1`,
  ).map(({ seq, body }) => ({ seq, record: JSON.parse(body) as ReportedState }))[0]
  const records = { windows, forecasts, events, reported }
  const found = new Set(sequencesOf(records))
  return { ...sift(records), lost: sequences.filter((seq) => !found.has(seq)) }
}

function windowOf({ seq, sensor, entity, sketch, ...row }: WindowRow): Sequenced<WindowRecord> {
  const { start, end, revision, count, sum, min, max, last, missing, late, flat, duplicate } = row
  const quality = { missing, late, outOfRange: row.out_of_range, flat, duplicate }
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

function readSuperseded(db: Connection): Superseded {
  const rows = db
    .statement<[number], { first: number; last: number; cause: keyof Superseded }>(
      'SELECT first, last, cause FROM superseded ORDER BY first LIMIT ?',
    )
    .all(MAX_RANGES)
  const of = (cause: keyof Superseded): Ranges =>
    union(rows.filter((row) => row.cause === cause).map(({ first, last }) => [first, last] as const))
  const dropped = db
    .statement<[number], number>('SELECT seq FROM given_up ORDER BY seq LIMIT ?')
    .pluck()
    .all(MAX_RANGES)
  return { revised: of('revised'), coarsened: of('coarsened'), dropped: union(of('dropped'), rangesOf(dropped)) }
}
