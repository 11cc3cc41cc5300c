import { DeviceSelector } from '@storecast/shared/contracts'
import { type Calendar, calendar, type Span } from '@storecast/shared/windows'
import type { PoolClient } from 'pg'
import { z } from 'zod'
import { LABELS, requireGroups, selectedBy, selecting } from '../../devices/index.ts'
import type { Database } from '../../platform/database.ts'
import { InvalidError } from '../../platform/errors.ts'
import { type LabelLimit, NO_LIMIT, siteWithin } from '../../platform/label-limit.ts'
import type { Objects } from '../../platform/objects.ts'
import { fromCursor, type Page, type PageRequest, toCursor, toPage } from '../../platform/paging.ts'
import { monthOf } from '../../platform/partitions.ts'
import { snapshot } from '../../platform/snapshot.ts'
import { cellSpan } from '../rollups/cells.ts'
import { readScales, type Scale } from '../scales.ts'
import { bucketOf, type Resolution } from './buckets.ts'
import { type Merged, Merger } from './merger.ts'
import { readRows } from './rows.ts'

/** What merged windows are told apart by; everything else is merged. `label:region` is a label of the device or its site. */
export type MergeKey = 'time' | 'sensor' | 'entity' | 'device' | 'site' | `label:${string}`

export interface SeriesFilter {
  /** A sensor, or what devices measure of themselves: `$model-latency`. */
  readonly sensor?: string | undefined
  readonly entity?: string | undefined
  readonly device?: string | undefined
  readonly site?: string | undefined
  /** Of devices, by labels of their own or of their site, and by groups. */
  readonly selector?: DeviceSelector | undefined
  /** What lies outside is left out. */
  readonly within?: LabelLimit | undefined
}

export interface MergedQuery extends SeriesFilter {
  /**
   * What begins in `[from, to)`, Unix ms, of windows, hours or days as the resolution has it: neighbouring spans share nothing
   * and leave nothing out.
   */
  readonly from: number
  readonly to: number
  readonly resolution: Resolution
  readonly by: readonly MergeKey[]
}

/** The `next` of the page before. */
const Position = z.tuple([z.string()])

/** Of a span in which a page is looked for, the first part that is merged. */
const FIRST_PART = 1 / 16

/** Merged windows page by page. Every page is merged anew: what begins at its own times, where time is kept apart. */
export async function mergedPage(
  sources: MergedSources,
  query: MergedQuery & PageRequest,
): Promise<Page<MergedWindows>> {
  const { after, limit } = query
  const [position] = after === undefined ? [''] : fromCursor(after, Position)
  const found: (readonly [name: string, merged: MergedWindows])[] = []
  for (const part of partsOf(query, position)) {
    const groups = await mergeGroups(sources, { ...query, ...part })
    found.push(...groups.filter(([name]) => name > position))
    if (found.length > limit) break
  }
  const { items, next } = toPage(found.slice(0, limit + 1), limit, ([name]) => toCursor([name]))
  return { items: items.map(([, merged]) => merged), ...(next !== undefined && { next }) }
}

/**
 * Spans that one after the other have all groups beyond the position in their order, each twice as long as the one before. A
 * local day begins at other times in other zones, and what is merged over all time has no times: these are one part.
 */
function* partsOf(
  { from, to, resolution, by }: MergedQuery,
  position: string,
): Generator<{ from: number; to: number }> {
  if (!by.includes('time') || resolution === 'day') {
    yield { from, to }
    return
  }
  let start = position === '' ? from : Math.max(from, timeIn(position))
  for (let length = Math.ceil((to - from) * FIRST_PART); start < to; length *= 2) {
    const end = Math.min(to, afterMonth(start + length))
    yield { from: start, to: end }
    start = end
  }
}

const HOUR = 3_600_000

/** What is rolled up is cut where a month begins; both parts of a local hour across it stay together. */
function afterMonth(end: number): number {
  const month = monthOf(end - 1).to
  return month - end < HOUR ? month + 1 : end
}

export interface MergedWindows extends Merged {
  /** By `by`, without time; null: the device has no such label. */
  readonly key: Readonly<Record<string, string | null>>
  /** Local date, at resolution `day` by time: the same date in every shop, whatever its time zone. */
  readonly day?: string
  readonly scale: Scale
}

/** Rows that one question may read, and groups that it may come to: what fits a second or two, and memory. */
const MAX_ROWS = 2_000_000
const MAX_GROUPS = 100_000

/**
 * Merges windows of the series that fit, by time and whatever else is asked for: counts, sums, extremes and quality exactly,
 * quantiles within the sketch's 1 %. Windows of different scales never merge, as where two sites define a sensor differently.
 * What devices of one site measure adds up. A window that is coarser than the resolution comes as it is.
 *
 * In order of time, then of the keys.
 * @throws InvalidError `telemetry-too-much` for more than can be read at once, NotFoundError `group-unknown`
 */
export async function mergedWindows(sources: MergedSources, query: MergedQuery): Promise<MergedWindows[]> {
  return (await mergeGroups(sources, query)).map(([, merged]) => merged)
}

interface MergedSources {
  readonly database: Database
  readonly objects: Objects
}

