import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deviceMigrations } from '../devices/index.ts'
import type { Database } from '../platform/database.ts'
import { testDatabase } from '../test/database.ts'
import type { Compared } from './compare.ts'
import { openDraft } from './draft.ts'
import { monitoringMigrations } from './migrations.ts'
import type { Judged } from './performance.ts'

let database: Database
beforeAll(async () => {
  database = await testDatabase([...deviceMigrations, ...monitoringMigrations])
})
afterAll(() => database[Symbol.asyncDispose]())

let run: string
beforeEach(async () => {
  const { rows } = await database.pool.query<{ id: string }>(
    `INSERT INTO monitoring_runs (job, state, created_at) VALUES (gen_random_uuid(), 'running', 0) RETURNING id::text`,
  )
  run = rows[0]!.id
})

const statistic = (value: number) => ({ value, threshold: 0.2, p: 0.3 })
const compared = (name: string, psi: number): Compared => ({
  ...{ scope: 'device', name, kind: 'sensor', model: '', version: 0, column: 'fridge', from: 0, to: 1, devices: 1 },
  ...{ rows: 10, effective: 9, p: 0.3, reason: null, matters: false },
  statistics: { psi: statistic(psi), ks: statistic(0.1), wasserstein: statistic(0.1) },
  bins: { edges: [1.5], reference: [0.5, 0.5], current: [0.25, 0.75] },
})
const scores = { mae: 1, rmse: 1, wape: 0.1, bias: 0, coverage: null, baselineWape: 0.2 }
const judged = (name: string): Judged => ({
  ...{
    scope: 'device',
    name,
    model: 'demand',
    version: 1,
    horizon: '1d',
    from: 0,
    to: 1,
    devices: 1,
    rows: 7,
    leftOut: 0,
  },
  ...{ days: [{ day: '2026-01-05', rows: 7, ...scores }], scores, validation: null, p: null },
  ...{ ifReal: 'insufficient', reason: 'insufficient: n=1 days with scored forecasts; at least 7' },
})
const stable = { q: 0.4, verdict: 'stable' } as const
const nothing = { q: null, verdict: 'insufficient' } as const
const noMore = async () => {}

const stored = async (table: 'drift' | 'performance') =>
  (await database.pool.query(`SELECT * FROM ${table} WHERE run = $1 ORDER BY name`, [run])).rows

async function publishTwo(psi: number): Promise<void> {
  await using draft = await openDraft(database.pool)
  await draft.addDrift([compared('a-1', psi)])
  await draft.addPerformance([judged('a-1')])
  await draft.addDrift([compared('b-1', 2 * psi)])
  await draft.publish(run, { drift: [stable, { q: 0.01, verdict: 'drift' }], performance: [nothing] }, noMore)
}

describe('what a run has found', () => {
  it('is there once it is published, with what was said of each', async () => {
    await publishTwo(0.1)
    expect(await stored('drift')).toMatchObject([
      { name: 'a-1', column_name: 'fridge', ...stable, bins: { edges: [1.5] }, previous_psi: null },
      { name: 'b-1', q: 0.01, verdict: 'drift', statistics: { psi: { value: 0.2 } } },
    ])
    expect(await stored('performance')).toMatchObject([{ name: 'a-1', days: [{ rows: 7 }], ...nothing, p: null }])
  })

  it('remembers what the run before said of the same', async () => {
    await publishTwo(0.3)
    expect(await stored('drift')).toMatchObject([{ previous_psi: 0.1 }, { previous_psi: 0.2 }])
  })

  it('stands once where a run is published again, as one that two processes have taken up', async () => {
    await publishTwo(0.5)
    await publishTwo(0.5)
    expect(await stored('drift')).toHaveLength(2)
    expect(await stored('performance')).toHaveLength(1)
  })

  it('is nowhere where the run ends early, whether it says so or loses its connection', async () => {
    {
      await using draft = await openDraft(database.pool)
      await draft.addDrift([compared('a-1', 0.1)])
    }
    let ended = false
    const lost = async () => {
      await using draft = await openDraft(database.pool)
      await draft.addDrift([compared('a-1', 0.1)])
      await draft.publish(run, { drift: [stable], performance: [] }, async (client) => {
        const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
        await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid])
        ended = true
        await client.query('SELECT 1')
      })
    }
    // By the server's last word, or by the broken pipe where that has not come yet.
    await expect(lost()).rejects.toThrow()
    expect(ended).toBe(true)
    expect(await stored('drift')).toEqual([])
    // Connections of the pool are as good as new.
    await publishTwo(0.1)
    expect(await stored('drift')).toHaveLength(2)
  })
})
