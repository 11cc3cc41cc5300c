import { DeviceSelector, type SelfMeasuredName, selfMeasured } from '@storecast/shared/contracts'
import { type Calendar, calendar } from '@storecast/shared/windows'
import type { PoolClient } from 'pg'
import { LABELS, requireGroups, selectedBy, selecting } from '../../devices/index.ts'
import type { Database } from '../../platform/database.ts'
import { type LabelLimit, NO_LIMIT, siteWithin } from '../../platform/label-limit.ts'
import { cellSpan } from '../rollups/cells.ts'
import { type Floors, readFloors } from '../rollups/floors.ts'
import { readingsIn } from '../scales.ts'
import { type Changed, readChanged } from './rows.ts'

/** Local day, site, or label of the device or its site. */
export type DaySumsKey = 'day' | 'site' | `label:${string}`

export interface DaySumsQuery {
  /** Their values are of one scale, whatever the site. */
  readonly sensors: readonly SelfMeasuredName[]
  /** Days that begin in `[from, to)`, Unix ms. */
  readonly from: number
  readonly to: number
  /** What stays apart beside sensor and entity. */
  readonly by: readonly DaySumsKey[]
  readonly selector?: DeviceSelector | undefined
  /** What lies outside is left out. */
  readonly within?: LabelLimit | undefined
}

export interface DaySums {
  readonly sensor: SelfMeasuredName
  readonly entity: string
  /** By `by`; a day is a local date; null: the device has no such label. */
  readonly key: Readonly<Record<string, string | null>>
  readonly count: number
  /** In the series' unit. */
  readonly sum: number
  readonly missing: number
}

/** One level's rows that begin together in one time zone. */
interface Row {
  readonly sensor: SelfMeasuredName
  readonly entity: string
  readonly zone: string
  /** Values of the keys other than day, as JSON. */
  readonly place: string
  readonly start: number
  readonly count: number
  /** Past 2^53 over a large fleet: the database's numeric, as a double. */
  readonly sum: number
  readonly missing: number
}

const EVERY = DeviceSelector.parse({})
/** Parts of a day begin up to a day later than it. */
const DAY = 86_400_000

/**
 * What devices measure of themselves by local day, without distributions: the same counts and sums as `mergedWindows` gives,
 * added up by the database, which is a hundred times less work over a whole fleet.
 * @throws NotFoundError `group-unknown`
 */
export async function daySums(database: Database, query: DaySumsQuery): Promise<DaySums[]> {
  const { selector = EVERY, within = NO_LIMIT } = query
  await requireGroups(database.pool, selector.groups)
  return database.transaction(async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY')
    const devices = await client.query<{ id: string; zone: string; place: string }>(
      `SELECT d.id, s.time_zone AS zone, ${PLACE} AS place FROM devices d JOIN sites s ON s.id = d.site
       WHERE ${selectedBy(selector)} AND ${siteWithin('d.site', 3)}`,
      [...selecting(selector), within, placeKeys(query).map((key) => key.replace('label:', ''))],
    )
    const calendars = new Map([...new Set(devices.rows.map(({ zone }) => zone))].map((zone) => [zone, calendar(zone)]))
    const floors = await readFloors(client)
    const zones = new Map(devices.rows.map(({ id, zone }) => [id, calendars.get(zone)!]))
    const changed = await readChanged(client, { zones, start: query.from, end: query.to }, floors)
    const rows = await readLevels(client, query, { devices: devices.rows, changed, floors })
    return byDay(rows, query, calendars)
  })
}

const placeKeys = ({ by }: DaySumsQuery) => by.filter((key) => key !== 'day')

// The labels have the site's id, too, under that name.
const PLACE = `(SELECT coalesce(jsonb_agg(${LABELS} -> key ORDER BY nth), '[]')::text
  FROM unnest($4::text[]) WITH ORDINALITY AS wanted (key, nth))`

interface Source {
  readonly devices: readonly { readonly id: string; readonly zone: string; readonly place: string }[]
  readonly changed: ReadonlyMap<string, Changed>
  readonly floors: Floors
}

