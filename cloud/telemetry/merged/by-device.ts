import { type SelfMeasuredName, selfMeasured } from '@storecast/shared/contracts'
import { ByteReader, Sketch } from '@storecast/shared/windows'
import type { Database } from '../../platform/database.ts'
import { getOrAdd } from '../../platform/maps.ts'
import { cellSpan } from '../rollups/cells.ts'
import { readingsIn } from '../scales.ts'
import { type Days, readPlaces, type Series } from './places.ts'

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
  const entityOf = ({ entity }: Series) => (by === 'entity' ? entity : '')
  const found = await readPlaces(
    database,
    { of: 'device', days: devices, sensors, nameOf: (one) => [one.device, one.sensor, entityOf(one)] },
    {
      columns: `p.place, string_agg(w.sketch, '') AS sketches, json_agg(DISTINCT w.start_at) AS starts`,
      rest: 'WHERE w.count > 0 GROUP BY p.place',
      fetched: SAMPLES_AT_ONCE,
      begin: () => ({ sketch: new Sketch(), days: new Set<number>() }),
      add({ sketch, days }, { sketches, starts }: { place: number; sketches: Buffer; starts: number[] }, zone) {
        mergeAll(sketch, sketches)
        for (const start of starts) days.add(zone.windowAt(start, '1d').start)
      },
    },
  )
  return found.map(([one, { sketch, days }]) => {
    const { device, sensor } = one
    return { device, sensor, entity: entityOf(one), sketch, days: days.size }
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
  const found = await readPlaces(
    database,
    { of: 'site', days: sites, sensors, nameOf: ({ site, sensor }) => [site, sensor] },
    {
      columns: `p.place, w.start_at AS start, w.end_at AS end, string_agg(w.sketch, '') FILTER (WHERE w.count > 0) AS sketches`,
      rest: 'GROUP BY p.place, w.start_at, w.end_at',
      fetched: SITE_DAYS_AT_ONCE,
      begin: () => new Map<string, { start: number; end: number; sketch: Sketch }>(),
      add(days, row: { place: number; start: number; end: number; sketches: Buffer | null }, zone) {
        const { start, end } = cellSpan(zone, 'day', row)
        const day = getOrAdd(days, zone.localDay(row.start), () => ({ start, end, sketch: new Sketch() }))
        day.start = Math.min(day.start, start)
        day.end = Math.max(day.end, end)
        if (row.sketches !== null) mergeAll(day.sketch, row.sketches)
      },
    },
  )
  return found.map(([{ site, sensor }, days]) => {
    return { site, sensor, days: [...days.values()].sort((a, b) => a.start - b.start) }
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
  const found = await readPlaces(
    database,
    { of: 'device', days: devices, sensors, nameOf: ({ device, sensor, entity }) => [device, sensor, entity] },
    {
      columns: 'p.place, w.start_at AS start, w.count, w.sum, w.missing',
      rest: '',
      fetched: DAYS_AT_ONCE,
      begin: () => new Map<string, { count: number; sum: number; missing: number }>(),
      add(days, row: { place: number; start: number; count: number; sum: number; missing: number }, zone) {
        const day = getOrAdd(days, zone.localDay(row.start), () => ({ count: 0, sum: 0, missing: 0 }))
        day.count += row.count
        day.sum += row.sum
        day.missing += row.missing
      },
    },
  )
  return found.flatMap(([{ device, sensor, entity }, days]) => {
    const of = { device, sensor: sensor as SelfMeasuredName, entity }
    const { unit } = readingsIn({ ...selfMeasured(sensor)!, centre: 0 })
    return [...days].map(([day, { count, sum, missing }]) => ({ ...of, day, count, sum: unit(sum), missing }))
  })
}

const DAYS_AT_ONCE = 2000

/** Packed sketches, one after the other. */
function mergeAll(into: Sketch, packed: Uint8Array): void {
  const bytes = new ByteReader(packed)
  while (!bytes.atEnd) into.merge(Sketch.readFrom(bytes))
}
