import { type SelfMeasuredName, selfMeasured } from '@storecast/shared/contracts'
import { ByteReader, type Calendar, calendar, Sketch } from '@storecast/shared/windows'
import type { PoolClient } from 'pg'
import type { Database } from '../../platform/database.ts'
import { getOrAdd } from '../../platform/maps.ts'
import { snapshot } from '../../platform/snapshot.ts'
import { cellSpan } from '../rollups/cells.ts'
import { readingsIn } from '../scales.ts'
import { readParts, type Wanted } from './parts.ts'

/** Local days of a device or site, of its own calendar: those that begin in `[from, to)`, both of which begin one. */
export interface Days {
  readonly from: number
  readonly to: number
}

export interface SamplesQuery {
  /** Days of each device. */
  readonly devices: ReadonlyMap<string, Days>
  readonly sensors: readonly string[]
  /** What stays apart: a sensor, or each of its entities. */
  readonly by: 'sensor' | 'entity'
}

/** What a sensor measured of its days; values in whole steps from the centre. */
export interface Sample {
  readonly device: string
  readonly sensor: string
  /** Empty by sensor. */
  readonly entity: string
  readonly sketch: Sketch
  /** Local days on which something was counted. */
  readonly days: number
}

/**
 * Distributions of many devices' series over days of their own, by one question: the same sketches as `mergedWindows` of each,
 * merged over the days. What counted nothing is left out.
 */
export async function samples(database: Database, { devices, sensors, by }: SamplesQuery): Promise<Sample[]> {
  return snapshot(database, async (client) => {
    const series = await readSeries(client, { column: 'm.device', names: [...devices.keys()], sensors })
    const places = placesOf(series, (one) => [one.device, one.sensor, by === 'entity' ? one.entity : ''])
    const wanted = wantedOf(series, places, ({ device }) => devices.get(device)!)
    const found = new Map<number, { sketch: Sketch; days: Set<number> }>()
    const rows = readParts<{ place: number; sketches: Buffer; starts: number[] }>(client, wanted, {
      columns: `p.place, string_agg(w.sketch, '') AS sketches, json_agg(DISTINCT w.start_at) AS starts`,
      rest: 'WHERE w.count > 0 GROUP BY p.place',
      fetched: SAMPLES_AT_ONCE,
    })
    for await (const some of rows) {
      for (const { place, sketches, starts } of some) {
        const sample = getOrAdd(found, place, () => ({ sketch: new Sketch(), days: new Set<number>() }))
        mergeAll(sample.sketch, sketches)
        const { zone } = places.of[place]!
        for (const start of starts) sample.days.add(zone.windowAt(start, '1d').start)
      }
    }
    return inOrder(found).map(([place, { sketch, days }]) => {
      const { device, sensor, entity } = places.of[place]!
      return { device, sensor, entity: by === 'entity' ? entity : '', sketch, days: days.size }
    })
  })
}

const SAMPLES_AT_ONCE = 200

export interface SiteDaysQuery {
  /** Days of each site. */
  readonly sites: ReadonlyMap<string, Days>
  readonly sensors: readonly string[]
}

/** A local day of a sensor at a site: from the first hour, or window, in it to the end of the last. */
export interface SiteDay {
  readonly start: number
  readonly end: number
  readonly sketch: Sketch
}

export interface SiteDays {
  readonly site: string
  readonly sensor: string
  /** In order of time. */
  readonly days: readonly SiteDay[]
}

/** What all devices of sites measured day by day, of many sites by one question: as `mergedWindows` by time of each sensor. */
export async function siteDays(database: Database, { sites, sensors }: SiteDaysQuery): Promise<SiteDays[]> {
  return snapshot(database, async (client) => {
    const series = await readSeries(client, { column: 'd.site', names: [...sites.keys()], sensors })
    const places = placesOf(series, ({ site, sensor }) => [site, sensor])
    const wanted = wantedOf(series, places, ({ site }) => sites.get(site)!)
    const found = new Map<number, Map<string, { start: number; end: number; sketch: Sketch }>>()
    const rows = readParts<{ place: number; start: number; end: number; sketches: Buffer | null }>(client, wanted, {
      columns: `p.place, w.start_at AS start, w.end_at AS end, string_agg(w.sketch, '') FILTER (WHERE w.count > 0) AS sketches`,
      rest: 'GROUP BY p.place, w.start_at, w.end_at',
      fetched: SITE_DAYS_AT_ONCE,
    })
    for await (const some of rows) {
      for (const { place, sketches, ...window } of some) {
        const { zone } = places.of[place]!
        const { start, end } = cellSpan(zone, 'day', window)
        const days = getOrAdd(found, place, () => new Map())
        const day = getOrAdd(days, zone.localDay(window.start), () => ({ start, end, sketch: new Sketch() }))
        day.start = Math.min(day.start, start)
        day.end = Math.max(day.end, end)
        if (sketches !== null) mergeAll(day.sketch, sketches)
      }
    }
    return inOrder(found).map(([place, days]) => {
      const { site, sensor } = places.of[place]!
      return { site, sensor, days: [...days.values()].sort((a, b) => a.start - b.start) }
    })
  })
}

