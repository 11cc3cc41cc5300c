import { forecastEntity, modelEntity, type SelfMeasuredName } from '@storecast/shared/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deviceMigrations } from '../../devices/index.ts'
import { ingestMigrations } from '../../ingest/index.ts'
import type { Database } from '../../platform/database.ts'
import type { Objects } from '../../platform/objects.ts'
import { testDatabase } from '../../test/database.ts'
import { addWindows } from '../../test/records.ts'
import { telemetryMigrations } from '../migrations.ts'
import { placeDevices } from '../rollups/day-places.ts'
import { rollUpNext } from '../rollups/roll-up.ts'
import { readingsIn } from '../scales.ts'
import { type DaySums, daySums } from './day-sums.ts'
import { type MergeKey, mergedWindows } from './merged.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** A month ends, and New York's clocks change on the next one's first day. */
const first = Date.UTC(2026, 9, 29)
const SENSORS: readonly SelfMeasuredName[] = ['$model-latency', '$model-failures', '$forecast-actual']
const SHOPS = [
  ['berlin', 'Europe/Berlin', 'eu'],
  ['boston', 'America/New_York', 'us'],
  ['pune', 'Asia/Kolkata', 'as'],
] as const

let database: Database
beforeAll(async () => {
  database = await testDatabase([...deviceMigrations, ...ingestMigrations, ...telemetryMigrations])
  for (const [site, zone, region] of SHOPS) {
    await database.pool.query(
      'INSERT INTO sites (id, time_zone, labels, created_at, updated_at) VALUES ($1, $2, $3, 0, 0)',
      [site, zone, { region }],
    )
    await database.pool.query(
      "INSERT INTO devices (id, site, labels, token_hash, enrolled_at) VALUES ($1, $2, '{}', decode(md5($1), 'hex'), 0)",
      [`${site}-1`, site],
    )
  }
})
afterAll(() => database[Symbol.asyncDispose]())

/** Nothing that is asked here is defined by a site. */
const objects = {} as Objects
const entityOf = (sensor: SelfMeasuredName, version: number) =>
  sensor === '$forecast-actual'
    ? forecastEntity({ model: 'demand', version, horizon: '1d' })
    : modelEntity({ model: 'demand', version })

const TICKS = 6 * 288
/** Every series has a window of five minutes now and then, on each of six days; no two the same. */
const ALL = SHOPS.flatMap(([site], shop) =>
  SENSORS.flatMap((sensor, kind) =>
    [1, 2].flatMap((version) =>
      Array.from({ length: 16 }, (_, i) => {
        const start = first + ((i * 101 + 7 * shop + 3 * kind + version) % TICKS) * 300_000
        const values = Array.from({ length: 1 + (i % 3) }, (_, j) => 17 * i + 5 * j + shop)
        return {
          device: `${site}-1`,
          sensor,
          i,
          window: { entity: entityOf(sensor, version), start, end: start + 300_000, values },
        }
      }),
    ),
  ),
)

async function arrive(some: readonly (typeof ALL)[number][]): Promise<void> {
  for (const { device, sensor, window } of some) await addWindows(database.pool, device, sensor, [window])
}

async function rollUpAll(): Promise<void> {
  while (await rollUpNext(database, { now: first + 7 * DAY, exported: false }));
}

