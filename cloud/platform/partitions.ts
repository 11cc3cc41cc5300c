import type { Pool, PoolClient } from 'pg'
import { LOCKS } from './locks.ts'

/** A calendar month, UTC: `[from, to)` in Unix milliseconds. */
export interface Month {
  /** `2026_03`. */
  readonly name: string
  readonly from: number
  readonly to: number
}

export function monthOf(time: number): Month {
  const date = new Date(time)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  const name = `${year}_${String(month + 1).padStart(2, '0')}`
  return { name, from: Date.UTC(year, month), to: Date.UTC(year, month + 1) }
}

/** Times outside, as a clock that was never set gives them, share one partition: no device makes tables without end. */
const FIRST = Date.UTC(2000, 0)
const END = Date.UTC(2100, 0)

/**
 * Makes the partitions of those months that have none yet. `table` is partitioned by range of `start_at`, and
 * `<table>_other` is its default partition, from which rows of the month move over. Call it before the transaction touches
 * the table otherwise: making one waits for everybody who does.
 */
export async function openMonths(client: PoolClient, table: string, times: Iterable<number>): Promise<void> {
  const months = new Map<string, Month>()
  let last: Month | undefined
  for (const time of times) {
    if (time < FIRST || time >= END || (last && time >= last.from && time < last.to)) continue
    last = monthOf(time)
    months.set(last.name, last)
  }
  const missing = await withoutTable(client, table, [...months.values()])
  if (missing.length === 0) return
  await client.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [LOCKS.partitions, table])
  for (const month of await withoutTable(client, table, missing)) await open(client, table, month)
}

/** Months that a table has partitions of, oldest first; none where it has no partitions. */
export async function monthsOf(client: Pool | PoolClient, table: string): Promise<readonly Month[]> {
  const { rows } = await client.query<{ year: number; month: number }>(
    `SELECT m[1]::int4 AS year, m[2]::int4 AS month
     FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
       LATERAL regexp_match(c.relname, '_(\\d{4})_(\\d{2})$') AS m
     WHERE i.inhparent = $1::regclass AND m IS NOT NULL ORDER BY 1, 2`,
    [table],
  )
  return rows.map(({ year, month }) => monthOf(Date.UTC(year, month - 1)))
}

async function withoutTable(client: PoolClient, table: string, months: readonly Month[]): Promise<readonly Month[]> {
  if (months.length === 0) return []
  const { rows } = await client.query<{ name: string }>(
    // By the rows, not by to_regclass: that may not have heard yet of what another connection has just committed.
    `SELECT name FROM unnest($2::text[]) AS name WHERE NOT EXISTS (
       SELECT 1 FROM pg_class WHERE relname = $1 || name AND pg_table_is_visible(oid))`,
    [`${table}_`, months.map(({ name }) => name)],
  )
  return months.filter(({ name }) => rows.some((row) => row.name === name))
}

async function open(client: PoolClient, table: string, { name, from, to }: Month): Promise<void> {
  const partition = `${table}_${name}`
  const inMonth = `start_at >= ${from} AND start_at < ${to}`
  await client.query(`
    CREATE TABLE ${partition} (LIKE ${table} INCLUDING DEFAULTS, CHECK (${inMonth}));
    LOCK TABLE ${table}_other IN ACCESS EXCLUSIVE MODE;
    WITH moved AS (DELETE FROM ${table}_other WHERE ${inMonth} RETURNING *) INSERT INTO ${partition} SELECT * FROM moved;
    ALTER TABLE ${table} ATTACH PARTITION ${partition} FOR VALUES FROM (${from}) TO (${to})`)
}
