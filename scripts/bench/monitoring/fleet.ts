import type { Reference } from '@storecast/shared/contracts'
import { binCounts, cutsOf, pointsOf } from '@storecast/shared/statistics'
import { normals, uniforms } from '@storecast/shared/statistics/test'
import { calendar, Sketch } from '@storecast/shared/windows'
import type { PoolClient } from 'pg'
import { openMonths } from '../../../cloud/platform/partitions.ts'
import { PRODUCTS, REGIONS, SENSORS, templateOf } from '../console/places.ts'

/** Inputs of the model that every device runs. */
export const FEATURES = Array.from({ length: 16 }, (_, i) => `lag${i + 1}`)
/** What devices tell of: the first version that is registered. */
const VERSION = 1
const DAY = 86_400_000
/** Days that are looked at, as the cloud is shipped. */
const WINDOW_DAYS = 14
const REFERENCE_DAYS = 56
/** Different contents of days, of which each series has all in turn. */
const VARIANTS = 40
const RESOLUTION = 1000

interface Kind {
  readonly sensor: string
  readonly mean: number
  readonly spread: number
  /** Of a day, in whole steps. */
  readonly count: number
  readonly centre: number
}

const KINDS: readonly Kind[] = [
  ...SENSORS.map(({ name, centre, resolution }) => {
    const middle = Math.round(centre / resolution)
    return { sensor: name, mean: middle, spread: 14, count: 1440, centre: middle }
  }),
  { sensor: 'sales', mean: 9, spread: 4, count: 48, centre: 0 },
  { sensor: '$feature', mean: 0, spread: RESOLUTION, count: PRODUCTS.length, centre: 0 },
  { sensor: '$forecast-error', mean: 100, spread: 3000, count: PRODUCTS.length, centre: 0 },
  { sensor: '$forecast-absolute-error', mean: 2500, spread: 900, count: PRODUCTS.length, centre: 0 },
  { sensor: '$forecast-squared-error', mean: 9000, spread: 4000, count: PRODUCTS.length, centre: 0 },
  { sensor: '$forecast-baseline-error', mean: 3500, spread: 900, count: PRODUCTS.length, centre: 0 },
  { sensor: '$forecast-actual', mean: 11_000, spread: 3000, count: PRODUCTS.length, centre: 0 },
  { sensor: '$forecast-coverage', mean: 1, spread: 0, count: PRODUCTS.length, centre: 0 },
]

/** What is alike in a week of one site, and of all: as real shops have it, see docs/cloud-team/drift.md. */
const CLUSTERING = { mean: 0.01, square: 0.0005, largest: 0.02, carry: 0.1, freedom: 49 }

/** As `addFleet` names so many sites. */
export const siteNames = (sites: number): string[] =>
  REGIONS.flatMap((region) =>
    Array.from(
      { length: Math.ceil(sites / REGIONS.length) },
      (_, nth) => templateOf(region).slice(0, -4) + String(nth).padStart(4, '0'),
    ),
  )

/** What the model was trained on: the sites' rows by bin. */
export function referenceOf(sites: readonly string[]): Reference {
  const random = normals(uniforms(3))
  const usual = new Sketch()
  for (let i = 0; i < 20_000; i++) usual.add(Math.round(RESOLUTION * random()))
  const bins = usual.bins()
  const cuts = cutsOf(bins)
  const counts = binCounts(bins, cuts).map((count) => Math.round(count / 20))
  const clustering = { site: CLUSTERING, common: { ...CLUSTERING, mean: 0.004, largest: 0.008 } }
  const column = {
    centre: 0,
    resolution: 1 / RESOLUTION,
    mean: 0,
    sd: 1,
    cuts,
    points: pointsOf(bins, cuts),
    clustering,
  }
  const rows = counts.reduce((sum, count) => sum + count, 0)
  const own = {
    features: { rows, counts: FEATURES.map(() => counts) },
    target: { rows, counts: [counts] },
  }
  return {
    ...{ format: 2, blockDays: 7, blocks: REFERENCE_DAYS / 7 },
    features: FEATURES.map((name) => ({ ...column, name })),
    target: { ...column, name: 'target' },
    sites: Object.fromEntries(sites.map((site) => [site, own])),
  }
}

/**
 * Days of windows as upkeep has rolled them up, of every device in service: sensors, sales of every product, inputs of the model
 * and how its forecasts did. Sensors of all but `unknown` sites have their reference; those have the days that it takes.
 */
