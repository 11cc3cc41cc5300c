import { DeviceSelector, type SelfMeasuredName, selfMeasured } from '@storecast/shared/contracts'
import { type Calendar, calendar } from '@storecast/shared/windows'
import type { PoolClient } from 'pg'
import { LABELS, requireGroups, selectedBy, selecting } from '../../devices/index.ts'
import type { Database } from '../../platform/database.ts'
import { type LabelLimit, NO_LIMIT, siteWithin } from '../../platform/label-limit.ts'
import { getOrAdd } from '../../platform/maps.ts'
import { snapshot } from '../../platform/snapshot.ts'
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

/** One level's rows that begin together in one time zone; of a whole span, where days are not told apart, as if at its beginning. */
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
  const keys = placeKeys(query).map((key) => key.replace('label:', ''))
  await requireGroups(database.pool, selector.groups)
  return snapshot(database, async (client) => {
    // Groups are few, which PostgreSQL does not see: it would sort all rows.
    await client.query("SET LOCAL work_mem = '64MB'")
    const devices = await client.query<Device>(
      `SELECT d.id, s.time_zone AS zone, ${keyValues(keys.length)} AS place, p.place AS summed FROM devices d JOIN sites s ON s.id = d.site
       LEFT JOIN day_place_devices p ON p.device = d.id
       WHERE ${selectedBy(selector)} AND ${siteWithin('d.site', 3)}`,
      [...selecting(selector), within, ...keys],
    )
    const calendars = new Map([...new Set(devices.rows.map(({ zone }) => zone))].map((zone) => [zone, calendar(zone)]))
    const floors = await readFloors(client)
    const zones = new Map(devices.rows.map(({ id, zone }) => [id, calendars.get(zone)!]))
    const changed = await readChanged(client, { zones, start: query.from, end: query.to }, floors)
    const rows = await readLevels(client, query, { devices: devices.rows, calendars, changed, floors })
    return byDay(rows, query, calendars)
  })
}

const placeKeys = ({ by }: DaySumsQuery) => by.filter((key) => key !== 'day')

/** Values of so many keys, which are the parameters from 4 on; the labels have the site's id, too, under that name. */
const keyValues = (keys: number) =>
  `jsonb_build_array(${Array.from({ length: keys }, (_, nth) => `${LABELS} -> $${nth + 4}::text`).join(', ')})::text`

interface Device {
  readonly id: string
  readonly zone: string
  /** Its row's `place`. */
  readonly place: string
  /** With whose days its own are added up; null: with nobody's yet. */
  readonly summed: number | null
}

interface Source {
  readonly devices: readonly Device[]
  /** By zone. */
  readonly calendars: ReadonlyMap<string, Calendar>
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
  const of = (chosen: readonly Device[]) => [
    query.sensors,
    ...[chosen.map(({ id }) => id), chosen.map(({ zone }) => zone), chosen.map(({ place }) => place)],
  ]
  const read = async (sql: string, values: readonly unknown[]) => (await client.query<Row>(sql, [...values])).rows
  const { whole, single } = await wholePlaces(client, devices)
  const days = (which: string) =>
    `${levelSql('window_days')} AND w.start_at >= $8 AND w.start_at < $9 ${which} ${GROUPED}`
  const span = [...spansOf('days'), query.from, query.to]
  const rows = [
    ...(await readSums(client, query, whole)),
    ...(await readSingle(client, query, { ...source, devices: single, spans: spansOf('days') })),
  ]
  if (changed.size === 0) return rows
  const moving = devices.filter(({ id }) => changed.has(id))
  const summed = moving.filter((one) => one.summed !== null && whole.has(one.summed))
  const counted = await read(days(`AND ${IN_SPANS}`), [...of(summed), ...span])
  const [from, to] = [query.from - DAY, query.to + DAY]
  const hours = await read(
    `${levelSql('window_hours')} AND w.start_at >= $8 AND w.start_at < $9 AND ${IN_SPANS} AND NOT ${inSpans(10)} ${GROUPED}`,
    [...of(moving), ...spansOf('days'), Math.max(from, floors.hours), to, ...spansOf('hours')],
  )
  const windows = await read(
    `${levelSql('windows')} AND w.start_at >= $8 AND w.start_at < $9 AND ${IN_SPANS} ${GROUPED}`,
    [...of(moving), ...spansOf('hours'), Math.max(from, floors.windows), to],
  )
  return [...rows, ...counted.map(taken), ...hours, ...windows]
}

const taken = (row: Row): Row => ({ ...row, count: -row.count, sum: -row.sum, missing: -row.missing })

