import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { PoolClient } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { BackupManifest, tablesInOrder } from './backup-format.ts'
import { beginHistoryAnew } from './changes/index.ts'
import type { Clock } from './platform/clock.ts'
import type { Database, Migration } from './platform/database.ts'
import { SetupError } from './platform/errors.ts'
import { createReadStream, readText } from './platform/files.ts'
import { folderObjects } from './platform/folder-objects.ts'
import type { Objects } from './platform/objects.ts'
import { openMonths } from './platform/partitions.ts'

interface RestoreOptions {
  readonly database: Database
  readonly objects: Objects
  readonly directory: string
  readonly migrations: readonly Migration[]
  readonly clock: Clock
}

/**
 * Fills an empty cloud from a backup. Rows are loaded into the tables as they were then, and migrated forward after.
 *
 * Devices may have newer desired states than the backup: all are given new generations, so that devices take them for
 * new. Devices whose records were acknowledged after the backup are found by their next hello, and send them again.
 * @throws SetupError `backup-missing`, `backup-newer`, `backup-damaged`, `restore-not-empty`.
 */
export async function readBackup(options: RestoreOptions): Promise<BackupManifest> {
  const { database, objects, directory, migrations, clock } = options
  const manifest = await readManifest(directory)
  await requireEmpty(database)
  const unknown = manifest.migrations.find((id) => !migrations.some((migration) => migration.id === id))
  if (unknown !== undefined) {
    throw new SetupError({
      code: 'backup-newer',
      message: `The backup in ${directory} was made by Storecast ${manifest.storecast}, which knows migration ${unknown}; this version does not. Restore it with that version or a later one.`,
    })
  }
  await copyObjects(manifest, directory, objects)
  await database.migrate(migrations.filter((migration) => manifest.migrations.includes(migration.id)))
  await database.transaction(async (client) => {
    const known = await tablesInOrder(client)
    for (const { name } of known) {
      const table = manifest.tables.find((one) => one.name === name)
      if (!table) throw damaged(directory, `table ${name} is missing`)
      await openMonths(client, name, table.months)
      // What they would write of each row is in the backup, and nobody waits to hear of it.
      await client.query(`ALTER TABLE ${name} DISABLE TRIGGER USER`)
      await copyIn(client, table, directory)
      await client.query(`ALTER TABLE ${name} ENABLE TRIGGER USER`)
    }
    await continueNumbers(client)
    await client.query(
      'UPDATE desired_states SET generation = greatest(generation + 1, $1), published = 0, previous = NULL',
      [Math.floor(clock.now() / 1000)],
    )
    // As when a cloud of its own broker starts: nobody went away.
    await client.query('UPDATE devices SET online = false, presence_forgotten = true, presence_at = $1 WHERE online', [
      clock.now(),
    ])
  })
  await database.migrate(migrations)
  await beginHistoryAnew(database.pool)
  return manifest
}

async function readManifest(directory: string): Promise<BackupManifest> {
  const text = await readText(join(directory, 'backup.json'))
  if (text === undefined) {
    throw new SetupError({
      code: 'backup-missing',
      message: `There is no complete backup in ${directory}: it has no backup.json. Give the folder that storecast backup wrote.`,
    })
  }
  const parsed = BackupManifest.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw damaged(directory, `backup.json is not one of ours (${parsed.error.issues[0]?.message})`, parsed.error)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function requireEmpty({ pool }: Database): Promise<void> {
  const { rows } = await pool.query<{ found: string | null }>("SELECT to_regclass('public.schema_migrations') AS found")
  if (rows[0]?.found == null) return
  const tables = await tablesInOrder(pool)
  for (const { name } of tables) {
    const { rowCount } = await pool.query(`SELECT 1 FROM ${name} LIMIT 1`)
    if (rowCount === 0) continue
    throw new SetupError({
      code: 'restore-not-empty',
      message: `The database holds data already (in ${name}); a restore would mix two histories. Move the data folder away, or give an empty database, and restore again.`,
    })
  }
  // Tables of another version's schema would not take the rows.
  await pool.query(`DROP TABLE ${['schema_migrations', ...tables.map((table) => table.name)].join(', ')}`)
}

async function copyObjects({ objects: digests }: BackupManifest, directory: string, objects: Objects): Promise<void> {
  const copies = await folderObjects(join(directory, 'objects'))
  for (const sha256 of digests) {
    if ((await copies.size(sha256)) === undefined) throw damaged(directory, `object ${sha256} is missing`)
    const stored = await objects.put(await copies.read(sha256), Number.MAX_SAFE_INTEGER)
    if (stored.sha256 !== sha256) throw damaged(directory, `object ${sha256} has other content`)
  }
}

async function copyIn(
  client: PoolClient,
  { name, columns, rows, sha256 }: BackupManifest['tables'][number],
  directory: string,
): Promise<void> {
  const hash = createHash('sha256')
  const target = client.query(
    copyFrom(`COPY ${name} (${columns.map((column) => `"${column}"`).join(', ')}) FROM STDIN`),
  )
  try {
    await pipeline(
      createReadStream(join(directory, 'tables', `${name}.copy.gz`)),
      createGunzip(),
      async function* (source: AsyncIterable<Buffer>) {
        for await (const chunk of source) {
          hash.update(chunk)
          yield chunk
        }
      },
      target,
    )
  } catch (cause) {
    throw damaged(directory, `table ${name}: ${(cause as Error).message}`, cause)
  }
  if (hash.digest('hex') !== sha256 || target.rowCount !== rows) throw damaged(directory, `table ${name} differs`)
}

/** Identity columns go on after the highest restored number. */
async function continueNumbers(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string }>(`
    SELECT attrelid::regclass::text AS table, attname AS column FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE attidentity <> '' AND c.relnamespace = 'public'::regnamespace`)
  for (const { table, column } of rows) {
    await client.query(
      `SELECT setval(pg_get_serial_sequence('${table}', '${column}'), coalesce((SELECT max("${column}") FROM ${table}), 0) + 1, false)`,
    )
  }
}

const damaged = (directory: string, what: string, cause?: unknown) =>
  new SetupError({
    code: 'backup-damaged',
    message: `The backup in ${directory} is damaged: ${what}. Use another one; nothing was restored.`,
    cause,
  })