/** What both ways say of some spans and groups. */
async function expectSame(): Promise<void> {
  for (const by of [['day'], ['day', 'site'], ['day', 'label:region', 'label:none'], ['site']] as const) {
    for (const [from, to] of [
      [first - 2 * DAY, first + 9 * DAY],
      [first + DAY, first + 4 * DAY],
      [first + 2 * DAY + 5 * HOUR, first + 3 * DAY],
    ] as const) {
      const found = await daySums(database, { sensors: SENSORS, from, to, by })
      const expected: typeof found = []
      for (const sensor of SENSORS) {
        const keys: MergeKey[] = ['entity', ...by.map((key) => (key === 'day' ? 'time' : key))]
        for (const one of await mergedWindows(
          { database, objects },
          { sensor, from, to, resolution: 'day', by: keys },
        )) {
          const key = Object.fromEntries(by.map((name) => [name, name === 'day' ? one.day! : one.key[name]!]))
          const sum = expect.closeTo(readingsIn(one.scale).unit(one.sum), 6)
          expected.push({ sensor, entity: one.key.entity!, key, count: one.count, sum, missing: one.quality.missing })
        }
      }
      const byKey = (a: (typeof found)[number], b: (typeof found)[number]) => (keyOf(a) < keyOf(b) ? -1 : 1)
      expect(found.toSorted(byKey)).toEqual(expected.toSorted(byKey))
    }
  }
}
/** What is added up is what the days are. */
async function expectAddedUp(): Promise<void> {
  const { rows: found } = await database.pool.query(
    `SELECT place, sensor, start_at, entity, count, sum::float8, missing FROM day_sums
     WHERE (count, sum, missing) <> (0, 0, 0) ORDER BY place, sensor, start_at, entity`,
  )
  const { rows: expected } = await database.pool.query(
    `SELECT p.place, s.sensor, w.start_at, s.entity, sum(w.count)::int8 AS count, sum(w.sum)::float8 AS sum,
       sum(w.missing)::int8 AS missing
     FROM day_place_devices p JOIN series s ON s.device = p.device JOIN window_days w ON w.series = s.id
     WHERE s.sensor LIKE '$%' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
  )
  expect(found.length).toBeGreaterThan(0)
  expect(found).toEqual(expected)
}

const keyOf = ({ sensor, entity, key }: Pick<DaySums, 'sensor' | 'entity' | 'key'>) =>
  JSON.stringify([sensor, entity, key])

describe('sums by day', () => {
  it('are those of the merged windows, rolled up, in part or not at all', async () => {
    await arrive(ALL.filter(({ i }) => i % 4 > 0))
    await expectSame()
    await rollUpAll()
    await expectSame()
    await arrive(ALL.filter(({ i }) => i % 4 === 0))
    await expectSame()
    await rollUpAll()
    await expectSame()
    const all = await daySums(database, {
      sensors: ['$model-latency'],
      by: [],
      from: first - 2 * DAY,
      to: first + 9 * DAY,
    })
    const expected = ALL.filter(({ sensor }) => sensor === '$model-latency').flatMap(({ window }) => window.values)
    expect(all.reduce((sum, { count }) => sum + count, 0)).toBe(expected.length)
  })

  it('are the same once the days of devices that carry the same labels are added up together', async () => {
    const { pool } = database
    // One more in the same shop, and one in a shop that tells the same of itself.
    await pool.query(`
      INSERT INTO sites (id, time_zone, labels, created_at, updated_at) VALUES ('bremen', 'Europe/Berlin', '{"region": "eu"}', 0, 0);
      INSERT INTO devices (id, site, labels, token_hash, enrolled_at)
        SELECT id, left(id, 6), '{}', decode(md5(id), 'hex'), 0 FROM unnest(ARRAY['berlin-2', 'bremen-1']) AS id`)
    const others = (keep: (one: (typeof ALL)[number]) => boolean) =>
      ['berlin-2', 'bremen-1'].flatMap((device) =>
        ALL.filter((one) => one.device === 'berlin-1' && keep(one)).map((one) => ({ ...one, device })),
      )
    await arrive(others(({ i }) => i % 3 > 0))
    await rollUpAll()
    expect(await placeDevices(database)).toBe(5)
    expect(await placeDevices(database)).toBe(0)
    const { rows } = await pool.query(
      'SELECT count(*)::int4 AS devices FROM day_place_devices GROUP BY place ORDER BY 1',
    )
    expect(rows).toEqual([{ devices: 1 }, { devices: 1 }, { devices: 3 }])
    await expectSame()
    await expectAddedUp()
    await arrive(others(({ i }) => i % 3 === 0))
    await expectSame()
    await rollUpAll()
    await expectSame()
    await expectAddedUp()
    // They differ in what is asked, before upkeep comes by and after.
    await pool.query(`UPDATE sites SET labels = '{"region": "as"}' WHERE id = 'bremen'`)
    await expectSame()
    expect(await placeDevices(database)).toBe(1)
    await expectSame()
    await expectAddedUp()
    await pool.query('DELETE FROM window_days WHERE start_at < $1', [first + 2 * DAY])
    await expectAddedUp()
  })

  it('leave out what lies outside of a limit and of a selector', async () => {
    const question = { sensors: SENSORS, from: first - 2 * DAY, to: first + 9 * DAY, by: ['site'] } as const
    const sites = async (more: object) =>
      new Set((await daySums(database, { ...question, ...more })).map(({ key }) => key.site))
    expect(await sites({})).toEqual(new Set(['berlin', 'boston', 'bremen', 'pune']))
    expect(await sites({ within: { region: 'us' } })).toEqual(new Set(['boston']))
    expect(await sites({ selector: { labels: { region: 'eu' }, expressions: [], groups: [] } })).toEqual(
      new Set(['berlin']),
    )
    await expect(sites({ selector: { labels: {}, expressions: [], groups: ['none'] } })).rejects.toThrow('group')
  })
})
