import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { PoolClient } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { appliedMigrations, type BackupManifest, type TableShape, tablesInOrder } from './backup-format.ts'
import type { Clock } from './platform/clock.ts'
import type { Database } from './platform/database.ts'
import { SetupError } from './platform/errors.ts'
import { mkdir, readdir, spool, writeAtomic } from './platform/files.ts'
import { folderObjects } from './platform/folder-objects.ts'
import type { Objects } from './platform/objects.ts'
import { monthsOf } from './platform/partitions.ts'

interface BackupOptions {
  readonly database: Database
  readonly objects: Objects
  /** Made if it is not there; must be empty. */
  readonly directory: string
  readonly storecast: string
  readonly clock: Clock
}

const NO_LIMIT = Number.MAX_SAFE_INTEGER

/**
 * Writes all of the cloud's state to a folder, from one snapshot, while it runs on: rows by COPY, then the objects that
 * they point to (objects never change, and are stored before any row names them).
 * @throws SetupError `backup-not-empty`.
 */
export async function writeBackup(options: BackupOptions): Promise<BackupManifest> {
  const { database, objects, directory, storecast, clock } = options
  await mkdir(join(directory, 'tables'), { recursive: true })
  const present = (await readdir(directory)).filter((name) => name !== 'tables')
  if (present.length > 0 || (await readdir(join(directory, 'tables'))).length > 0) {
    throw new SetupError({
      code: 'backup-not-empty',
      message: `${directory} is not empty. Give each backup a folder of its own.`,
    })
  }
  const client = await database.pool.connect()
  let failure: Error | undefined
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const migrations = await appliedMigrations(client)
    const at = clock.now()
    const tables: BackupManifest['tables'] = []
    for (const table of await tablesInOrder(client)) tables.push(await copyOut(client, table, directory))
    const digests = await referencedDigests(client)
    await client.query('COMMIT')
    const copies = await folderObjects(join(directory, 'objects'))
    for (const sha256 of digests) await copies.put(await objects.read(sha256), NO_LIMIT)
    const manifest: BackupManifest = { format: 1, storecast, at, migrations, tables, objects: digests }
    await writeAtomic(join(directory, 'backup.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    return manifest
  } catch (error) {
    failure = error as Error
    throw error
  } finally {
    client.release(failure)
  }
}

async function copyOut(client: PoolClient, { name, columns }: TableShape, directory: string) {
  const source = client.query(
    // Of a table with partitions, COPY takes the rows only by a query.
    copyTo(`COPY (SELECT ${columns.map((column) => `"${column}"`).join(', ')} FROM ${name}) TO STDOUT`),
  )
  const hash = createHash('sha256')
  const digested = Readable.from(
    (async function* () {
      for await (const chunk of source) {
        hash.update(chunk as Buffer)
        yield chunk
      }
    })(),
  )
  await spool(digested.compose(createGzip()), join(directory, 'tables', `${name}.copy.gz`))
  const months = (await monthsOf(client, name)).map(({ from }) => from)
  return { name, columns, rows: source.rowCount, sha256: hash.digest('hex'), months }
}

/** Every object that a row points to. */
async function referencedDigests(client: PoolClient): Promise<string[]> {
  const { rows } = await client.query<{ sha256: string }>(`
    SELECT sha256 FROM site_documents UNION SELECT sha256 FROM covariate_issues UNION SELECT sha256 FROM model_versions
    UNION SELECT sha256 FROM desired_models
    UNION SELECT dataset->>'sha256' FROM training_runs WHERE dataset IS NOT NULL
    UNION SELECT digest #>> '{}' FROM desired_states,
      jsonb_path_query(jsonb_build_array(body, previous), 'strict $.**.sha256') AS digest
    ORDER BY 1`)
  return rows.map((row) => row.sha256)
}
