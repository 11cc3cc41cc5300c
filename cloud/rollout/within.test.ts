import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from '../platform/database.ts'
import { MIGRATIONS } from '../storage.ts'
import { testDatabase } from '../test/database.ts'
import { membersWithin } from './within.ts'

let database: Database
beforeAll(async () => {
  database = await testDatabase(MIGRATIONS)
  await database.pool.query(`
    INSERT INTO sites (id, time_zone, labels, created_at, updated_at)
      SELECT 'shop-' || n, 'UTC', jsonb_build_object('region', CASE WHEN n < 3 THEN 'eu' ELSE 'us' END), 1, 1 FROM generate_series(1, 4) n;
    INSERT INTO devices (id, site, labels, enrolled_at) SELECT 'pi-' || n, 'shop-' || n, '{}', 1 FROM generate_series(1, 4) n;
    INSERT INTO rollouts (name, document, model, version, bundle, state, step_at, settled, settled_counts, created_at)
      SELECT 'r-' || n, '{}', 'demand', 1, '{}', 'succeeded', 1, n = 1, '[]', 1 FROM generate_series(1, 2) n;
    INSERT INTO rollout_devices (rollout, device, position, disruption_group, region, late, state)
      SELECT r.id, d.id, 1, '', '', false, CASE WHEN d.id = 'pi-1' THEN 'failed' ELSE 'succeeded' END FROM rollouts r, devices d;
  `)
})
afterAll(() => database[Symbol.asyncDispose]())

const EU = { region: 'eu' }

it('counts the members of a limit as they are, of settled rollouts too where a site or the rollout has changed', async () => {
  const { counts } = membersWithin(database.pool)
  const states = async (limit: Record<string, string>) => {
    const found = await counts({ rollouts: ['1', '2'], limit })
    return [...found].map(([rollout, rows]) => [
      rollout,
      rows.map(({ state, devices }) => `${devices} ${state}`).sort(),
    ])
  }
  const before = [
    ['1', ['1 failed', '1 succeeded']],
    ['2', ['1 failed', '1 succeeded']],
  ]
  expect(await states(EU)).toEqual(before)
  expect(await states(EU)).toEqual(before)
  expect(await states({ region: 'mars' })).toEqual([])
  // One that goes on is counted each time; of one that is settled no member changes without it.
  await database.pool.query("UPDATE rollout_devices SET state = 'succeeded' WHERE device = 'pi-1' AND rollout = 2")
  expect(await states(EU)).toEqual([before[0], ['2', ['2 succeeded']]])
  await database.pool.query(`UPDATE sites SET labels = '{"region": "eu"}' WHERE id = 'shop-3'`)
  const after = [
    ['1', ['1 failed', '2 succeeded']],
    ['2', ['3 succeeded']],
  ]
  expect(await states(EU)).toEqual(after)
  await database.pool.query("UPDATE rollout_devices SET state = 'succeeded' WHERE device = 'pi-1'")
  await database.pool.query('UPDATE rollouts SET settled = true WHERE id = 1')
  expect(await states(EU)).toEqual([['1', ['3 succeeded']], after[1]])
})

it('tells whether all, some or none of them lie within', async () => {
  const { standing } = membersWithin(database.pool)
  await database.pool.query("DELETE FROM rollout_devices WHERE rollout = 2 AND device = 'pi-4'")
  expect(await standing({ rollout: '1', limit: EU })).toBe('part')
  expect(await standing({ rollout: '2', limit: EU })).toBe('whole')
  expect(await standing({ rollout: '2', limit: { region: 'us' } })).toBe('none')
  expect(await standing({ rollout: '1', limit: { site: 'shop-4' } })).toBe('part')
})
