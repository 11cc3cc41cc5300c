import { type Calendar, calendar } from '@storecast/shared/windows'
import type { PoolClient } from 'pg'
import type { Database } from '../../platform/database.ts'
import { getOrAdd } from '../../platform/maps.ts'
import { snapshot } from '../../platform/snapshot.ts'
import { readParts, type Wanted } from './parts.ts'

/** Local days of a device or site, of its own calendar: those that begin in `[from, to)`, both of which begin one. */
export interface Days {
  readonly from: number
  readonly to: number
}

export interface Series {
  readonly id: number
  readonly device: string
  readonly sensor: string
  readonly entity: string
  readonly site: string
  readonly zone: Calendar
}

interface PlacesQuery {
  /** Whose days they are. */
  readonly of: 'device' | 'site'
  readonly days: ReadonlyMap<string, Days>
  readonly sensors: readonly string[]
  /** Series of one name go to one place. */
  readonly nameOf: (one: Series) => readonly string[]
}

/** What is read of the parts, as `readParts` takes it, and how a place is put together of it. */
interface Reading<Row, Found> {
  readonly columns: string
  readonly rest: string
  readonly fetched: number
  readonly begin: () => Found
  /** @param zone of the place */
  readonly add: (found: Found, row: Row, zone: Calendar) => void
}

/**
 * All parts of the series' days by one question, added to their places as they come.
 * @returns places of which there was something, each with the first of its series, in the order of these: of the same data always
 *   the same, whatever order rows came in
 */
export async function readPlaces<Row extends { readonly place: number }, Found>(
  database: Database,
  { of, days, sensors, nameOf }: PlacesQuery,
  { begin, add, ...reading }: Reading<Row, Found>,
): Promise<(readonly [Series, Found])[]> {
  return snapshot(database, async (client) => {
    const series = await readSeries(client, {
      column: of === 'device' ? 'm.device' : 'd.site',
      names: [...days.keys()],
      sensors,
    })
    const numbers = new Map<string, number>()
    const firsts: Series[] = []
    const wanted = series.map((one): Wanted => {
      const place = getOrAdd(numbers, nameOf(one).join('\n'), () => firsts.push(one) - 1)
      const { from, to } = days.get(one[of])!
      return { place, series: one.id, device: one.device, zone: one.zone, start: from, end: to }
    })
    const found = new Map<number, Found>()
    for await (const rows of readParts<Row>(client, wanted, reading)) {
      for (const row of rows) add(getOrAdd(found, row.place, begin), row, firsts[row.place]!.zone)
    }
    return [...found].sort(([a], [b]) => a - b).map(([place, one]) => [firsts[place]!, one] as const)
  })
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
