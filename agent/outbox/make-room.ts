import { randomUUID } from 'node:crypto'
import type { ZoneStretches } from '@storecast/shared/windows'
import { expireBlocks } from '../buffer/index.ts'
import { type Connection, type DatabaseSize, sizeOf } from '../platform/database.ts'
import { recordEvent } from '../platform/events.ts'
import { coarsen, openFrom, seriesByPriority, type WindowRow } from '../windows/index.ts'
import { CONCESSIONS, type Concession, concessionName } from './concessions.ts'

export interface MakeRoomRequest {
  readonly zone: ZoneStretches
  /** Store time. */
  readonly now: number
  /** Of the newest windows, which keep their size. */
  readonly keepFineMs: number
  /** Records that are enough for one transaction. */
  readonly enough: number
}

export interface MadeRoom {
  /** What was given up; undefined: nothing is left to give up. */
  readonly conceded: string | undefined
  readonly size: DatabaseSize
}

const DAY = 86_400_000
/** Forecasts that people look at, those that are still scored and learnt from, and windows that models may look back to. */
const KEPT_FORECASTS_MS = 28 * DAY
const KEPT_EVENTS_MS = 28 * DAY
const KEPT_DECISIONS_MS = 28 * DAY
/** As long as a late reading may change what came of them. */
const JUDGED_MS = 15 * DAY
const SCORED_FORECASTS_MS = 15 * DAY
const KEPT_WINDOWS_MS = 400 * DAY
/** Raw readings, by which late ones of an hour are sorted in. */
const KEPT_READINGS_MS = DAY / 24
/** Of superseded sequences: above, neighbours are joined. */
const MOST_RANGES = 5000
/** Pages that making room may take beyond the cap of the file, until what it deletes is free. */
const RESERVE_PAGES = 256

/** Makes the first concession that gives anything up. */
export function makeRoom(db: Connection, request: MakeRoomRequest): MadeRoom {
  const most = db.statement<[], number>('PRAGMA max_page_count').pluck().get()!
  db.pragma(`max_page_count = ${most + RESERVE_PAGES}`)
  try {
    for (const concession of CONCESSIONS) {
      const records = concede(db, concession, request)
      if (records === undefined) continue
      const conceded = concessionName(concession)
      note(db, conceded, records, request.now)
      settleGivenUp(db)
      return { conceded, size: sizeOf(db) }
    }
    return { conceded: undefined, size: sizeOf(db) }
  } finally {
    db.pragma(`max_page_count = ${most}`)
  }
}

export interface ConcededCount {
  /** `windows-coarsened-1h`, `forecasts-dropped`, … */
  readonly what: string
  /** Since the device's database began. */
  readonly records: number
  /** Store time of the last. */
  readonly at: number
}

export function concededCounts(db: Connection): ConcededCount[] {
  return db.statement<[], ConcededCount>('SELECT what, records, at FROM conceded ORDER BY what').all()
}

/** Counts what was given up. */
export function note(db: Connection, what: string, records: number, now: number): void {
  if (records === 0) return
  db.statement(
    `INSERT INTO conceded(what, records, at) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET records = records + excluded.records, at = excluded.at`,
  ).run(what, records, now)
}

/** @returns records given up, 0 included where the next call goes on; undefined where there is nothing to give up */
function concede(db: Connection, concession: Concession, request: MakeRoomRequest): number | undefined {
  if (concession.kind === 'forget') return forget(db, concession, request)
  if (concession.kind === 'drop') return drop(db, concession, request)
  const { priority, into, recent } = concession
  const series = seriesByPriority(db)[priority]
  const replacing = (fine: readonly WindowRow[]) => keepsSilent(db, fine)
  return coarsen(db, { ...request, before: request.now - (recent ? 0 : request.keepFineMs), into, series, replacing })
}

type OfKind<K> = Extract<Concession, { readonly kind: K }>

function forget(db: Connection, { what }: OfKind<'forget'>, { now, enough }: MakeRoomRequest): number | undefined {
  switch (what) {
    case 'forecasts':
      return giveUpForecasts(db, { before: now - KEPT_FORECASTS_MS, unsent: false, now })
    case 'decisions':
      return forgetDecisions(db, { before: now - KEPT_DECISIONS_MS, enough })
    case 'events':
      return forgetEvents(db, now - KEPT_EVENTS_MS)
    case 'windows':
      return forgetWindows(db, { before: now - KEPT_WINDOWS_MS, enough })
    case 'readings':
      return expireBlocks(db, { before: now - KEPT_READINGS_MS, keepFrom: openFrom(db) }) || undefined
  }
}