const SITE_DAYS_AT_ONCE = 1000

export interface DeviceDaysQuery {
  /** Days of each device. */
  readonly devices: ReadonlyMap<string, Days>
  /** Their values are of one scale, whatever the site. */
  readonly sensors: readonly SelfMeasuredName[]
}

/** Counts of one day; the sum in the series' unit. */
export interface DeviceDay {
  readonly device: string
  readonly sensor: SelfMeasuredName
  readonly entity: string
  /** Local date. */
  readonly day: string
  readonly count: number
  readonly sum: number
  readonly missing: number
}

/** What many devices measured of themselves day by day, by one question: the counts and sums of `mergedWindows` of each. */
export async function deviceDays(database: Database, { devices, sensors }: DeviceDaysQuery): Promise<DeviceDay[]> {
  return snapshot(database, async (client) => {
    const series = await readSeries(client, { column: 'm.device', names: [...devices.keys()], sensors })
    const places = placesOf(series, ({ device, sensor, entity }) => [device, sensor, entity])
    const wanted = wantedOf(series, places, ({ device }) => devices.get(device)!)
    const found = new Map<number, Map<string, { count: number; sum: number; missing: number }>>()
    const rows = readParts<{ place: number; start: number; count: number; sum: number; missing: number }>(
      client,
      wanted,
      { columns: 'p.place, w.start_at AS start, w.count, w.sum, w.missing', rest: '', fetched: DAYS_AT_ONCE },
    )
    for await (const some of rows) {
      for (const { place, start, count, sum, missing } of some) {
        const days = getOrAdd(found, place, () => new Map())
        const day = getOrAdd(days, places.of[place]!.zone.localDay(start), () => ({ count: 0, sum: 0, missing: 0 }))
        day.count += count
        day.sum += sum
        day.missing += missing
      }
    }
    return inOrder(found).flatMap(([place, days]) => {
      const { device, sensor, entity } = places.of[place]!
      const of = { device, sensor: sensor as SelfMeasuredName, entity }
      const { unit } = readingsIn({ ...selfMeasured(sensor)!, centre: 0 })
      return [...days].map(([day, { count, sum, missing }]) => ({ ...of, day, count, sum: unit(sum), missing }))
    })
  })
}

const DAYS_AT_ONCE = 2000

interface Series {
  readonly id: number
  readonly device: string
  readonly sensor: string
  readonly entity: string
  readonly site: string
  readonly zone: Calendar
}

async function readSeries(
  client: PoolClient,
  { column, names, sensors }: { column: 'm.device' | 'd.site'; names: readonly string[]; sensors: readonly string[] },
): Promise<readonly Series[]> {
  const { rows } = await client.query<Omit<Series, 'zone'> & { timeZone: string }>(
    `SELECT m.id, m.device, m.sensor, m.entity, d.site, s.time_zone AS "timeZone"
     FROM series m JOIN devices d ON d.id = m.device JOIN sites s ON s.id = d.site
     WHERE ${column} = ANY($1) AND m.sensor = ANY($2) ORDER BY m.id`,
    [names, sensors],
  )
  const zones = new Map([...new Set(rows.map(({ timeZone }) => timeZone))].map((name) => [name, calendar(name)]))
  return rows.map(({ timeZone, ...one }) => ({ ...one, zone: zones.get(timeZone)! }))
}

interface Places {
  /** The first series of each place, by its number. */
  readonly of: readonly Series[]
  /** Number of the place of each series, by its id. */
  readonly numbers: ReadonlyMap<number, number>
}

/** Series of one name go to one place. */
function placesOf(series: readonly Series[], nameOf: (one: Series) => readonly string[]): Places {
  const known = new Map<string, number>()
  const of: Series[] = []
  const numbers = new Map<number, number>()
  for (const one of series) {
    const name = nameOf(one).join('\n')
    const number = known.get(name) ?? of.push(one) - 1
    known.set(name, number)
    numbers.set(one.id, number)
  }
  return { of, numbers }
}

const wantedOf = (series: readonly Series[], { numbers }: Places, daysOf: (one: Series) => Days): Wanted[] =>
  series.map((one) => {
    const { from, to } = daysOf(one)
    return { place: numbers.get(one.id)!, series: one.id, device: one.device, zone: one.zone, start: from, end: to }
  })

/** Of the same data always the same, whatever order rows came in. */
const inOrder = <T>(found: ReadonlyMap<number, T>) => [...found].sort(([a], [b]) => a - b)

/** Packed sketches, one after the other. */
function mergeAll(into: Sketch, packed: Uint8Array): void {
  const bytes = new ByteReader(packed)
  while (!bytes.atEnd) into.merge(Sketch.readFrom(bytes))
}
