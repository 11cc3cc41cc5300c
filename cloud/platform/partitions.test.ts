import { afterAll, beforeAll, expect, it } from 'vitest'
import { testDatabase } from '../test/database.ts'
import type { Database } from './database.ts'
import { monthOf, openMonths } from './partitions.ts'

let database: Database
beforeAll(async () => {
  database = await testDatabase()
  await database.pool.query(`
    CREATE TABLE things (name text NOT NULL, start_at int8 NOT NULL, PRIMARY KEY (name, start_at))
      PARTITION BY RANGE (start_at);
    CREATE TABLE things_other PARTITION OF things DEFAULT`)
})
afterAll(() => database[Symbol.asyncDispose]())

const march = Date.UTC(2026, 2, 15)
const places = async () => {
  const { rows } = await database.pool.query('SELECT tableoid::regclass::text AS place, name FROM things ORDER BY name')
  return Object.fromEntries(rows.map(({ name, place }) => [name, place]))
}
const add = (name: string, at: number) => database.pool.query('INSERT INTO things VALUES ($1, $2)', [name, at])

it('months end where the next begins', () => {
  expect(monthOf(Date.UTC(2026, 1, 28, 23, 59, 59, 999))).toEqual({
    name: '2026_02',
    from: Date.UTC(2026, 1, 1),
    to: Date.UTC(2026, 2, 1),
  })
  expect(monthOf(Date.UTC(2025, 11, 31))).toMatchObject({ name: '2025_12', to: Date.UTC(2026, 0, 1) })
})

it('a month is opened once, whoever comes first, and takes its rows over', async () => {
  await add('early', march)
  await add('elsewhere', Date.UTC(2026, 4, 1))
  const times = [march, march + 1, Date.UTC(2026, 3, 1), Date.UTC(1970, 0, 1), Date.UTC(2400, 0, 1)]
  const open = () => database.transaction((client) => openMonths(client, 'things', times))
  await Promise.all([open(), open(), open()])
  await add('late', march + 2)
  await add('unset clock', 5)
  expect(await places()).toEqual({
    early: 'things_2026_03',
    late: 'things_2026_03',
    elsewhere: 'things_other',
    'unset clock': 'things_other',
  })
  const { rows } = await database.pool.query(
    "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' ORDER BY 1",
  )
  expect(rows.map(({ relname }) => relname)).toEqual(['things_2026_03', 'things_2026_04', 'things_other'])
})