export async function addDays(client: PoolClient, { now, unknown }: { now: number; unknown: number }): Promise<void> {
  await addCells(client)
  await addDaySpans(client, now)
  await openMonths(client, 'windows', [now - DAY, now])
  await client.query(
    `INSERT INTO series (device, sensor, entity)
     SELECT d.id, m.sensor, m.entity FROM devices d, (
       SELECT unnest($1::text[]) AS sensor, '' AS entity UNION ALL SELECT 'sales', unnest($2::text[])
       UNION ALL SELECT '$feature', 'demand.' || $4::int4 || '.' || n FROM generate_series(0, $3::int4 - 1) n
       UNION ALL SELECT kind, 'demand.' || $4::int4 || '.1d' FROM cells WHERE kind LIKE '$forecast%' AND nth = 0) m
     WHERE d.retired_at IS NULL ORDER BY d.id, m.sensor, m.entity`,
    [SENSORS.map(({ name }) => name), PRODUCTS, FEATURES.length, VERSION],
  )
  await client.query('ANALYZE series, devices, sites')
  await client.query(
    `INSERT INTO window_days
     SELECT s.id, w.start_at, w.end_at, c.count, c.sum, c.min, c.max, c.last, c.sketch, c.missing, 0, 0, 0, 0, 0, 0, 0, NULL
     FROM series s JOIN devices d ON d.id = s.device JOIN sites st ON st.id = d.site
     JOIN day_spans w ON w.zone = st.time_zone AND (w.nth <= ${WINDOW_DAYS} OR s.sensor NOT LIKE '$%' AND st.id IN (
       SELECT id FROM sites ORDER BY md5(id) LIMIT $1))
     JOIN cells c ON c.kind = s.sensor AND c.nth = (s.id + w.nth * 7) % ${VARIANTS}
     -- As upkeep does it: day by day, each device's together.
     ORDER BY w.nth DESC, s.id`,
    [unknown],
  )
  const newest = now - (now % 300_000)
  await client.query(
    `INSERT INTO windows (series, start_at, end_at, revision, count, sum, min, max, last, sketch, missing, late, out_of_range, flat,
       duplicate, epoch, seq, received_at)
     SELECT s.id, $1::int8 - 300000, $1, 1, c.count, c.sum, c.min, c.max, c.last, c.sketch, 0, 0, 0, 0, 0, 1, 1, $1
     FROM series s JOIN cells c ON c.kind = s.sensor AND c.nth = 0 WHERE s.sensor = 'fridge'`,
    [newest],
  )
  await client.query(
    `INSERT INTO window_ends (device, sensors, own) SELECT device, $1, $1 FROM series WHERE sensor = 'fridge'`,
    [newest],
  )
  const scales = [...SENSORS, { name: 'sales', resolution: 1, centre: 0 }]
  await client.query(
    `INSERT INTO drift_references (site, sensor, resolution, centre, from_at, to_at, blocks, rows, sketch, clustering, frozen_at)
     SELECT st.id, c.kind, m.resolution, m.centre, 0, 1, ${REFERENCE_DAYS / 7}, c.count, c.sketch, $1, 0
     FROM sites st, jsonb_to_recordset($2::jsonb) AS m (name text, resolution float8, centre float8)
     JOIN cells c ON c.kind = m.name
     WHERE c.nth = abs(hashtext(st.id)) % ${VARIANTS} AND st.id NOT IN (SELECT id FROM sites ORDER BY md5(id) LIMIT $3)`,
    [JSON.stringify(CLUSTERING), JSON.stringify(scales), unknown],
  )
}

/** The last closed days of each time zone; 1 is the newest. */
async function addDaySpans(client: PoolClient, now: number): Promise<void> {
  const spans = REGIONS.flatMap(({ zone }) => {
    const local = calendar(zone)
    let { start: end } = local.windowAt(now, '1d')
    return Array.from({ length: WINDOW_DAYS + REFERENCE_DAYS }, (_, i) => {
      const day = local.windowAt(end - 1, '1d')
      end = day.start
      return { zone, nth: i + 1, start: day.start, until: day.end }
    })
  })
  await client.query('CREATE TEMP TABLE day_spans (zone text, nth int4, start_at int8, end_at int8) ON COMMIT DROP')
  await client.query(
    'INSERT INTO day_spans SELECT zone, nth, start, until FROM jsonb_to_recordset($1::jsonb) AS s (zone text, nth int4, start int8, until int8)',
    [JSON.stringify(spans)],
  )
  await client.query('ANALYZE day_spans')
}

async function addCells(client: PoolClient): Promise<void> {
  const normal = normals(uniforms(7))
  const cells = KINDS.flatMap(({ sensor, mean, spread, count, centre }) =>
    Array.from({ length: VARIANTS }, (_, nth) => {
      const values = Array.from({ length: count }, () => Math.round(mean + spread * normal()))
      const sketch = new Sketch()
      for (const value of values) sketch.add(value - centre)
      return {
        ...{ kind: sensor, nth, count, last: values.at(-1), missing: nth % 9 === 0 ? 2 : 0 },
        sum: values.reduce((sum, value) => sum + value, 0),
        ...{ min: Math.min(...values), max: Math.max(...values) },
        sketch: Buffer.from(sketch.encode()).toString('hex'),
      }
    }),
  )
  await client.query(
    'CREATE TEMP TABLE cells (kind text, nth int4, count int8, sum int8, min int8, max int8, last int8, missing int8, sketch bytea) ON COMMIT DROP',
  )
  await client.query(
    `INSERT INTO cells SELECT kind, nth, count, sum, min, max, last, missing, decode(sketch, 'hex') FROM jsonb_to_recordset($1::jsonb)
       AS c (kind text, nth int4, count int8, sum int8, min int8, max int8, last int8, missing int8, sketch text)`,
    [JSON.stringify(cells)],
  )
  await client.query('ANALYZE cells')
}