async function mergeGroups(
  { database, objects }: MergedSources,
  query: MergedQuery,
): Promise<(readonly [name: string, merged: MergedWindows])[]> {
  const { resolution, by } = query
  const byTime = by.includes('time')
  const keys = by.filter((key) => key !== 'time')
  await requireGroups(database.pool, query.selector?.groups ?? [])
  return snapshot(database, async (client) => {
    const series = await readSeries(client, query)
    const scales = await readScales(
      // On the transaction's own connection: callers that each wait for a second one would wait for each other.
      { client, objects },
      [...series.values()].map(({ site }) => site),
    )
    const zones = new Map<string, Zone>()
    const zoneOf = (name: string) => {
      const known = zones.get(name) ?? placesInTime(calendar(name), resolution, byTime)
      zones.set(name, known)
      return known
    }
    const groups = new Map<string, Group>()
    // What a series contributes to is the same but for time.
    const places = new Map(
      [...series].map(([id, one]) => [
        id,
        { ...seriesPlace(one, keys, scales(one.site, one.sensor)), device: one.device, ...zoneOf(one.zone) },
      ]),
    )
    let read = 0
    const wanted = { resolution, start: query.from, end: query.to, series: places }
    for await (const rows of readRows(client, wanted)) {
      read += rows.length
      if (read > MAX_ROWS) throw tooMuch(`${MAX_ROWS} windows`)
      for (const row of rows) {
        const place = places.get(row.series)!
        const { span, time } = place.at(row)
        const name = `${time.sort} ${place.name}`
        let group = groups.get(name)
        if (!group) {
          if (groups.size === MAX_GROUPS) throw tooMuch(`${MAX_GROUPS} groups`)
          group = { time, place, merger: new Merger() }
          groups.set(name, group)
        }
        group.merger.add(row, span)
      }
    }
    return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, group]) => [name, resultOf(group)] as const)
  })
}

interface Series {
  readonly id: number
  readonly sensor: string
  readonly entity: string
  readonly device: string
  readonly site: string
  readonly zone: string
  readonly labels: Readonly<Record<string, string>>
}

interface Place {
  readonly name: string
  readonly key: MergedWindows['key']
  readonly scale: Scale
}

interface Time {
  /** Orders as text does. */
  readonly sort: string
  readonly day?: string
}

interface Group {
  readonly time: Time
  readonly place: Place
  readonly merger: Merger
}

const ALL_TIME: Time = { sort: '' }

function timeOf(calendar: Calendar, resolution: Resolution, row: Span): Time {
  if (resolution === 'day') {
    const day = calendar.localDay(row.start)
    return { sort: day, day }
  }
  const { start, end } = bucketOf(calendar, resolution, row)
  return { sort: `${padded(start)} ${padded(end)}` }
}

interface Zone {
  readonly zone: Calendar
  /** Where a row stands in time. */
  at(row: Span): { readonly span: Span; readonly time: Time }
}

/** What begins and ends with another, as of all series of a shop, is worked out once. */
function placesInTime(zone: Calendar, resolution: Resolution, byTime: boolean): Zone {
  const known = new Map<number, { end: number; found: ReturnType<Zone['at']> }>()
  return {
    zone,
    at({ start, end }) {
      const last = known.get(start)
      if (last?.end === end) return last.found
      const span = resolution === 'window' ? { start, end } : cellSpan(zone, resolution, { start, end })
      const found = { span, time: byTime ? timeOf(zone, resolution, { start, end }) : ALL_TIME }
      known.set(start, { end, found })
      return found
    },
  }
}

/** Times before 1970 come first too. */
const padded = (time: number) => String(time + 2 ** 52).padStart(16, '0')
/** Start of what a group's name begins with. */
const timeIn = (name: string) => Number(name.slice(0, 16)) - 2 ** 52

function seriesPlace(one: Series, keys: readonly Exclude<MergeKey, 'time'>[], scale: Scale): Place {
  const value = (key: Exclude<MergeKey, 'time'>) =>
    key.startsWith('label:') ? (one.labels[key.slice(6)] ?? null) : one[key as 'sensor' | 'entity' | 'device' | 'site']
  const key = Object.fromEntries(keys.map((name) => [name, value(name)]))
  return { name: JSON.stringify([Object.values(key), scale]), key, scale }
}

const resultOf = ({ time, place, merger }: Group): MergedWindows => ({
  key: place.key,
  ...(time.day !== undefined && { day: time.day }),
  scale: place.scale,
  ...merger.result(),
})

const EVERY = DeviceSelector.parse({})

async function readSeries(client: PoolClient, filter: SeriesFilter): Promise<ReadonlyMap<number, Series>> {
  const { sensor, entity, device, site, selector = EVERY, within = NO_LIMIT } = filter
  const { rows } = await client.query<Series>(
    `SELECT m.id, m.sensor, m.entity, m.device, d.site, s.time_zone AS zone, ${LABELS} AS labels
     FROM series m JOIN devices d ON d.id = m.device JOIN sites s ON s.id = d.site
     WHERE ${selectedBy(selector)} AND ($3::text IS NULL OR m.sensor = $3) AND ($4::text IS NULL OR m.entity = $4)
       AND ($5::text IS NULL OR m.device = $5) AND ($6::text IS NULL OR d.site = $6)
       AND ${siteWithin('d.site', 7)}`,
    [...selecting(selector), sensor ?? null, entity ?? null, device ?? null, site ?? null, within],
  )
  return new Map(rows.map((row) => [row.id, row]))
}

const tooMuch = (what: string) =>
  new InvalidError({
    code: 'telemetry-too-much',
    message: `This is about more than ${what}. Ask for a shorter span, fewer series, or a coarser resolution.`,
  })