/** Days as they are rolled up; of those in which windows have come since, hours, and of such hours the windows. */
async function readLevels(client: PoolClient, query: DaySumsQuery, source: Source): Promise<Row[]> {
  const { devices, changed, floors } = source
  const spansOf = (of: keyof Changed) => {
    const spans = [...changed].flatMap(([device, { [of]: list }]) => list.map((span) => ({ device, ...span })))
    return [spans.map(({ device }) => device), spans.map(({ start }) => start), spans.map(({ end }) => end)]
  }
  const chosen = [
    ...[query.sensors, devices.map(({ id }) => id), devices.map(({ zone }) => zone), devices.map(({ place }) => place)],
  ]
  const days = await client.query<Row>(
    `${levelSql('window_days')} AND w.start_at >= $8 AND w.start_at < $9 AND NOT ${IN_SPANS} ${GROUPED}`,
    [...chosen, ...spansOf('days'), query.from, query.to],
  )
  if (changed.size === 0) return days.rows
  const [from, to] = [query.from - DAY, query.to + DAY]
  const hours = await client.query<Row>(
    `${levelSql('window_hours')} AND w.start_at >= $8 AND w.start_at < $9 AND ${IN_SPANS} AND NOT ${inSpans(10)} ${GROUPED}`,
    [...chosen, ...spansOf('days'), Math.max(from, floors.hours), to, ...spansOf('hours')],
  )
  const windows = await client.query<Row>(
    `${levelSql('windows')} AND w.start_at >= $8 AND w.start_at < $9 AND ${IN_SPANS} ${GROUPED}`,
    [...chosen, ...spansOf('hours'), Math.max(from, floors.windows), to],
  )
  return [...days.rows, ...hours.rows, ...windows.rows]
}

const levelSql = (table: 'window_days' | 'window_hours' | 'windows') => `
  SELECT m.sensor, m.entity, c.zone, c.place, w.start_at AS start, sum(w.count)::float8 AS count, sum(w.sum)::float8 AS sum,
    sum(w.missing)::float8 AS missing
  FROM unnest($2::text[], $3::text[], $4::text[]) AS c (device, zone, place)
  JOIN series m ON m.device = c.device AND m.sensor = ANY($1) JOIN ${table} w ON w.series = m.id WHERE true`
const inSpans = (first: number) => `EXISTS (
  SELECT 1 FROM unnest($${first}::text[], $${first + 1}::int8[], $${first + 2}::int8[]) AS span (device, from_at, to_at)
  WHERE span.device = c.device AND w.start_at >= span.from_at AND w.start_at < span.to_at)`
const IN_SPANS = inSpans(5)
const GROUPED = 'GROUP BY 1, 2, 3, 4, 5'

function byDay(rows: readonly Row[], query: DaySumsQuery, calendars: ReadonlyMap<string, Calendar>): DaySums[] {
  const keys = placeKeys(query)
  const apart = query.by.includes('day')
  const sums = new Map<string, { -readonly [K in keyof DaySums]: DaySums[K] }>()
  for (const { sensor, entity, zone, place, start, count, sum, missing } of rows) {
    const local = calendars.get(zone)!
    const cell = cellSpan(local, 'day', { start, end: start + 1 })
    if (cell.start < query.from || cell.start >= query.to) continue
    const day = apart ? local.localDay(start) : ''
    const name = [day, sensor, entity, place].join('\n')
    const { unit } = readingsIn({ ...selfMeasured(sensor)!, centre: 0 })
    const known = sums.get(name)
    if (!known) {
      const values = JSON.parse(place) as (string | null)[]
      const key = Object.fromEntries([...(apart ? [['day', day]] : []), ...keys.map((one, i) => [one, values[i]!])])
      sums.set(name, { sensor, entity, key, count, sum: unit(sum), missing })
    } else {
      known.count += count
      known.sum += unit(sum)
      known.missing += missing
    }
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
}
