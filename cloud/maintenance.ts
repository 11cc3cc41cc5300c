import { resolve } from 'node:path'
import { writeBackup } from './backup.ts'
import type { BackupManifest } from './backup-format.ts'
import type { CloudConfig } from './config.ts'
import { type Clock, systemClock } from './platform/clock.ts'
import { type Database, openDatabase } from './platform/database.ts'
import { SetupError } from './platform/errors.ts'
import type { Log } from './platform/log.ts'
import { createLog } from './platform/log.ts'
import { postgresUrl } from './platform/postgres.ts'
import { readBackup } from './restore.ts'
import { databaseOf, MIGRATIONS, openObjects, VERSION } from './storage.ts'

interface MaintenanceOptions {
  readonly clock?: Clock
  readonly log?: Log
}

/** What is in a backup, for people. */
export interface BackupSummary {
  readonly directory: string
  /** Unix ms of the snapshot. */
  readonly at: number
  readonly rows: number
  readonly objects: number
}

/**
 * Backs the cloud up to a folder: its database and its objects, from one snapshot. The cloud may run meanwhile.
 * @throws SetupError
 */
export async function backup(
  config: CloudConfig,
  directory: string,
  { clock = systemClock, log = createLog('warn') }: MaintenanceOptions = {},
): Promise<BackupSummary> {
  await using database = await openRunningOrStart(config, log)
  await using objects = await openObjects(config)
  await database.migrate(MIGRATIONS)
  const options = { database, objects, directory: resolve(directory), storecast: VERSION, clock }
  return summary(resolve(directory), await writeBackup(options))
}

/**
 * Fills an empty data folder or database from a backup; the cloud must not run. Devices notice at their next connect,
 * and send again what was acknowledged after the backup.
 * @throws SetupError
 */
export async function restore(
  config: CloudConfig,
  directory: string,
  { clock = systemClock, log = createLog('warn') }: MaintenanceOptions = {},
): Promise<BackupSummary> {
  await using database = await openDatabase({ ...databaseOf(config), log })
  await using objects = await openObjects(config)
  const options = { database, objects, directory: resolve(directory), migrations: MIGRATIONS, clock }
  return summary(resolve(directory), await readBackup(options))
}

/** The embedded database may belong to a cloud that runs: then its socket is used. */
async function openRunningOrStart(config: CloudConfig, log: Log): Promise<Database> {
  const source = databaseOf(config)
  try {
    return await openDatabase({ ...source, log })
  } catch (error) {
    if (!('embedded' in source) || !(error instanceof SetupError) || error.code !== 'postgres-in-use') throw error
    return openDatabase({ url: postgresUrl(source.embedded), log })
  }
}

const summary = (directory: string, { at, tables, objects }: BackupManifest): BackupSummary => ({
  directory,
  at,
  rows: tables.reduce((sum, table) => sum + table.rows, 0),
  objects: objects.length,
})