/**
 * Devices whose days are added up with each other's, where all of them are asked for and none is told apart: by place, one that
 * stands for them. The others are read one by one.
 */
async function wholePlaces(client: PoolClient, devices: readonly Device[]) {
  const { rows } = await client.query<{ place: number; devices: number }>(
    'SELECT place, count(*)::int4 AS devices FROM day_place_devices GROUP BY place',
  )
  const sizes = new Map(rows.map(({ place, devices }) => [place, devices]))
  const whole = new Map<number, Device>()
  for (const [place, members] of Map.groupBy(devices, ({ summed }) => summed)) {
    const first = members[0]!
    const alike = members.every((one) => one.zone === first.zone && one.place === first.place)
    if (place !== null && alike && members.length === sizes.get(place)) whole.set(place, first)
  }
  return { whole, single: devices.filter(({ summed }) => summed === null || !whole.has(summed)) }
}

/** Whole places' days, as they are added up. */
async function readSums(
  client: PoolClient,
  { sensors, from, to }: DaySumsQuery,
  whole: ReadonlyMap<number, Device>,
): Promise<Row[]> {
  if (whole.size === 0) return []
  const { numbers, named } = numbered([...whole.values()])
  const { rows } = await client.query<NumberedRow>(
    `SELECT w.sensor, w.entity, c.apart, w.start_at AS start, sum(w.count)::float8 AS count, sum(w.sum)::float8 AS sum,
       sum(w.missing)::float8 AS missing
     FROM unnest($4::int4[], $5::int4[]) AS c (id, apart) JOIN day_sums w ON w.place = c.id
     WHERE w.sensor = ANY($1) AND w.start_at >= $2 AND w.start_at < $3 GROUP BY 1, 2, 3, 4`,
    [sensors, from, to, [...whole.keys()], numbers],
  )
  return rows.map(named)
}

interface Singles extends Pick<Source, 'devices' | 'calendars' | 'changed'> {
  /** Of `changed`, in which days are not read. */
  readonly spans: readonly (readonly unknown[])[]
}

/** Days of devices one by one, as they are rolled up; a span whole where days are not told apart, which is a row in place of many. */
async function readSingle(client: PoolClient, query: DaySumsQuery, source: Singles): Promise<Row[]> {
  const { devices, calendars, changed, spans } = source
  if (devices.length === 0) return []
  const { sensors, from, to, by } = query
  const { numbers, named } = numbered(devices)
  const firsts = new Map([...calendars].map(([zone, local]) => [zone, firstDay(local, from)]))
  const without = changed.size > 0 ? `AND NOT ${inSpans(7)}` : ''
  const { rows } = await client.query<NumberedRow>(
    `SELECT m.sensor, m.entity, c.apart, ${by.includes('day') ? 'w.start_at' : 'c.from_at'} AS start,
       sum(w.count)::float8 AS count, sum(w.sum)::float8 AS sum, sum(w.missing)::float8 AS missing
     FROM unnest($2::text[], $3::int4[], $4::int8[]) AS c (device, apart, from_at)
     JOIN series m ON m.device = c.device AND m.sensor = ANY($1) JOIN window_days w ON w.series = m.id
     WHERE w.start_at >= c.from_at AND w.start_at >= $5 AND w.start_at < $6 ${without} GROUP BY 1, 2, 3, 4`,
    [
      ...[sensors, devices.map(({ id }) => id), numbers, devices.map(({ zone }) => firsts.get(zone)!), from, to],
      ...(changed.size > 0 ? spans : []),
    ],
  )
  return rows.map(named)
}

/** When the first day, or part of one, begins at `from` or after it. */
function firstDay(local: Calendar, from: number): number {
  const { start, end } = cellSpan(local, 'day', { start: from, end: from + 1 })
  return start >= from ? start : end
}

type NumberedRow = Omit<Row, 'zone' | 'place'> & { readonly apart: number }

/** Each zone and place once, by a number: the database groups by it, and does not send it with every row. */
function numbered(devices: readonly Pick<Device, 'zone' | 'place'>[]) {
  const known = new Map<string, number>()
  const apart: Pick<Row, 'zone' | 'place'>[] = []
  const numbers = devices.map(({ zone, place }) =>
    getOrAdd(known, `${zone} ${place}`, () => apart.push({ zone, place }) - 1),
  )
  return { numbers, named: ({ apart: number, ...row }: NumberedRow): Row => ({ ...row, ...apart[number]! }) }
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
  // What was taken away whole is not there.
  const found = [...sums].filter(([, { count, sum, missing }]) => count !== 0 || sum !== 0 || missing !== 0)
  return found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
}