function drop(db: Connection, concession: OfKind<'drop'>, request: MakeRoomRequest): number | undefined {
  switch (concession.what) {
    case 'holds':
      return dropHolds(db, request)
    case 'forecasts':
      return giveUpForecasts(db, { before: request.now - SCORED_FORECASTS_MS, unsent: true, now: request.now })
    case 'events':
      return dropEvents(db, request)
    case 'windows':
      return dropWindows(db, seriesByPriority(db)[concession.priority], request)
  }
}

/**
 * Where the cloud has all the fine windows it is not sent the coarse one, which would replace them there: the detail is
 * given up here alone. The coarse one's sequence will never come.
 */
function keepsSilent(db: Connection, fine: readonly WindowRow[]): (coarse: WindowRow) => void {
  const sent = fine.every((row) => sequenceOf(db, row) === undefined)
  return (coarse) => {
    const seq = sent ? sequenceOf(db, coarse) : undefined
    if (seq === undefined) return
    db.statement("INSERT INTO supersede VALUES (?, 'coarsened')").run(seq)
    db.statement('DELETE FROM outbox WHERE seq = ?').run(seq)
  }
}

function sequenceOf(db: Connection, { series, start, end }: WindowRow): number | undefined {
  return db
    .statement<[number, number, number], number>(
      "SELECT seq FROM outbox WHERE kind = 'window' AND k1 = ? AND k2 = ? AND k3 = ? AND k4 = ''",
    )
    .pluck()
    .get(series, start, end)
}

interface ForecastsToGiveUp {
  /** Issued before. */
  readonly before: number
  /** Also those that the cloud does not have. */
  readonly unsent: boolean
  readonly now: number
}

/** One run, the oldest. */
function giveUpForecasts(db: Connection, { before, unsent, now }: ForecastsToGiveUp): number | undefined {
  const dirty = `SELECT count(*) FROM outbox WHERE kind = 'forecast' AND k1 = r.model AND k2 = r.version AND k3 = r.issued_at`
  const run = db
    .statement<[number, number], { model: string; version: number; issued_at: number; dirty: number }>(
      `SELECT model, version, issued_at, (${dirty}) AS dirty FROM forecast_runs r
       WHERE issued_at < ? AND (? OR NOT EXISTS (${dirty.replace('count(*)', '1')})) ORDER BY issued_at LIMIT 1`,
    )
    .get(before, unsent ? 1 : 0)
  if (!run) return undefined
  const { model, version, issued_at } = run
  const key = [model, version, issued_at] as const
  const { changes } = db
    .statement('DELETE FROM forecasts WHERE model = ? AND version = ? AND issued_at = ?')
    .run(...key)
  db.statement('DELETE FROM forecast_runs WHERE model = ? AND version = ? AND issued_at = ?').run(...key)
  if (!unsent) return changes
  const what = `${run.dirty} forecasts of ${model} of ${new Date(issued_at).toISOString()}`
  tellDropped(db, now, { what: 'forecasts', records: run.dirty, message: what })
  return run.dirty
}

function forgetDecisions(
  db: Connection,
  { before, enough }: { readonly before: number; readonly enough: number },
): number | undefined {
  const { changes } = db
    .statement(
      `DELETE FROM decisions WHERE id IN (SELECT id FROM decisions d WHERE issued_at < ? AND NOT EXISTS
         (SELECT 1 FROM outbox o WHERE o.kind = 'decision' AND o.k1 = d.id) ORDER BY id LIMIT ?)`,
    )
    .run(before, enough)
  return changes || undefined
}

function dropHolds(db: Connection, { now, enough }: MakeRoomRequest): number | undefined {
  const { changes } = db
    .statement(
      'DELETE FROM decisions WHERE id IN (SELECT id FROM decisions WHERE quantity = 0 AND issued_at < ? ORDER BY id LIMIT ?)',
    )
    .run(now - JUDGED_MS, enough)
  if (changes === 0) return undefined
  tellDropped(db, now, { what: 'decisions', records: changes, message: `${changes} decisions to order nothing` })
  return changes
}

