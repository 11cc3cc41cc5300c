import { forecastEntity, type SelfMeasuredName } from '@storecast/shared/contracts'
import { uniforms } from '@storecast/shared/statistics/test'
import { calendar, Sketch } from '@storecast/shared/windows'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deviceMigrations } from '../../devices/index.ts'
import { ingestMigrations } from '../../ingest/index.ts'
import type { Database } from '../../platform/database.ts'
import type { Objects } from '../../platform/objects.ts'
import { testDatabase } from '../../test/database.ts'
import { addWindows } from '../../test/records.ts'
import { telemetryMigrations } from '../migrations.ts'
import { rollUpNext } from '../rollups/roll-up.ts'
import { readingsIn } from '../scales.ts'
import { deviceDays, samples, siteDays } from './by-device.ts'
import { mergedWindows } from './merged.ts'
import type { Days } from './places.ts'

const DAY = 86_400_000
/** A month ends, and New York's clocks change on the next one's first day. */
const first = Date.UTC(2026, 9, 28)
const DAYS = 7
const SHOPS = [
  ['berlin', 'Europe/Berlin'],
  ['boston', 'America/New_York'],
  ['pune', 'Asia/Kolkata'],
] as const
const DEVICES = SHOPS.flatMap(([site, timeZone]) => [1, 2].map((n) => ({ id: `${site}-${n}`, site, timeZone })))
const SENSORS = ['fridge', 'sales', '$forecast-actual', '$forecast-error']
const OWN: readonly SelfMeasuredName[] = ['$forecast-actual', '$forecast-error']

let database: Database
beforeAll(async () => {
  database = await testDatabase([...deviceMigrations, ...ingestMigrations, ...telemetryMigrations])
  const { pool } = database
  for (const [site, zone] of SHOPS) {
    await pool.query("INSERT INTO sites (id, time_zone, labels, created_at, updated_at) VALUES ($1, $2, '{}', 0, 0)", [
      site,
      zone,
    ])
  }
  for (const { id, site } of DEVICES) {
    await pool.query(
      "INSERT INTO devices (id, site, labels, token_hash, enrolled_at) VALUES ($1, $2, '{}', decode(md5($1), 'hex'), 0)",
      [id, site],
    )
  }
})
afterAll(() => database[Symbol.asyncDispose]())

/** No site defines what it measures: all is in whole steps. */
const objects = {} as Objects
const uniform = uniforms(11)
const upTo = (most: number) => Math.floor(uniform() * most)

const entitiesOf = (sensor: string) =>
  sensor === 'fridge' ? [''] : sensor === 'sales' ? ['milk', 'bread'] : [1, 2].map((version) => own(version))
const own = (version: number) => forecastEntity({ model: 'demand', version, horizon: '1d' })

/** Windows of five minutes, no two of a series the same. */
async function arrive(each: number): Promise<void> {
  for (const { id } of DEVICES) {
    for (const sensor of SENSORS) {
      for (const entity of entitiesOf(sensor)) {
        const ticks = new Set(Array.from({ length: each }, () => upTo(DAYS * 288)))
        const rows = [...ticks].map((tick) => {
          const start = first + tick * 300_000
          const values = Array.from({ length: 1 + upTo(3) }, () => upTo(900) - 200)
          return { entity, start, end: start + 300_000, values }
        })
        await addWindows(database.pool, id, sensor, rows).catch((error: { code?: string }) => {
          // The same five minutes as some time before.
          if (error.code !== '23505') throw error
        })
      }
    }
  }
}

/** Whole local days of each, no two alike. */
function spans(): ReadonlyMap<string, Days> {
  return new Map(
    DEVICES.map(({ id, timeZone }, i) => {
      const zone = calendar(timeZone)
      const startOf = (day: number) => zone.windowAt(first + day * DAY, '1d').start
      return [id, { from: startOf((i % 3) - 1), to: startOf(3 + (i % 5)) }]
    }),
  )
}

