import { randomBytes } from 'node:crypto'
import type { Pool } from 'pg'
import type { Database } from '../platform/database.ts'
import { tryLock } from '../platform/locks.ts'
import type { History } from './position.ts'
import type { NotedChange } from './told.ts'

/** Changes of a read, and the history as it was then. */
export interface Heard {
  readonly history: History
  readonly changes: readonly NotedChange[]
}

interface Row extends History {
  readonly kind: string | null
  readonly key: string
  readonly site: string | null
  readonly labels: NotedChange['labels']
}

/** Beyond so many, whoever reads looks at everything anew. */
export const MOST_AT_ONCE = 20_000

/**
 * What has become visible since a snapshot; all that is kept without one. One statement has one snapshot: nothing that it does
 * not see is in the one that it gives, and nothing comes twice.
 * @param until leaves out what became visible after that one
 */
export async function readChanges(pool: Pool, since: string | null, until: string | null = null): Promise<Heard> {
  const { rows } = await pool.query<Row>(
    `SELECT h.incarnation, h.floor::text, pg_current_snapshot()::text AS snapshot, c.kind, c.key, c.site, s.labels
     FROM change_history h LEFT JOIN (
       SELECT DISTINCT kind, key, site FROM changes
       WHERE ($1::pg_snapshot IS NULL
           OR (transaction >= pg_snapshot_xmin($1::pg_snapshot) AND NOT pg_visible_in_snapshot(transaction, $1::pg_snapshot)))
         AND ($2::pg_snapshot IS NULL OR pg_visible_in_snapshot(transaction, $2::pg_snapshot))
       LIMIT ${MOST_AT_ONCE + 1}
     ) c ON true LEFT JOIN sites s ON s.id = c.site`,
    [since, until],
  )
  const [first] = rows
  if (!first) throw new Error('there is no history of changes; a cloud begins it when it starts')
  const { incarnation, floor, snapshot } = first
  const changes = rows.filter((row): row is Row & { kind: string } => row.kind !== null)
  return { history: { incarnation, floor, snapshot }, changes }
}

const newIncarnation = () => randomBytes(4).toString('hex')

/** For a database that has none. */
export async function beginHistory(pool: Pool): Promise<void> {
  await pool.query(`INSERT INTO change_history (incarnation, floor) VALUES ($1, '0') ON CONFLICT DO NOTHING`, [
    newIncarnation(),
  ])
}

/** In a database that was filled from a backup: its transactions are others. */
export async function beginHistoryAnew(pool: Pool): Promise<void> {
  await pool.query('TRUNCATE changes')
  await pool.query('UPDATE change_history SET incarnation = $1, floor = $2', [newIncarnation(), '0'])
}

/** Forgets what is older. Transactions are forgotten from the first on, so that one number says which. */
export async function forget(database: Database, keepMs: number): Promise<void> {
  await database.transaction(async (client) => {
    if (!(await tryLock(client, 'changes'))) return
    const { rows } = await client.query<{ transaction: string }>(
      `SELECT transaction::text FROM changes WHERE at < now() - $1 * interval '1 millisecond'
       ORDER BY changes.transaction DESC LIMIT 1`,
      [keepMs],
    )
    if (!rows[0]) return
    const last = rows[0].transaction
    await client.query('UPDATE change_history SET floor = $1', [String(BigInt(last) + 1n)])
    await client.query('DELETE FROM changes WHERE transaction <= $1', [last])
  })
}
