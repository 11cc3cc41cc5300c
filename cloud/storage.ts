import { join } from 'node:path'
import { alertMigrations } from './alerts/index.ts'
import { apiMigrations } from './api/index.ts'
import { auditMigrations } from './audit/index.ts'
import { changeMigrations } from './changes/index.ts'
import type { CloudConfig } from './config.ts'
import { decisionMigrations } from './decisions/index.ts'
import { deviceMigrations } from './devices/index.ts'
import { governanceMigrations } from './governance/index.ts'
import { identityMigrations } from './identity/index.ts'
import { ingestMigrations } from './ingest/index.ts'
import { kpiMigrations } from './kpis/index.ts'
import { monitoringMigrations } from './monitoring/index.ts'
import { overviewMigrations } from './overview/index.ts'
import { peopleMigrations } from './people/index.ts'
import type { DatabaseConfig, Migration } from './platform/database.ts'
import { folderObjects } from './platform/folder-objects.ts'
import { folderFiles, type NamedFiles, s3Files } from './platform/named-files.ts'
import type { Objects } from './platform/objects.ts'
import { s3Objects } from './platform/s3-objects.ts'
import { registryMigrations } from './registry/index.ts'
import { rolloutMigrations } from './rollout/index.ts'
import { stewardshipMigrations } from './stewardship/index.ts'
import { telemetryMigrations } from './telemetry/index.ts'
import { trainingMigrations } from './training/index.ts'
import { trustMigrations } from './trust/index.ts'

export const VERSION = '0.1.0'

export const MIGRATIONS: readonly Migration[] = [
  ...deviceMigrations,
  ...ingestMigrations,
  ...telemetryMigrations,
  ...monitoringMigrations,
  ...registryMigrations,
  ...trainingMigrations,
  ...rolloutMigrations,
  ...apiMigrations,
  ...peopleMigrations,
  ...identityMigrations,
  ...trustMigrations,
  ...auditMigrations,
  ...governanceMigrations,
  ...stewardshipMigrations,
  ...alertMigrations,
  ...changeMigrations,
  ...overviewMigrations,
  ...decisionMigrations,
  ...kpiMigrations,
]

export const databaseOf = ({ data, postgres, secrets }: CloudConfig): DatabaseConfig =>
  secrets.databaseUrl ? { url: secrets.databaseUrl } : { embedded: join(data, 'postgres'), settings: postgres }

export async function openObjects({ data, s3 }: CloudConfig): Promise<Objects & AsyncDisposable> {
  if (!s3) return { ...(await folderObjects(join(data, 'objects'))), async [Symbol.asyncDispose]() {} }
  const { endpoint, ...rest } = s3
  return s3Objects({ ...rest, ...(endpoint && { endpoint }), spool: join(data, 'uploads') })
}

/** Where telemetry is exported to; undefined where it is not. */
export function openExports({ data, s3, telemetry }: CloudConfig): NamedFiles | undefined {
  const { enabled, prefix } = telemetry.export
  if (!enabled) return undefined
  if (!s3) return folderFiles(join(data, 'export'))
  const { endpoint, ...rest } = s3
  return s3Files({
    ...rest,
    ...(endpoint && { endpoint }),
    prefix: `${s3.prefix}${prefix}`,
    spool: join(data, 'uploads'),
  })
}

/** Of the certificate authority: outside the database, and of its backups. */
export const identityFolder = ({ data, identity }: CloudConfig): string => identity.folder ?? join(data, 'identity')
