import { type Calendar, calendar, type Span } from '@storecast/shared/windows'
import type { Pool, PoolClient } from 'pg'
import { WINDOW_COLUMNS } from '../../ingest/index.ts'
import type { Database } from '../../platform/database.ts'
import { tryLock } from '../../platform/locks.ts'
import { openMonths } from '../../platform/partitions.ts'
import { readCells, replaceCells, type SeriesCell } from './cell-rows.ts'
import { type Cell, cellSpan, fold, rollUp } from './cells.ts'
import { readFloors } from './floors.ts'

const DAY = 86_400_000
/** Changes that one step takes, and the time they may span: what a transaction holds in memory. */
const STEP_CHANGES = 200
const STEP_MS = 8 * DAY
/** Times outside, as a clock that was never set gives them, are in no file. */
const FIRST_DAY = Date.UTC(2000, 0)
const LAST_DAY = Date.UTC(2100, 0)

/** Whether this transaction is the one that keeps telemetry up; another cloud's is passed by. */
export const ownsUpkeep = (client: PoolClient): Promise<boolean> => tryLock(client, 'upkeep')

/**
 * Rolls up what was changed of one device, of those that wait the one that waits longest. One transaction: a process killed
 * anywhere leaves a whole step or none.
 * @returns whether there may be more
 */
export function rollUpNext(database: Database, { now, exported }: Pick<Work, 'now' | 'exported'>): Promise<boolean> {
  return database.transaction(async (client) => {
    if (!(await ownsUpkeep(client))) return false
    const { rows } = await client.query<{ device: string; zone: string }>(
      `SELECT c.device, s.time_zone AS zone FROM window_changes c JOIN devices d ON d.id = c.device
       JOIN sites s ON s.id = d.site ORDER BY c.id LIMIT 1`,
    )
    const next = rows[0]
    if (!next) return false
    const zone = calendar(next.zone)
    const changed = await takeChanges(client, next.device, zone)
    const series = await client.query<{ id: number }>('SELECT id FROM series WHERE device = $1', [next.device])
    const ids = series.rows.map(({ id }) => id)
    await markDays(client, changed, now)
    for (const span of changed) await rollUpSpan(client, { series: ids, zone, span, now, exported })
    return true
  })
}

/** Seconds for which the change that waits longest has waited to be rolled up, by the database's clock; 0 where none does. */
export async function rollUpLag(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ seconds: number }>(
    'SELECT coalesce(extract(epoch FROM clock_timestamp() - min(noted_at)), 0)::float8 AS seconds FROM window_changes',
  )
  return Math.max(0, rows[0]!.seconds)
}

/** What is known to have changed: as much as a step takes, joined; the rest stays. */
async function takeChanges(client: PoolClient, device: string, zone: Calendar): Promise<readonly Span[]> {
  const { rows } = await client.query<Span & { readonly notedAt: Date }>(
    `DELETE FROM window_changes WHERE id IN (
       SELECT id FROM window_changes WHERE device = $1 ORDER BY id LIMIT ${STEP_CHANGES})
     RETURNING from_at AS start, to_at AS end, noted_at AS "notedAt"`,
    [device],
  )
  const notedAt = rows.map((row) => row.notedAt).sort((a, b) => a.getTime() - b.getTime())[0]
  const taken: Span[] = []
  let left = STEP_MS
  for (const { start, end } of joinByDay(rows)) {
    // At a local midnight, across which no window lies.
    const until = left <= 0 ? start : Math.min(end, zone.windowAt(start + left, '1d').end)
    if (until > start) taken.push({ start, end: until })
    left -= until - start
    if (until < end) {
      await client.query('INSERT INTO window_changes (device, from_at, to_at, noted_at) VALUES ($1, $2, $3, $4)', [
        ...[device, until, end, notedAt],
      ])
    }
  }
  return taken
}

/** Spans that lie within a day of each other as one: they share their days. */
function joinByDay(spans: readonly Span[]): Span[] {
  const joined: { start: number; end: number }[] = []
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    const open = joined.at(-1)
    if (open && start - open.end < DAY) open.end = Math.max(open.end, end)
    else joined.push({ start, end })
  }
  return joined
}

const WINDOWS = WINDOW_COLUMNS.join(', ')

interface Work {
  /** Whether windows end in files, for which those that come late wait. */
  readonly exported: boolean
  readonly series: readonly number[]
  readonly zone: Calendar
  readonly span: Span
  readonly now: number
}

type BySeries = Map<number, readonly Cell[]>

/**
 * Rolls the windows of a span up into hours, and these into days. Where windows are still there, the hours are made anew of
 * them; where they were dropped, what came late is folded into the hours, or, where these were dropped as well, into the days.
 */