function forgetEvents(db: Connection, before: number): number | undefined {
  const { changes } = db
    .statement(
      `DELETE FROM events WHERE at < ? AND NOT EXISTS
         (SELECT 1 FROM outbox o WHERE o.kind = 'event' AND o.k1 = events.id)`,
    )
    .run(before)
  return changes || undefined
}

/** Of the oldest day on which there are some, of any series: windows that the cloud has, as coarse as they get. */
function forgetWindows(db: Connection, { before, enough }: { before: number; enough: number }): number | undefined {
  const { changes } = db
    .statement(
      `DELETE FROM windows WHERE (series, start, "end") IN (SELECT series, start, "end" FROM windows w WHERE start < ?
         AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.kind = 'window' AND o.k1 = w.series AND o.k2 = w.start AND o.k3 = w."end")
         LIMIT ?)`,
    )
    .run(before, enough)
  return changes > 0 ? changes : undefined
}

function dropEvents(db: Connection, { now, enough }: MakeRoomRequest): number | undefined {
  const { changes } = db
    .statement(
      `DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < ? AND code <> 'records-dropped'
         ORDER BY severity = 'error', at LIMIT ?)`,
    )
    .run(now - DAY, enough)
  if (changes === 0) return undefined
  tellDropped(db, now, { what: 'events', records: changes, message: `${changes} events` })
  return changes
}

function dropWindows(db: Connection, series: readonly number[], request: MakeRoomRequest): number | undefined {
  const { now, keepFineMs, enough } = request
  const ids = JSON.stringify(series)
  const before = now - Math.min(keepFineMs, DAY)
  const from = db
    .statement<[number, string], number | null>(
      `SELECT min((SELECT start FROM windows w WHERE w.series = value AND start < ? ORDER BY start LIMIT 1)) FROM json_each(?)`,
    )
    .pluck()
    .get(before, ids) as number | null
  if (from === null) return undefined
  const { changes } = db
    .statement(
      `DELETE FROM windows WHERE (series, start, "end") IN (SELECT w.series, start, "end" FROM json_each(?)
         JOIN windows w ON w.series = value WHERE start < ? LIMIT ?)`,
    )
    .run(ids, Math.min(before, from + DAY), enough)
  const message = `${changes} windows from ${new Date(from).toISOString()} on`
  tellDropped(db, now, { what: 'windows', records: changes, message })
  return changes
}

interface Dropped {
  readonly what: string
  readonly records: number
  readonly message: string
}

function tellDropped(db: Connection, now: number, { what, records, message }: Dropped): void {
  recordEvent(db, {
    id: randomUUID(),
    at: now,
    severity: 'warning',
    code: 'records-dropped',
    message: `Space is short and everything is as coarse as it gets: ${message} are dropped.`,
    detail: { what, records },
  })
}

/** Windows deleted in this transaction that no coarser one covers. */
function settleGivenUp(db: Connection): void {
  db.statement("INSERT INTO supersede SELECT seq, 'dropped' FROM given_up ORDER BY seq").run()
  db.statement('DELETE FROM given_up').run()
  joinSuperseded(db)
}

/**
 * Late readings leave holes of another cause among what is merged later: of neighbours that lost nothing, one range. What
 * was dropped stays told as such.
 */
function joinSuperseded(db: Connection): void {
  const count = db.statement<[], number>('SELECT count(*) FROM superseded').pluck().get()!
  if (count < MOST_RANGES) return
  const ranges = db.statement<[], Range>('SELECT first, last, cause FROM superseded ORDER BY first').all()
  const widen = db.statement("UPDATE superseded SET last = ?, cause = 'coarsened' WHERE first = ?")
  const remove = db.statement('DELETE FROM superseded WHERE first > ? AND first <= ?')
  for (let i = 0; i < ranges.length; ) {
    const { first, cause } = ranges[i]!
    let end = i
    if (cause !== 'dropped') while (continues(ranges[end]!, ranges[end + 1])) end++
    if (end > i) {
      remove.run(first, ranges[end]!.last)
      widen.run(ranges[end]!.last, first)
    }
    i = end + 1
  }
}

interface Range {
  readonly first: number
  readonly last: number
  readonly cause: string
}

const continues = ({ last }: Range, next: Range | undefined): boolean =>
  next !== undefined && next.first === last + 1 && next.cause !== 'dropped'
