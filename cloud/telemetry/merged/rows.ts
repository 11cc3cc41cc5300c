import type { Calendar, Span } from '@storecast/shared/windows'
import type { PoolClient } from 'pg'
import { cellSpan, joinSpans } from '../rollups/cells.ts'
import { type Floors, readFloors } from '../rollups/floors.ts'
import type { Resolution } from './buckets.ts'
import type { WindowRow } from './merger.ts'

export interface Rows extends Span {
  readonly resolution: Resolution
  /** The device of each series that is asked for, with the calendar of its site. */
  readonly series: ReadonlyMap<number, { readonly device: string; readonly zone: Calendar }>
}

const VALUES = `series, start_at AS start, end_at AS end, count, sum, min, max, last, sketch, missing, late,
  out_of_range AS "outOfRange", flat, duplicate, wrong_type AS "wrongType", wrong_unit AS "wrongUnit", untrusted`
const FETCHED = 5000
const DAY = 86_400_000

/**
 * Rows that together are all windows of the series whose window, hour or day begins in the span, each once: rolled up as far
 * as they are, and finer where windows have come since. What was dropped at a level comes as the next coarser one has it.
 */
export async function* readRows(client: PoolClient, query: Rows): AsyncGenerator<readonly WindowRow[]> {
  const { resolution, start, end, series } = query
  const ids = [...series.keys()]
  const floors = await readFloors(client)
  if (resolution === 'window') {
    yield* windowRows(client, windowsBetween(floors), [ids, start, end])
    return
  }
  const zones = new Map([...series.values()].map(({ device, zone }) => [device, zone]))
  const changed = await readChanged(client, { zones, start, end }, floors)
  const isChanged = (row: WindowRow, of: 'hours' | 'days') => {
    const spans = changed.get(series.get(row.series)!.device)?.[of]
    return spans?.some((span) => row.start >= span.start && row.start < span.end) ?? false
  }
  const begins = (row: WindowRow) => {
    const cell = cellSpan(series.get(row.series)!.zone, resolution, row)
    return cell.start >= start && cell.start < end
  }
  const spansOf = (of: 'hours' | 'days') =>
    ids.flatMap((id) => (changed.get(series.get(id)!.device)?.[of] ?? []).map((span) => ({ id, ...span })))

  const level = resolution === 'day' ? 'days' : 'hours'
  const source = resolution === 'day' ? between('window_days') : hoursBetween(floors)
  for await (const rows of windowRows(client, source, [ids, start, end])) {
    yield changed.size === 0 ? rows : rows.filter((row) => row.start < floors.windows || !isChanged(row, level))
  }
  if (changed.size === 0) return
  if (resolution === 'day') {
    for await (const rows of fetchSpans(client, 'window_hours', spansOf('days'))) {
      yield rows.filter((row) => !isChanged(row, 'hours') && begins(row))
    }
  }
  for await (const rows of fetchSpans(client, 'windows', spansOf('hours'))) yield rows.filter(begins)
}

/** What of a device is not rolled up yet. */
export interface Changed {
  readonly hours: readonly Span[]
  readonly days: readonly Span[]
}

/** What is not rolled up yet, by device: in whole local hours, and in whole local days. @param zones of the devices that matter */
export async function readChanged(
  client: PoolClient,
  { zones, start, end }: Span & { readonly zones: ReadonlyMap<string, Calendar> },
  floors: Floors,
): Promise<ReadonlyMap<string, Changed>> {
  const { rows } = await client.query<Span & { readonly device: string }>(
    `SELECT device, from_at AS start, to_at AS end FROM window_changes
     WHERE device = ANY($1) AND to_at > $2 AND from_at < $3`,
    [[...zones.keys()], start - DAY, end + DAY],
  )
  const whole = (zone: Calendar, size: '1h' | '1d', spans: readonly Span[]) =>
    joinSpans(
      spans
        .map((span) => ({
          // Below the floor, what came late counts once it is folded in.
          start: Math.max(floors.windows, zone.windowAt(span.start, size).start),
          end: zone.windowAt(span.end - 1, size).end,
        }))
        .filter((span) => span.start < span.end),
    )
  return new Map(
    [...Map.groupBy(rows, ({ device }) => device)].map(([device, spans]) => {
      const zone = zones.get(device)!
      return [device, { hours: whole(zone, '1h', spans), days: whole(zone, '1d', spans) }]
    }),
  )
}

const between = (table: string, more = '') =>
  `SELECT ${VALUES} FROM ${table} WHERE series = ANY($1) AND start_at >= $2 AND start_at < $3 ${more}`

const hoursBetween = ({ hours }: Floors) => `${between('window_hours', `AND start_at >= ${hours}`)}
  UNION ALL ${between('window_days', `AND start_at < ${hours}`)}`

/** Windows, and what those were rolled up into that are dropped. */
export const windowsOfAllTimes = ({ windows, hours }: Floors) => `
  SELECT ${VALUES} FROM windows WHERE start_at >= ${windows}
  UNION ALL SELECT ${VALUES} FROM window_hours WHERE start_at >= ${hours} AND start_at < ${windows}
  UNION ALL SELECT ${VALUES} FROM window_days WHERE start_at < ${hours}`

const windowsBetween = (floors: Floors) => `${between('windows', `AND start_at >= ${floors.windows}`)}
  UNION ALL ${between('window_hours', `AND start_at >= ${floors.hours} AND start_at < ${floors.windows}`)}
  UNION ALL ${between('window_days', `AND start_at < ${floors.hours}`)}`

async function* fetchSpans(client: PoolClient, table: string, spans: readonly (Span & { readonly id: number })[]) {
  if (spans.length === 0) return
  const sql = `SELECT ${VALUES} FROM unnest($1::int4[], $2::int8[], $3::int8[]) AS wanted(id, from_at, to_at)
    JOIN ${table} ON series = id AND start_at >= from_at AND start_at < to_at`
  yield* windowRows(client, sql, [
    spans.map(({ id }) => id),
    spans.map(({ start }) => start),
    spans.map(({ end }) => end),
  ])
}

const windowRows = (client: PoolClient, sql: string, values: readonly unknown[]) =>
  fetchAll<WindowRow>(client, { sql, values, fetched: FETCHED })

/** All rows of a question, so many at once; within a transaction. */
export async function* fetchAll<Row extends object>(
  client: PoolClient,
  { sql, values, fetched }: { readonly sql: string; readonly values: readonly unknown[]; readonly fetched: number },
): AsyncGenerator<readonly Row[]> {
  await client.query(`DECLARE rows_read NO SCROLL CURSOR FOR ${sql}`, [...values])
  for (;;) {
    const { rows } = await client.query<Row>(`FETCH ${fetched} FROM rows_read`)
    if (rows.length === 0) break
    yield rows
  }
  await client.query('CLOSE rows_read')
}
