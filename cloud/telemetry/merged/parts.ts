import type { Calendar, Span } from '@storecast/shared/windows'
import type { PoolClient } from 'pg'
import { readFloors } from '../rollups/floors.ts'
import { type Changed, fetchAll, readChanged } from './rows.ts'

/** From coarse to fine: where windows are, rolled up or as they came. */
const LEVELS = ['window_days', 'window_hours', 'windows'] as const
type Level = (typeof LEVELS)[number]

/** A series over whole local days of its site, in Unix ms; its rows go to `place`, with those of others that do. */
export interface Wanted extends Span {
  readonly place: number
  readonly series: number
  readonly device: string
  readonly zone: Calendar
}

interface Part extends Span {
  readonly place: number
  readonly series: number
}

const NOTHING: Changed = { hours: [], days: [] }

/**
 * The parts of each level that together are all windows that begin in the days asked for, each once: days as they are rolled up;
 * of those in which windows have come since, hours, and of such hours the windows. As `readRows` has it for whole days.
 */
function partsOf(
  wanted: readonly Wanted[],
  changed: ReadonlyMap<string, Changed>,
): Readonly<Record<Level, readonly Part[]>> {
  const parts: Record<Level, Part[]> = { window_days: [], window_hours: [], windows: [] }
  for (const { place, series, device, start, end } of wanted) {
    const { hours, days } = changed.get(device) ?? NOTHING
    const among = (spans: readonly Span[]) => spans.map((span) => ({ place, series, ...span }))
    const hoursHere = clipped(hours, { start, end })
    const daysHere = clipped(days, { start, end })
    parts.window_days.push(...among(without({ start, end }, daysHere)))
    parts.window_hours.push(...among(daysHere.flatMap((span) => without(span, hoursHere))))
    parts.windows.push(...among(hoursHere))
  }
  return parts
}

const clipped = (spans: readonly Span[], { start, end }: Span): Span[] =>
  spans
    .map((span) => ({ start: Math.max(start, span.start), end: Math.min(end, span.end) }))
    .filter((span) => span.start < span.end)

/** What of a span lies outside of `holes`, which ascend and are disjoint. */
function without(span: Span, holes: readonly Span[]): Span[] {
  const rest: Span[] = []
  let { start } = span
  for (const hole of holes) {
    if (hole.end <= start || hole.start >= span.end) continue
    if (hole.start > start) rest.push({ start, end: hole.start })
    start = hole.end
  }
  if (start < span.end) rest.push({ start, end: span.end })
  return rest
}

/** Series that one statement asks for: what it holds at a time fits in memory. */
const PARTS_AT_ONCE = 5000

/**
 * What `select` says of the rows `w` of each part `p`, in any order: a place comes once for each level and statement that has
 * some of it. The transaction sees one state of the database.
 * @param select.rest what follows the join @param select.fetched rows that come at once
 */
export async function* readParts<Row extends object>(
  client: PoolClient,
  wanted: readonly Wanted[],
  select: { readonly columns: string; readonly rest: string; readonly fetched: number },
): AsyncGenerator<readonly Row[]> {
  if (wanted.length === 0) return
  const { columns, rest, fetched } = select
  const floors = await readFloors(client)
  let [start, end] = [Infinity, -Infinity]
  for (const one of wanted) {
    start = Math.min(start, one.start)
    end = Math.max(end, one.end)
  }
  const zones = new Map(wanted.map(({ device, zone }) => [device, zone]))
  const changed = await readChanged(client, { zones, start, end }, floors)
  const parts = partsOf(wanted, changed)
  for (const level of LEVELS) {
    for (let at = 0; at < parts[level].length; at += PARTS_AT_ONCE) {
      const some = parts[level].slice(at, at + PARTS_AT_ONCE)
      // LATERAL: always by the index, whatever the planner thinks of the table.
      const sql = `SELECT ${columns} FROM unnest($1::int4[], $2::int4[], $3::int8[], $4::int8[]) AS p (place, series, from_at, to_at)
        CROSS JOIN LATERAL (SELECT * FROM ${level} c WHERE c.series = p.series AND c.start_at >= p.from_at AND c.start_at < p.to_at
          OFFSET 0) w ${rest}`
      const values = [
        some.map(({ place }) => place),
        some.map(({ series }) => series),
        some.map(({ start }) => start),
        some.map(({ end }) => end),
      ]
      yield* fetchAll<Row>(client, { sql, values, fetched })
    }
  }
}
