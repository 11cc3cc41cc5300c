import { calendar, Sketch } from '@storecast/shared/windows'
import type { PoolClient } from 'pg'
import { openMonths } from '../../../cloud/platform/partitions.ts'
import { uniforms } from '../../../cloud/rollout/analysis/test/simulated.ts'
import { DAY } from './fleet-rows.ts'
import { PRODUCTS, REGIONS, SENSORS } from './places.ts'
import type { Scale } from './scale.ts'

const HOUR = 3_600_000
const DAYS = 31
/** Since when the windows of five minutes are not dropped. */
const FINE_HOURS = 24
/** Different contents of windows, of which each series has all in turn. */
const VARIANTS = 40

/** A month as devices tell it, rolled up: every device's own figures by day; sensors and forecasts of `measured` of them. */
export async function addTelemetry(client: PoolClient, scale: Scale): Promise<void> {
  const { now, measured } = scale
  await addCells(client)
  await addSpans(client, now)
  await openMonths(client, 'windows', [now - DAY, now])
  await openMonths(client, 'window_hours', [now - 31 * DAY, now])
  const version = 11
  await client.query(
    `INSERT INTO series (device, sensor, entity)
     SELECT d.id, m.sensor, 'demand.' || v || m.horizon FROM devices d, generate_series($1::int4 - 1, $1::int4) v,
       (VALUES ('$model-latency', ''), ('$model-failures', ''), ('$forecast-error', '.1d'), ('$forecast-absolute-error', '.1d'),
         ('$forecast-squared-error', '.1d'), ('$forecast-baseline-error', '.1d'), ('$forecast-actual', '.1d'),
         ('$forecast-coverage', '.1d')) AS m (sensor, horizon)
     ORDER BY d.id, m.sensor, v`,
    [version],
  )
  await client.query(
    `INSERT INTO series (device, sensor, entity)
     SELECT d.id, m.sensor, m.entity FROM (SELECT id FROM devices WHERE retired_at IS NULL ORDER BY md5(id) LIMIT $1) d,
       (SELECT unnest($2::text[]) AS sensor, '' AS entity UNION ALL SELECT 'sales', unnest($3::text[])) m ORDER BY 1, 2, 3`,
    [measured, SENSORS.map(({ name }) => name), PRODUCTS],
  )
  await client.query('ANALYZE series, devices, sites')
  // The version before served the first half of the month.
  await client.query(
    `INSERT INTO window_days SELECT ${CELL('s', 'w')} ${FROM('day')}
     WHERE s.sensor NOT LIKE '$%' OR (s.entity LIKE 'demand.' || $1::int4 || '%') = (w.nth > 15)`,
    [version],
  )
  await client.query(
    `INSERT INTO window_hours SELECT ${CELL('s', 'w')} ${FROM('hour')} WHERE s.sensor NOT LIKE '$%' AND s.sensor <> 'sales'`,
  )
  await client.query(
    `INSERT INTO windows (series, start_at, end_at, revision, count, sum, min, max, last, sketch, missing, late, out_of_range, flat,
       duplicate, epoch, seq, received_at)
     SELECT s.id, w.start_at, w.end_at, 1, c.count, c.sum, c.min, c.max, c.last, c.sketch, c.missing, 0, 0, 0, 0, 1, w.nth, w.end_at
     ${FROM('fine')} WHERE s.sensor NOT LIKE '$%' AND s.sensor <> 'sales'
       OR s.sensor IN ('$model-latency', '$model-failures') AND s.entity = 'demand.' || $1::int4
         AND s.device IN (SELECT device FROM series WHERE sensor = 'fridge')`,
    [version],
  )
  await client.query(
    `INSERT INTO window_ends (device, sensors, own) SELECT s.device, max(w.end_at), max(w.end_at) FROM windows w JOIN series s ON s.id = w.series
     GROUP BY s.device`,
  )
  await client.query(
    `INSERT INTO forecasts (device, model, version, entity, issued_at, start_at, end_at, quantiles, mean, baseline, scored_at, actual,
       censored, epoch, seq, received_at)
     SELECT s.device, 'demand', CASE WHEN w.nth > 15 THEN $1::int4 ELSE $1::int4 - 1 END, s.entity, w.start_at - 3600000, w.start_at, w.end_at,
       ARRAY[4 + r * 9, 8 + r * 10, 14 + r * 12]::float4[], 9 + r * 10, 8 + r * 13, CASE WHEN w.end_at <= $2 THEN w.end_at END,
       CASE WHEN w.end_at <= $2 THEN round(8 + r * 11) END, CASE WHEN w.end_at <= $2 THEN s.id % 40 = w.nth END, 1, 1, w.start_at
     ${FROM('day')} CROSS JOIN LATERAL (SELECT ((s.id * 31 + w.nth * 17) % 97) / 97.0 AS r) r WHERE s.sensor = 'sales'`,
    [version, now],
  )
  await client.query(
    `INSERT INTO evidence (device, model, champion, candidate, day, region, rows, excluded, difference, difference_squared,
       largest_difference, champion_absolute, candidate_absolute, champion_error, candidate_error, actual, moved, intervals,
       champion_covered, candidate_covered, crashes, latency, epoch, seq, received_at)
     SELECT d.id, 'demand', $1::int4 - 1, $1, to_char(to_timestamp($2::int8 / 1000 - nth * 86400), 'YYYY-MM-DD'), st.labels->>'region', 12, 0,
       -0.4, 0.1, 1.2, 30, 29.6, 1, 0.9, 140, 5, 12, 9, 10, 0, (SELECT sketch FROM cells WHERE kind = '$model-latency' LIMIT 1), 1, nth, $2
     FROM (SELECT id, site FROM devices WHERE retired_at IS NULL ORDER BY md5(id) LIMIT 200) d JOIN sites st ON st.id = d.site,
       generate_series(16, 29) nth`,
    [version, now],
  )
}

