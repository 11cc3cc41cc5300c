import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { identityMigrations } from '../identity/index.ts'
import type { Database } from '../platform/database.ts'
import { testDatabase } from '../test/database.ts'
import { deviceMigrations, devicePresences, type Presences } from './index.ts'
import { MOST_ABSENCES } from './presence.ts'

const HOUR = 3_600_000
const START = Date.UTC(2026, 2, 1)
let now = START
let database: Database
let presences: Presences

beforeAll(async () => {
  database = await testDatabase([...deviceMigrations, ...identityMigrations])
  presences = devicePresences({ database, clock: { now: () => now } })
  await database.pool.query(
    "INSERT INTO sites (id, time_zone, labels, created_at, updated_at) VALUES ('oslo', 'UTC', '{}', 0, 0)",
  )
})
afterAll(() => database[Symbol.asyncDispose]())

beforeEach(async () => {
  now = START
  await database.pool.query('TRUNCATE devices CASCADE')
  await database.pool.query(
    `INSERT INTO devices (id, site, labels, enrolled_at, retired_at)
     VALUES ('one', 'oslo', '{}', 0, NULL), ('two', 'oslo', '{}', 0, NULL), ('retired', 'oslo', '{}', 0, 1)`,
  )
})

const heard = (device: string, online: boolean, link: number, at = now) => ({
  ...{ device, at },
  presence: { online, link, session: `${link}` },
})
const standings = async () => {
  const { rows } = await database.pool.query(
    'SELECT id, online, presence_at AS since, last_seen AS seen, presence_forgotten AS forgotten FROM devices ORDER BY id',
  )
  return rows
}
const absences = async () => {
  const { rows } = await database.pool.query(
    'SELECT device, began_at AS began, back_at AS back, times, away_ms AS away FROM device_absences ORDER BY device, began_at',
  )
  return rows
}

it('notes of many devices at once how they are, and of those that came back how long they were away', async () => {
  await presences.take([heard('one', true, 1), heard('nobody', true, 1), heard('retired', true, 1)])
  await presences.take([
    ...[heard('two', true, 1, START + 1), heard('one', false, 1, START + HOUR)],
    ...[heard('two', false, 1, START + 2 * HOUR), heard('one', true, 2, START + 3 * HOUR)],
  ])
  expect(await standings()).toEqual([
    { id: 'one', online: true, since: START + 3 * HOUR, seen: START + 3 * HOUR, forgotten: false },
    { id: 'retired', online: false, since: null, seen: null, forgotten: false },
    { id: 'two', online: false, since: START + 2 * HOUR, seen: null, forgotten: false },
  ])
  expect(await absences()).toEqual([
    { device: 'one', began: START, back: START, times: 0, away: 0 },
    { device: 'one', began: START + HOUR, back: START + 3 * HOUR, times: 1, away: 2 * HOUR },
    { device: 'two', began: START + 1, back: START + 1, times: 0, away: 0 },
  ])
  // Soon away again, and back: the same row.
  await presences.take([heard('one', false, 2, START + 3.5 * HOUR), heard('one', true, 3, START + 4 * HOUR)])
  expect((await absences()).filter(({ device }) => device === 'one').at(-1)).toEqual({
    ...{ device: 'one', began: START + HOUR, back: START + 4 * HOUR, times: 2, away: 2.5 * HOUR },
  })
})

it('takes two workers that hear the same at once for one', async () => {
  const said = ['two', 'one'].flatMap((device) => [heard(device, true, 1), heard(device, false, 1, START + HOUR)])
  await Promise.all([presences.take(said), presences.take(said.toSorted((a, b) => a.at - b.at)), presences.take(said)])
  await presences.take(['one', 'two'].map((device) => heard(device, true, 2, START + 9 * HOUR)))
  expect((await absences()).map(({ times, away }) => [times, away])).toEqual([
    ...[
      [0, 0],
      [1, 8 * HOUR],
    ],
    ...[
      [0, 0],
      [1, 8 * HOUR],
    ],
  ])
})

it('holds nobody for gone because the cloud was', async () => {
  await presences.take([heard('one', true, 1), heard('two', true, 1), heard('two', false, 1, START + 5)])
  now = START + 10 * HOUR
  await presences.forget()
  expect(await standings()).toMatchObject([
    { id: 'one', online: false, since: now, forgotten: true },
    { id: 'retired', since: null, forgotten: false },
    { id: 'two', online: false, since: START + 5, forgotten: false },
  ])
  await presences.take([heard('one', true, 1, now + 60_000), heard('two', true, 2, now + 60_000)])
  expect((await absences()).filter(({ times }) => times > 0)).toEqual([
    { device: 'two', began: START + 5, back: now + 60_000, times: 1, away: 10 * HOUR + 59_995 },
  ])
})

it('keeps so many absences of a device and no more, the newest', async () => {
  await presences.take([heard('one', true, 1), heard('two', true, 1)])
  const DAY = 24 * HOUR
  const said = Array.from({ length: MOST_ABSENCES + 20 }, (_, i) => [
    heard('one', false, i + 1, START + (i + 1) * DAY),
    heard('one', true, i + 2, START + (i + 1) * DAY + 1000),
  ])
  await presences.take(said.flat())
  const kept = (await absences()).filter(({ device }) => device === 'one')
  expect(kept).toHaveLength(MOST_ABSENCES)
  expect(kept.at(0)!.began).toBe(START + 21 * DAY)
  expect((await absences()).filter(({ device }) => device === 'two')).toHaveLength(1)
})
