import { Sketch } from '@storecast/shared/windows'
import type { Pool } from 'pg'
import type { Devices } from '../devices/index.ts'
import { type LabelLimit, siteWithin } from '../platform/label-limit.ts'
import type { Objects } from '../platform/objects.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'
import { windowsOfAllTimes } from './merged/rows.ts'
import { readFloors } from './rollups/floors.ts'
import { readingsIn, readScales } from './scales.ts'

/** A window as people read it: in the unit where the site or the contract defines the series, in whole steps where not. */
interface WindowView {
  readonly start: number
  readonly end: number
  readonly revision: number
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly last: number
  /** Of the readings, within 1 % of their distance to the sensor's centre. */
  readonly p10: number
  readonly p50: number
  readonly p90: number
  readonly missing: number
  readonly late: number
  readonly outOfRange: number
  readonly flat: number
  readonly duplicate: number
  readonly wrongType: number
  readonly wrongUnit: number
  readonly untrusted: number
}

export interface WindowPage extends Page<WindowView> {
  /** Null: nobody defines the series, values are whole steps. */
  readonly unit: string | null
}

export interface Span {
  readonly from: number
  readonly to: number
}

/** The sum of one window of one series, in whole steps. */
export interface WindowSteps {
  readonly entity: string
  readonly start: number
  readonly end: number
  readonly sum: number
}

/**
 * Sums of a sensor's windows within a span, for the whole site. Where two devices of a site tell the same window, the
 * one that counts more stands.
 */
export async function windowSums(
  pool: Pool,
  { site, sensor, from, to }: { site: string; sensor: string } & Span,
): Promise<WindowSteps[]> {
  const { rows } = await pool.query<WindowSteps>(
    `SELECT DISTINCT ON (s.entity, w.start, w.end) s.entity, w.start, w.end, w.sum
     FROM series s JOIN devices d ON d.id = s.device JOIN (${windowsOfAllTimes(await readFloors(pool))}) w ON w.series = s.id
     WHERE d.site = $1 AND s.sensor = $2 AND w.start >= $3 AND w.end <= $4
     ORDER BY s.entity, w.start, w.end, w.count DESC`,
    [site, sensor, from, to],
  )
  return rows
}

/** End of the newest window of each series that stands before it; what devices measure of themselves is left out. */
const NEWEST_OF_SERIES = `JOIN series s ON s.device = d.id CROSS JOIN LATERAL (
       (SELECT end_at FROM windows WHERE series = s.id ORDER BY start_at DESC LIMIT 1)
       UNION ALL (SELECT (covered->-1->>1)::int8 FROM window_hours WHERE series = s.id AND covered IS NOT NULL
         ORDER BY start_at DESC LIMIT 1)
       UNION ALL (SELECT end_at FROM window_hours WHERE series = s.id AND covered IS NULL ORDER BY start_at DESC LIMIT 1)
     ) e WHERE s.sensor NOT LIKE '$%'`

/** End of the newest window of any sensor of a site; 0 where there is none. */
export async function newestWindowEnd(pool: Pool, site: string): Promise<number> {
  return (await newestWindowEnds(pool, [site])).get(site) ?? 0
}

/** The same of many sites; those that have none are left out. */
export async function newestWindowEnds(pool: Pool, sites: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ site: string; end: number }>(
    `SELECT d.site, max(e.end_at) AS end FROM devices d ${NEWEST_OF_SERIES} AND d.site = ANY($1) GROUP BY d.site`,
    [sites],
  )
  return new Map(rows.map(({ site, end }) => [site, end]))
}

/** Devices that are asked how far the fleet's data reaches: those that sent something last. */
const ASKED = 10

/** Up to when there is data of the fleet, as the devices that were heard last tell; null where nothing came yet. */
export async function newestData(pool: Pool, within: LabelLimit): Promise<number | null> {
  const { rows } = await pool.query<{ end: number | null }>(
    `SELECT max(e.end_at) AS end FROM (
       SELECT id FROM devices WHERE ${siteWithin('devices.site', 1)} ORDER BY last_seen DESC NULLS LAST LIMIT ${ASKED}
     ) d ${NEWEST_OF_SERIES}`,
    [within],
  )
  return rows[0]!.end
}

export interface WindowQuery extends Span, PageRequest {
  readonly device: string
  readonly sensor: string
  readonly entity: string
}

interface Sources {
  readonly pool: Pool
  readonly devices: Devices
  readonly objects: Objects
}

/** Windows of one series, oldest first; pages by start. @throws NotFoundError `device-unknown`. */
export async function listWindows({ pool, devices, objects }: Sources, query: WindowQuery): Promise<WindowPage> {
  const { device, sensor, entity, from, to, after, limit } = query
  const { site } = await devices.get(device)
  const scale = (await readScales({ client: pool, objects }, [site]))(site, sensor)
  const { rows } = await pool.query<Omit<WindowView, 'p10' | 'p50' | 'p90'> & { sketch: Buffer }>(
    `SELECT w.start_at AS start, w.end_at AS end, w.revision, w.count, w.sum, w.min, w.max, w.last, w.sketch, w.missing,
       w.late, w.out_of_range AS "outOfRange", w.flat, w.duplicate,
       w.wrong_type AS "wrongType", w.wrong_unit AS "wrongUnit", w.untrusted
     FROM series s JOIN windows w ON w.series = s.id
     WHERE s.device = $1 AND s.sensor = $2 AND s.entity = $3 AND w.start_at >= $4 AND w.end_at <= $5
       AND w.start_at > $6 ORDER BY w.start_at LIMIT $7`,
    [device, sensor, entity, from, to, after ?? -1, limit + 1],
  )
  const { unit, deviation } = readingsIn(scale)
  const views = rows.map(({ sketch: bytes, sum, min, max, last, ...row }) => {
    const sketch = Sketch.decode(bytes)
    const quantile = (q: number) => (sketch.count === 0 ? 0 : deviation(sketch.quantile(q)))
    const values = { sum: unit(sum), min: unit(min), max: unit(max), last: unit(last) }
    return { ...row, ...values, p10: quantile(0.1), p50: quantile(0.5), p90: quantile(0.9) }
  })
  return { ...toPage(views, limit, (view) => String(view.start)), unit: scale.unit }
}