const CELL = (
  series: string,
  span: string,
) => `${series}.id, ${span}.start_at, ${span}.end_at, c.count, c.sum, c.min, c.max, c.last,
  c.sketch, c.missing, c.late, 0, 0, 0, 0, 0, 0, NULL`
const FROM = (
  level: 'day' | 'hour' | 'fine',
) => `FROM series s JOIN devices d ON d.id = s.device JOIN sites st ON st.id = d.site
  JOIN spans w ON w.zone = st.time_zone AND w.level = '${level}'
  JOIN cells c ON c.kind = s.sensor AND c.level = '${level}' AND c.nth = (s.id + w.nth * 7) % ${VARIANTS}`

/** Days, hours and windows of each time zone, oldest first. */
async function addSpans(client: PoolClient, now: number): Promise<void> {
  const spans: { zone: string; level: string; nth: number; start: number; end: number }[] = []
  for (const { zone } of REGIONS) {
    const local = calendar(zone)
    let day = local.windowAt(now - (DAYS - 1) * DAY, '1d')
    for (let nth = 0; day.start < now; nth++, day = local.windowAt(day.end, '1d'))
      spans.push({ zone, level: 'day', nth, ...day })
    const first = local.windowAt(now - (DAYS - 1) * DAY, '1d').start
    for (let nth = 0; first + (nth + 1) * HOUR <= now; nth++) {
      spans.push({ zone, level: 'hour', nth, start: first + nth * HOUR, end: first + (nth + 1) * HOUR })
    }
    const fine = local.windowAt(now - FINE_HOURS * HOUR, '1h').start
    for (let nth = 0; fine + (nth + 1) * 300_000 <= now; nth++) {
      spans.push({ zone, level: 'fine', nth, start: fine + nth * 300_000, end: fine + (nth + 1) * 300_000 })
    }
  }
  await client.query(
    'CREATE TEMP TABLE spans (zone text, level text, nth int4, start_at int8, end_at int8) ON COMMIT DROP',
  )
  await client.query(
    'INSERT INTO spans SELECT zone, level, nth, start, "end" FROM jsonb_to_recordset($1::jsonb) AS s (zone text, level text, nth int4, start int8, "end" int8)',
    [JSON.stringify(spans)],
  )
  await client.query('ANALYZE spans')
}

/** What windows hold, in whole steps: values around `mean`, of which `count` come in a window of five minutes. */
const KINDS: readonly (readonly [kind: string, mean: number, spread: number, count: number, centre: number])[] = [
  ...SENSORS.map(({ name, centre, resolution }) => [name, centre / resolution, 12, 5, centre / resolution] as const),
  ['sales', 3, 2, 1, 0],
  ['$model-latency', 12_000, 3000, 4, 0],
  ['$model-failures', 0, 0, 4, 0],
  ['$forecast-error', 100, 3000, 0, 0],
  ['$forecast-absolute-error', 2500, 900, 0, 0],
  ['$forecast-squared-error', 9000, 4000, 0, 0],
  ['$forecast-baseline-error', 3500, 900, 0, 0],
  ['$forecast-actual', 11_000, 3000, 0, 0],
  ['$forecast-coverage', 1, 0, 0, 0],
]

async function addCells(client: PoolClient): Promise<void> {
  const random = uniforms(7)
  const cells = KINDS.flatMap(([kind, mean, spread, each, centre]) =>
    (['fine', 'hour', 'day'] as const).flatMap((level) =>
      Array.from({ length: VARIANTS }, (_, nth) => {
        // Of a day of forecasts, one a product.
        const count = each === 0 ? PRODUCTS.length : each * { fine: 1, hour: 12, day: 288 }[level]
        const values = Array.from({ length: Math.min(count, each === 0 ? count : each * 12) }, () =>
          Math.round(mean + spread * (random() + random() + random() - 1.5)),
        )
        const times = count / values.length
        const sketch = new Sketch()
        for (const value of values) sketch.add(value - centre, times)
        return {
          ...{ kind, level, nth, count: times * values.length, last: values.at(-1) },
          sum: times * values.reduce((sum, value) => sum + value, 0),
          ...{
            min: Math.min(...values),
            max: Math.max(...values),
            missing: nth % 9 === 0 ? 2 : 0,
            late: nth % 13 === 0 ? 1 : 0,
          },
          sketch: Buffer.from(sketch.encode()).toString('hex'),
        }
      }),
    ),
  )
  await client.query(
    'CREATE TEMP TABLE cells (kind text, level text, nth int4, count int8, sum int8, min int8, max int8, last int8, missing int8, late int8, sketch bytea) ON COMMIT DROP',
  )
  await client.query(
    `INSERT INTO cells SELECT kind, level, nth, count, sum, min, max, last, missing, late, decode(sketch, 'hex') FROM jsonb_to_recordset($1::jsonb)
       AS c (kind text, level text, nth int4, count int8, sum int8, min int8, max int8, last int8, missing int8, late int8, sketch text)`,
    [JSON.stringify(cells)],
  )
  await client.query('ANALYZE cells')
}