async function rollUpSpan(client: PoolClient, { series, zone, span, now, exported }: Work): Promise<void> {
  const hourOf = (window: Span) => cellSpan(zone, 'hour', window)
  const dayOf = (window: Span) => cellSpan(zone, 'day', window)
  const floors = await readFloors(client)
  const hourly = { start: zone.windowAt(span.start, '1h').start, end: zone.windowAt(span.end - 1, '1h').end, series }
  const [closed, open] = split(await readCells(client, 'windows', hourly), floors.windows)
  const before = await readCells(client, 'window_hours', hourly)
  const touched = [...new Set([...closed, ...open, ...before].map((one) => one.series))]

  const hours: BySeries = new Map([...bySeries(open)].map(([id, cells]) => [id, rollUp(cells, hourOf)]))
  for (const one of before) if (one.cell.start < floors.windows) add(hours, one)
  // Days are made of all their hours.
  const daily = {
    start: zone.windowAt(span.start, '1d').start,
    end: zone.windowAt(span.end - 1, '1d').end,
    series: touched,
  }
  const days: BySeries = new Map()
  for (const one of await readCells(client, 'window_days', daily)) if (one.cell.start < floors.hours) add(days, one)
  const kept: SeriesCell[] = []
  for (const { series, cell } of closed.toSorted((a, b) => a.cell.start - b.cell.start)) {
    const [cells, spanOf] = cell.start < floors.hours ? [days, dayOf] : [hours, hourOf]
    const folded = fold(cells.get(series) ?? [], cell, spanOf)
    cells.set(series, folded.cells)
    if (folded.conflict) await noteConflict(client, { series, cell, finerCount: folded.conflict.count, now })
    else if (exported) kept.push({ series, cell })
  }
  await openMonths(
    client,
    'window_hours',
    [...hours.values()].flat().map(({ start }) => start),
  )
  await replaceCells(client, 'window_hours', { ...hourly, cells: listed(hours) })
  if (closed.length > 0) await dropFolded(client, { ...hourly, end: Math.min(hourly.end, floors.windows) }, kept)

  const [, whole] = split(await readCells(client, 'window_hours', daily), floors.hours)
  for (const [id, cells] of bySeries(whole)) {
    for (const cell of rollUp(cells, dayOf)) add(days, { series: id, cell })
  }
  await replaceCells(client, 'window_days', { ...daily, cells: listed(days) })
}

const add = (into: BySeries, { series, cell }: SeriesCell) => into.set(series, [...(into.get(series) ?? []), cell])

const listed = (cells: BySeries): SeriesCell[] =>
  [...cells].flatMap(([series, list]) => list.map((cell) => ({ series, cell })))

/** What is folded in is known there; for the day's file it waits, but for what was left out. */
async function dropFolded(
  client: PoolClient,
  { series, start, end }: Span & { readonly series: readonly number[] },
  folded: readonly SeriesCell[],
): Promise<void> {
  await client.query(
    `WITH gone AS (
       DELETE FROM windows WHERE series = ANY($1) AND start_at >= $2 AND start_at < $3 RETURNING *
     )
     INSERT INTO window_latecomers (${WINDOWS}) SELECT ${WINDOWS} FROM gone WHERE (series, start_at, end_at) IN (
       SELECT * FROM unnest($4::int4[], $5::int8[], $6::int8[])) ON CONFLICT DO NOTHING`,
    [
      ...[series, start, end],
      folded.map((one) => one.series),
      folded.map(({ cell }) => cell.start),
      folded.map(({ cell }) => cell.end),
    ],
  )
}

/** Days, UTC, in which changed windows may begin: their files are to be written anew. */
async function markDays(client: PoolClient, spans: readonly Span[], now: number): Promise<void> {
  const days = new Set<number>()
  for (const { start, end } of spans) {
    for (let day = Math.floor(Math.max(start, FIRST_DAY) / DAY); day * DAY < Math.min(end, LAST_DAY); day++)
      days.add(day)
  }
  if (days.size === 0) return
  const starts = [...days].sort((a, b) => a - b).map((day) => day * DAY)
  await client.query(
    `INSERT INTO export_days (day, start_at, changed, changed_at)
     SELECT day, start_at, true, $3 FROM unnest($1::text[], $2::int8[]) AS d(day, start_at)
     ON CONFLICT (day) DO UPDATE SET changed = true, changed_at = $3`,
    [starts.map((start) => new Date(start).toISOString().slice(0, 10)), starts, now],
  )
}

function split(cells: readonly SeriesCell[], floor: number): [closed: SeriesCell[], open: SeriesCell[]] {
  return [cells.filter(({ cell }) => cell.start < floor), cells.filter(({ cell }) => cell.start >= floor)]
}

const bySeries = (cells: readonly SeriesCell[]): ReadonlyMap<number, Cell[]> =>
  new Map([...Map.groupBy(cells, ({ series }) => series)].map(([id, list]) => [id, list.map(({ cell }) => cell)]))

async function noteConflict(
  client: PoolClient,
  { series, cell, finerCount, now }: SeriesCell & { readonly finerCount: number; readonly now: number },
): Promise<void> {
  await client.query(
    `INSERT INTO window_conflicts (series, start_at, end_at, count, finer_count, epoch, seq, noticed_at)
     SELECT series, start_at, end_at, count, $4, epoch, seq, $5 FROM windows
     WHERE series = $1 AND start_at = $2 AND end_at = $3
     ON CONFLICT (series, start_at, end_at) DO UPDATE SET count = excluded.count, finer_count = excluded.finer_count,
       epoch = excluded.epoch, seq = excluded.seq, noticed_at = excluded.noticed_at`,
    [series, cell.start, cell.end, finerCount, now],
  )
}
