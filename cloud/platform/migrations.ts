import type { Pool } from 'pg'
import { SetupError } from './errors.ts'
import { LOCKS } from './locks.ts'

/**
 * One step of the schema, forward only, never edited once released. Ids by stage: devices 100s, ingest 200s, telemetry
 * 300s, registry 400s, training 500s, rollout 600s, api 700s, identity 800s, trust 900s, audit 1000s, governance 1050s,
 * people 1200s, monitoring 1300s, stewardship 1400s, alerts 1500s, kpis 1600s, decisions 1700s, changes 1800s, overview 1850s.
 */
export interface Migration {
  readonly id: number
  readonly name: string
  readonly sql: string
}

/**
 * Applies what is missing, in id order, each in its own transaction.
 * @throws SetupError `schema-newer` where the database holds a migration this program does not know.
 */
export async function migrate(pool: Pool, migrations: readonly Migration[]): Promise<void> {
  const ordered = [...migrations].sort((a, b) => a.id - b.id)
  const twice = ordered.find((m, i) => m.id === ordered[i + 1]?.id)
  if (twice) throw new Error(`migration id ${twice.id} is used twice`)
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCKS.migrations])
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migrations (id integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    )
    const { rows } = await client.query<{ id: number; name: string }>('SELECT id, name FROM schema_migrations')
    const applied = new Map(rows.map((row) => [row.id, row.name]))
    for (const [id, name] of applied) {
      if (ordered.some((m) => m.id === id)) continue
      throw new SetupError({
        code: 'schema-newer',
        message: `The database holds migration ${id} (${name}), which this version of Storecast does not know: it was used by a newer one. Run that version, or restore a backup taken before the upgrade.`,
      })
    }
    for (const migration of ordered) {
      if (applied.has(migration.id)) continue
      await client.query('BEGIN')
      try {
        await client.query(migration.sql)
        await client.query('INSERT INTO schema_migrations (id, name) VALUES ($1, $2)', [migration.id, migration.name])
        await client.query('COMMIT')
      } catch (cause) {
        await client.query('ROLLBACK')
        throw new SetupError({
          code: 'migration-failed',
          message: `Migration ${migration.id} (${migration.name}) failed and was rolled back: ${(cause as Error).message}`,
          cause,
        })
      }
    }
  } catch (error) {
    broken = error as Error
    throw error
  } finally {
    // The session ends with the lock where something failed; otherwise it is unlocked and goes back to the pool.
    if (!broken) await client.query('SELECT pg_advisory_unlock($1)', [LOCKS.migrations])
    client.release(broken)
  }
}