const merge = (sketches: readonly Sketch[]) => {
  const all = new Sketch()
  for (const one of sketches) all.merge(one)
  return all.bins()
}
const byName = <T extends object>(all: readonly T[], keys: readonly (keyof T)[]) => {
  const name = (one: T) => keys.map((key) => one[key]).join(' ')
  return all.toSorted((a, b) => (name(a) < name(b) ? -1 : 1))
}

async function expectSamples(by: 'sensor' | 'entity'): Promise<void> {
  const devices = spans()
  const found = await samples(database, { devices, sensors: SENSORS, by })
  const expected = []
  for (const [device, { from, to }] of devices) {
    for (const sensor of SENSORS) {
      const query = { device, sensor, from, to, resolution: 'day', by: ['time', by] } as const
      const days = (await mergedWindows({ database, objects }, query)).filter(({ count }) => count > 0)
      for (const of of Map.groupBy(days, ({ key }) => key.entity ?? '').entries()) {
        const [entity, some] = of
        const counted = new Set(some.map(({ day }) => day)).size
        expected.push({ device, sensor, entity, days: counted, bins: merge(some.map(({ sketch }) => sketch)) })
      }
    }
  }
  const keys = ['device', 'sensor', 'entity'] as const
  const plain = found.map(({ sketch, ...one }) => ({ ...one, bins: sketch.bins() }))
  expect(expected.length).toBeGreaterThan(10)
  expect(byName(plain, keys)).toEqual(byName(expected, keys))
}

async function expectSiteDays(): Promise<void> {
  const devices = spans()
  const sites = new Map(SHOPS.map(([site]) => [site as string, devices.get(`${site}-1`)!]))
  const found = await siteDays(database, { sites, sensors: SENSORS })
  for (const [site, { from, to }] of sites) {
    for (const sensor of SENSORS) {
      const query = { site, sensor, from, to, resolution: 'day', by: ['time'] } as const
      const merged = await mergedWindows({ database, objects }, query)
      const days = found.find((one) => one.site === site && one.sensor === sensor)?.days ?? []
      expect(days.map(({ start, end, sketch }) => ({ start, end, bins: sketch.bins() }))).toEqual(
        merged.map(({ start, end, sketch }) => ({ start, end, bins: sketch.bins() })),
      )
    }
  }
}

async function expectDeviceDays(): Promise<void> {
  const devices = spans()
  const found = await deviceDays(database, { devices, sensors: OWN })
  const expected: typeof found = []
  for (const [device, { from, to }] of devices) {
    for (const sensor of OWN) {
      const query = { device, sensor, from, to, resolution: 'day', by: ['time', 'entity'] } as const
      for (const { key, day, count, sum, scale, quality } of await mergedWindows({ database, objects }, query)) {
        const unit = readingsIn(scale).unit(sum)
        expected.push({ device, sensor, entity: key.entity!, day: day!, count, sum: unit, missing: quality.missing })
      }
    }
  }
  const keys = ['device', 'sensor', 'entity', 'day'] as const
  expect(byName(found, keys)).toEqual(byName(expected, keys))
}

describe('many devices by one question', () => {
  it('are told as each is by one of its own: rolled up not at all, in part, or whole', async () => {
    const expectSame = async () => {
      await expectSamples('sensor')
      await expectSamples('entity')
      await expectSiteDays()
      await expectDeviceDays()
    }
    await arrive(14)
    // Some have seen nothing.
    await database.pool.query(
      `UPDATE windows SET count = 0, sum = 0, min = 0, max = 0, last = 0, sketch = decode('000000', 'hex'), missing = 3
       WHERE start_at / 300000 % 9 = 0`,
    )
    await expectSame()
    await rollUpNext(database, { now: first + 9 * DAY, exported: false })
    await expectSame()
    while (await rollUpNext(database, { now: first + 9 * DAY, exported: false }));
    await expectSame()
    await arrive(3)
    await expectSame()
  })

  it('have nothing where nothing was sent', async () => {
    const nobody = new Map([['nobody', { from: first, to: first + DAY }]])
    expect(await samples(database, { devices: nobody, sensors: SENSORS, by: 'sensor' })).toEqual([])
    expect(await deviceDays(database, { devices: new Map(), sensors: OWN })).toEqual([])
  })
})
