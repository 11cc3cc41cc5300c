import type { WindowRecord } from '@storecast/shared/contracts'
import { NO_QUALITY, Sketch } from '@storecast/shared/windows'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deviceMigrations } from '../../devices/index.ts'
import { ingestMigrations } from '../../ingest/index.ts'
import { TestDevice, TestIngest } from '../../ingest/test/device.ts'
import type { Database } from '../../platform/database.ts'
import type { Objects } from '../../platform/objects.ts'
import { testDatabase } from '../../test/database.ts'
import type { Resolution } from '../merged/buckets.ts'
import { mergedWindows } from '../merged/merged.ts'
import { telemetryMigrations } from '../migrations.ts'
import { dropExpired } from './retention.ts'
import { rollUpLag, rollUpNext } from './roll-up.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** A local midnight in Berlin. */
const day0 = Date.UTC(2026, 2, 9, 23)
const now = Date.UTC(2026, 5, 15)

let database: Database
let cloud: TestIngest
let device: TestDevice
let devices = 0
beforeAll(async () => {
  database = await testDatabase([...deviceMigrations, ...ingestMigrations, ...telemetryMigrations])
  cloud = new TestIngest(database)
})
afterAll(() => database[Symbol.asyncDispose]())
beforeEach(async () => {
  await database.pool.query('TRUNCATE window_floors')
  device = new TestDevice(`shop-${++devices}`)
  await cloud.enrol(device)
  await cloud.greet(device)
})

const window = (start: number, end: number, values: readonly number[], revision = 1): WindowRecord => {
  const sketch = new Sketch()
  for (const value of values) sketch.add(value)
  return {
    ...{ series: { sensor: 'fridge', entity: '' }, start, end, revision, quality: { ...NO_QUALITY, missing: 1 } },
    count: values.length,
    sum: values.reduce((a, b) => a + b, 0),
    ...{ min: Math.min(...values), max: Math.max(...values), last: values.at(-1)!, sketch: sketch.bins() },
  }
}
/** The 5 minutes of number `i` since `day0`, with readings of their own. */
const fine = (i: number, more: readonly number[] = []) =>
  window(day0 + i * 5 * MINUTE, day0 + (i + 1) * 5 * MINUTE, [i - 100, 3 * i, 7, ...more], 1 + more.length)
const send = (...windows: WindowRecord[]) => cloud.send(device, { windows })

const rollUp = async () => {
  let steps = 0
  while (await rollUpNext(database, { now, exported: false })) steps++
  return steps
}

/** Objects are asked for documents of sites, and these have none. */
const sources = () => ({ database, objects: {} as Objects })
const read = async (resolution: Resolution, by: readonly ('time' | 'device')[] = ['time']) =>
  (await mergedWindows(sources(), { device: device.id, from: 0, to: day0 + 400 * DAY, resolution, by: [...by] })).map(
    ({ scale: _, key: _key, sketch, ...merged }) => ({ ...merged, sketch: sketch.bins() }),
  )
const total = async (resolution: Resolution) => {
  const [all] = await read(resolution, ['device'])
  return (
    all && {
      count: all.count,
      sum: all.sum,
      min: all.min,
      max: all.max,
      missing: all.quality.missing,
      sketch: all.sketch,
    }
  )
}
const rows = async (table: string) => {
  const { rows } = await database.pool.query<{ count: number }>(
    `SELECT count(*) FROM ${table} w JOIN series s ON s.id = w.series WHERE device = $1`,
    [device.id],
  )
  return rows[0]!.count
}

