import type { Pool, PoolClient } from 'pg'
import { z } from 'zod'

/**
 * A backup is a folder: `tables/<name>.copy.gz` (PostgreSQL's text COPY, which every later major reads), `objects/` (as
 * the object folder has them), and `backup.json`, written last: without it there is no backup.
 */
export const BackupManifest = z.strictObject({
  format: z.literal(1),
  storecast: z.string(),
  /** Unix ms of the snapshot: what was acknowledged later is not in it. */
  at: z.int(),
  /** Ids of the migrations that made the tables. */
  migrations: z.array(z.int()),
  tables: z.array(
    z.strictObject({
      name: z.string().regex(/^[a-z_][a-z0-9_]*$/),
      columns: z.array(z.string().regex(/^[a-z_][a-z0-9_]*$/)),
      rows: z.int().nonnegative(),
      sha256: z.string(),
      /** Starts of the months that it has partitions of, unix ms: rows come back into theirs. */
      months: z.array(z.int()).default([]),
    }),
  ),
  objects: z.array(z.string().regex(/^[0-9a-f]{64}$/)),
})
export type BackupManifest = z.infer<typeof BackupManifest>

export interface TableShape {
  readonly name: string
  readonly columns: string[]
}

/** Our tables, each after those that it points to; the job queue's are not ours, and are made anew. */
export async function tablesInOrder(client: Pool | PoolClient): Promise<TableShape[]> {
  const { rows: tables } = await client.query<TableShape>(`
    SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attgenerated = ''
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'schema_migrations'
    GROUP BY c.relname ORDER BY c.relname`)
  const { rows: links } = await client.query<{ from: string; to: string }>(`
    SELECT conrelid::regclass::text AS from, confrelid::regclass::text AS to FROM pg_constraint
    WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conrelid <> confrelid`)
  const ordered: TableShape[] = []
  const waiting = new Map(tables.map((table) => [table.name, table]))
  while (waiting.size > 0) {
    const ready = [...waiting.values()].filter(
      ({ name }) => !links.some((link) => link.from === name && waiting.has(link.to)),
    )
    if (ready.length === 0) throw new Error(`tables point to each other in a circle: ${[...waiting.keys()].join(', ')}`)
    for (const table of ready) {
      waiting.delete(table.name)
      ordered.push(table)
    }
  }
  return ordered
}

export async function appliedMigrations(client: Pool | PoolClient): Promise<number[]> {
  const { rows } = await client.query<{ id: number }>('SELECT id FROM schema_migrations ORDER BY id')
  return rows.map((row) => row.id)
}
