import { afterAll, beforeAll, expect, it } from 'vitest'
import { identityMigrations } from '../identity/index.ts'
import type { Database } from '../platform/database.ts'
import { UnavailableError } from '../platform/errors.ts'
import { testDatabase } from '../test/database.ts'
import { deviceMigrations, supportBundles } from './index.ts'

const clock = { now: () => Date.UTC(2026, 2, 1) }
let database: Database
beforeAll(async () => {
  database = await testDatabase([...deviceMigrations, ...identityMigrations])
  await database.pool.query(
    "INSERT INTO sites (id, time_zone, labels, created_at, updated_at) VALUES ('oslo', 'UTC', '{}', 0, 0)",
  )
  await database.pool.query(
    `INSERT INTO devices (id, site, labels, enrolled_at) SELECT id, 'oslo', '{}', 0 FROM unnest('{one,two,three}'::text[]) id`,
  )
})
afterAll(() => database[Symbol.asyncDispose]())

it('a bundle that is asked for while the broker is away is asked for with the next link', async () => {
  let isAway = true
  const told: string[] = []
  const support = supportBundles({
    database,
    clock,
    async publish(device, id) {
      if (isAway) throw new UnavailableError({ code: 'broker-away', message: 'The broker is away.' })
      told.push(`${device} ${id}`)
    },
  })
  const asked = [await support.ask('one', 'anna'), await support.ask('two', 'anna'), await support.ask('three', 'anna')]
  expect(asked).toMatchObject(['one', 'two', 'three'].map((device) => ({ device, receivedAt: null })))
  const [one, two, three] = asked.map(({ device, id }) => `${device} ${id}`)
  await support.receive('three', asked[2]!.id, Buffer.from('packed'))
  isAway = false
  await support.remind(['two'])
  expect(told.splice(0)).toEqual([two])
  await support.remind()
  expect(told.sort()).toEqual([one, two].sort())
  expect(told).not.toContain(three)
})
