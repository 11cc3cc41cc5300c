import type { PoolClient } from 'pg'
import type { Database } from '../../platform/database.ts'
import { type Month, monthsOf } from '../../platform/partitions.ts'
import type { Floors } from './floors.ts'
import { readFloors } from './floors.ts'
import { ownsUpkeep } from './roll-up.ts'

/** Days for which each level is kept; coarser ones at least as long as finer ones. Null: for good. */
export interface Retention {
  readonly windows: number | null
  readonly hours: number | null
  readonly days: number | null
  /** Whether windows are kept until they are in their days' files. */
  readonly exported: boolean
}

const DAY = 86_400_000
const TABLES = { windows: 'windows', hours: 'window_hours' } as const

/**
 * Drops what policy keeps no longer: windows and hours by whole months (UTC), once all of the month is rolled up; days one by
 * one. Where devices write all the time and no lock comes within a second, the next pass tries again.
 * @returns the months' partitions that were dropped
 */
export async function dropExpired(database: Database, retention: Retention, now: number): Promise<readonly string[]> {
  const dropped: string[] = []
  for (const level of ['windows', 'hours'] as const) {
    const days = retention[level]
    if (days === null) continue
    for (const month of await monthsOf(database.pool, TABLES[level])) {
      if (month.to > now - days * DAY) break
      const done = await database.transaction((client) =>
        dropMonth(client, { level, month, exported: retention.exported }),
      )
      if (!done) break
      dropped.push(partitionOf(level, month))
    }
  }
  if (retention.days !== null) {
    const end = now - retention.days * DAY
    await database.transaction(async (client) => {
      if (!(await ownsUpkeep(client))) return
      await client.query(
        `DELETE FROM window_days WHERE end_at <= $1 AND NOT EXISTS (SELECT 1 FROM window_changes WHERE from_at < $1)`,
        [end],
      )
      await client.query('DELETE FROM day_sums WHERE start_at < $1 AND (count, sum, missing) = (0, 0, 0)', [end])
    })
  }
  return dropped
}

const partitionOf = (level: keyof Floors, { name }: Month) => `${TABLES[level]}_${name}`

/** Whether the month is gone. */
async function dropMonth(
  client: PoolClient,
  { level, month, exported }: { level: keyof Floors; month: Month; exported: boolean },
): Promise<boolean> {
  const { to } = month
  const partition = partitionOf(level, month)
  if (!(await ownsUpkeep(client))) return false
  const table = TABLES[level]
  await client.query("SET LOCAL lock_timeout = '1s'")
  try {
    await client.query(`SAVEPOINT before; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
  } catch (error) {
    if ((error as { code?: string }).code !== '55P03') throw error
    await client.query('ROLLBACK TO SAVEPOINT before')
    return false
  }
  const floors = await readFloors(client)
  // Below the windows' floor, what comes late is folded first; nothing finer may go after what is coarser.
  if (level === 'hours' && floors.windows < to) return false
  const pending = await client.query('SELECT 1 FROM window_changes WHERE from_at < $1 LIMIT 1', [to])
  if (pending.rowCount !== 0) return false
  if (level === 'windows' && exported) {
    const waiting = await client.query('SELECT 1 FROM export_days WHERE changed AND start_at < $1 LIMIT 1', [to])
    if (waiting.rowCount !== 0) return false
  }
  const late = await client.query(`SELECT 1 FROM ${partition} LIMIT 1`)
  if (level === 'windows' && to <= floors.windows && late.rowCount !== 0) return false
  await client.query(`DROP TABLE ${partition}`)
  await client.query(`DELETE FROM ${table}_other WHERE start_at < $1`, [to])
  await client.query(
    `INSERT INTO window_floors (level, floor) VALUES ($1, $2)
     ON CONFLICT (level) DO UPDATE SET floor = greatest(window_floors.floor, excluded.floor)`,
    [level, to],
  )
  return true
}
