import { expect, it, vi } from 'vitest'
import { quiet, testDatabase } from '../test/database.ts'
import { meterCpu } from './cpu.ts'
import { kpiMigrations } from './migrations.ts'

const HOUR = 3_600_000
const SOON = { timeout: 20_000 }

it('hours are kept for as long as policy says', async () => {
  await using database = await testDatabase(kpiMigrations)
  const now = Date.UTC(2026, 0, 1, 12, 30)
  const add = (hoursAgo: number) =>
    database.pool.query('INSERT INTO cloud_cpu VALUES ($1, gen_random_uuid(), 1, 1)', [
      now - HOUR / 2 - hoursAgo * HOUR,
    ])
  for (const hours of [1, 31 * 24, 31 * 24 + 1, 1000]) await add(hours)
  const meter = (keepDays: number | null) =>
    meterCpu({ database, clock: { now: () => now }, log: quiet, everyMs: 1, keepDays })
  const written = async () => (await database.pool.query('SELECT hour FROM cloud_cpu ORDER BY hour')).rows
  {
    await using _forGood = meter(null)
    await vi.waitFor(async () => expect(await written()).toHaveLength(5), SOON)
  }
  await using _month = meter(31)
  await vi.waitFor(async () => {
    const hours = (await written()).map(({ hour }) => (now - HOUR / 2 - hour) / HOUR)
    expect(hours).toEqual([31 * 24, 1, 0, 0])
  }, SOON)
})
