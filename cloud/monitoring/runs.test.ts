import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { cloudConfig } from '../config.ts'
import type { Database } from '../platform/database.ts'
import { MIGRATIONS } from '../storage.ts'
import { testCloud } from '../test/cloud.ts'
import { testDatabase } from '../test/database.ts'
import { monitoringRuns } from './runs.ts'

const DAY = 86_400_000
const now = Date.UTC(2026, 0, 1)

let database: Database
beforeAll(async () => {
  database = await testDatabase(MIGRATIONS)
})
afterAll(() => database[Symbol.asyncDispose]())

/** A run that ended so many days ago, with something that it found. */
async function addRun(days: number | null, state: 'succeeded' | 'failed' | 'running'): Promise<string> {
  const { rows } = await database.pool.query<{ run: string }>(
    `WITH run AS (INSERT INTO monitoring_runs (job, state, created_at, finished_at)
       VALUES (gen_random_uuid(), $1, 0, $2) RETURNING id)
     INSERT INTO drift (run, scope, name, kind, model, version, column_name, from_at, to_at, devices, rows, effective, verdict)
     SELECT id, 'fleet', '', 'sensor', '', 0, 'fridge', 0, 1, 1, 1, 1, 'drift' FROM run RETURNING run::text`,
    [state, days === null ? null : now - days * DAY],
  )
  return rows[0]!.run
}

it('runs that ended long ago go with what they found, but for the newest that succeeded', async () => {
  const runs = monitoringRuns({ database, clock: { now: () => now } })
  const left = async () => (await runs.list({ limit: 100 })).items.map(({ id }) => id).reverse()
  const found = async () =>
    (await database.pool.query<{ run: string }>('SELECT run::text FROM drift ORDER BY drift.run')).rows.map(
      ({ run }) => run,
    )
  for (let nth = 0; nth < 25; nth++) await addRun(200 - nth, nth % 3 === 0 ? 'failed' : 'succeeded')
  const newest = await addRun(150, 'succeeded')
  await addRun(101, 'failed')
  const recent = [await addRun(99, 'failed'), await addRun(null, 'running')]
  const before = await left()
  await runs.drop(now - 100 * DAY, AbortSignal.abort())
  expect(await left()).toEqual(before)
  await runs.drop(now - 100 * DAY, new AbortController().signal)
  expect(await left()).toEqual([newest, ...recent])
  expect(await found()).toEqual([newest, ...recent])
})

it('a cloud drops them with the first run of each period', async () => {
  const old = await addRun(40, 'succeeded')
  const young = await addRun(20, 'succeeded')
  await using server = await testCloud(
    { clock: { now: () => now } },
    { monitoring: { ...cloudConfig({}).monitoring, keepDays: 31 }, secrets: { databaseUrl: database.url } },
  )
  await vi.waitFor(async () => expect((await server.call('GET', `/v1/monitoring-runs/${old}`)).status).toBe(404), {
    timeout: 20_000,
  })
  expect((await server.call('GET', `/v1/monitoring-runs/${young}`)).status).toBe(200)
})