describe('windows', () => {
  it('are rolled up into hours and days, which count and sum what they do', async () => {
    await send(...Array.from({ length: 500 }, (_, i) => fine(i)))
    const before = [await read('hour'), await read('day')]
    const exact = await total('window')
    expect(exact).toMatchObject({ count: 1500, min: -100, max: 3 * 499, missing: 500 })
    await rollUp()
    // What is read was the same before: what is not rolled up yet is read finer.
    expect([await read('hour'), await read('day')]).toEqual(before)
    expect([await total('hour'), await total('day')]).toEqual([exact, exact])
    expect([await rows('window_hours'), await rows('window_days')]).toEqual([42, 2])
  })

  it('that are revised or made coarser later change the hours and days that they are in', async () => {
    await send(...Array.from({ length: 40 }, (_, i) => fine(i)))
    await rollUp()
    await send(fine(3, [-9000]), fine(41))
    const pending = [await read('hour'), await read('day')]
    expect(pending[0]![0]).toMatchObject({ count: 37, min: -9000 })
    await rollUp()
    expect([await read('hour'), await read('day')]).toEqual(pending)
    const coarse = window(
      day0,
      day0 + DAY,
      Array.from({ length: 200 }, (_, i) => i),
    )
    await send(coarse)
    await rollUp()
    expect(await read('hour')).toMatchObject([{ start: day0, end: day0 + DAY, count: 200, sum: coarse.sum }])
    expect(await read('day')).toMatchObject([{ count: 200, sum: coarse.sum }])
    expect([await rows('windows'), await rows('window_hours'), await rows('window_days')]).toEqual([1, 1, 1])
  })

  it('are rolled up once, whole or not at all, whoever does it and is killed', async () => {
    await send(...Array.from({ length: 300 }, (_, i) => fine(i)))
    const exact = await total('window')
    await database.pool.query(`
      CREATE FUNCTION kill() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
      CREATE TRIGGER kill BEFORE INSERT ON window_days FOR EACH ROW EXECUTE FUNCTION kill()`)
    await expect(rollUpNext(database, { now, exported: false })).rejects.toThrow()
    expect([await rows('window_hours'), await rows('window_days')]).toEqual([0, 0])
    await database.pool.query('DROP TRIGGER kill ON window_days')
    await Promise.all([rollUp(), rollUp(), rollUp()])
    await rollUp()
    expect([await total('hour'), await total('day')]).toEqual([exact, exact])
  })

  it('of a long time are rolled up step by step', async () => {
    const hourly = Array.from({ length: 40 * 24 }, (_, i) => window(day0 + i * HOUR, day0 + (i + 1) * HOUR, [i, 1]))
    await send(...hourly)
    const exact = await total('window')
    expect(await rollUp()).toBeGreaterThan(4)
    expect([await total('hour'), await total('day')]).toEqual([exact, exact])
  })
})

describe('how far rolling up is behind', () => {
  it('is what the oldest change has waited, in steps as well, and nothing once all is done', async () => {
    await rollUp()
    expect(await rollUpLag(database.pool)).toBe(0)
    await send(...Array.from({ length: 40 * 24 }, (_, i) => window(day0 + i * HOUR, day0 + (i + 1) * HOUR, [i, 1])))
    await database.pool.query("UPDATE window_changes SET noted_at = now() - interval '2 hours'")
    await rollUpNext(database, { now, exported: false })
    expect(await rollUpLag(database.pool)).toBeGreaterThan(7200)
    await rollUp()
    expect(await rollUpLag(database.pool)).toBe(0)
  })
})

describe('what policy keeps no longer', () => {
  const policy = { windows: 30, hours: null, days: null, exported: false }

  it('is dropped by the month once it is rolled up, and comes as the coarser level has it', async () => {
    await send(...Array.from({ length: 24 }, (_, i) => fine(i)))
    const exact = await total('window')
    expect(await dropExpired(database, policy, now)).toEqual([])
    await rollUp()
    expect(await dropExpired(database, policy, now)).toContain('windows_2026_03')
    expect(await rows('windows')).toBe(0)
    expect([await total('window'), await total('hour'), await total('day')]).toEqual([exact, exact, exact])
    expect(await read('window')).toHaveLength(2)
    await dropExpired(database, { ...policy, hours: 60 }, now)
    expect(await rows('window_hours')).toBe(0)
    expect([await total('window'), await total('hour'), await total('day')]).toEqual([exact, exact, exact])
    await dropExpired(database, { ...policy, hours: 60, days: 80 }, now)
    expect(await total('day')).toBeUndefined()
  })

  it('takes in what comes late, once, and stays dropped', async () => {
    await send(...Array.from({ length: 24 }, (_, i) => fine(i)))
    await rollUp()
    await dropExpired(database, policy, now)
    const late = [fine(30), fine(31), window(day0 + 2 * DAY, day0 + 3 * DAY, [5, 6])]
    await send(...late)
    await rollUp()
    const all = await total('hour')
    expect(all).toMatchObject({ count: 24 * 3 + 2 * 3 + 2, missing: 27 })
    expect([await total('window'), await total('day')]).toEqual([all, all])
    // Sent again under other sequences, as from an image of the disk.
    await send(fine(2), fine(30), late[2]!)
    await rollUp()
    expect(await total('day')).toEqual(all)
    expect(await rows('window_conflicts')).toBe(2)
    expect(await rows('windows')).toBe(0)
    // A coarse window that holds all of the day replaces what was made of the finer ones.
    const whole = window(
      day0,
      day0 + DAY,
      Array.from({ length: 100 }, () => 4),
    )
    await send(whole)
    await rollUp()
    expect(await total('day')).toMatchObject({ count: 102, sum: 400 + 11 })
    expect(await dropExpired(database, policy, now)).toContain('windows_2026_03')
  })

  it('waits for what is not rolled up, and for hours as long as there are windows', async () => {
    await send(fine(0))
    expect(await dropExpired(database, { ...policy, hours: 30, days: 30 }, now)).toEqual([])
    expect(await total('window')).toMatchObject({ count: 3 })
  })
})
