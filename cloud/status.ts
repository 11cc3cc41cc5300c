import { X509Certificate } from 'node:crypto'
import type { CloudStatus } from './api/index.ts'
import type { Identity } from './identity/index.ts'
import type { Bus } from './platform/bus.ts'
import type { Clock } from './platform/clock.ts'
import type { Database } from './platform/database.ts'
import type { Objects } from './platform/objects.ts'
import { MIGRATIONS, VERSION } from './storage.ts'

interface StatusOptions {
  readonly database: Database
  readonly objects: Objects
  readonly bus: Bus
  readonly identity: Identity
  readonly clock: Clock
}

const HOUR_MS = 3_600_000
/** Silent devices that are named. */
const NAMED = 20
/** Bundles that are looked for: the newest, which rollouts need. */
const LOOKED_FOR = 10

/** What `storecast doctor` asks a cloud about itself; nothing in it is a secret. */
export async function cloudStatus(options: StatusOptions, silentHours: number): Promise<CloudStatus> {
  const { database, objects, bus, identity, clock } = options
  const { pool } = database
  const now = clock.now()
  const migrations = await pool.query<{ id: number }>('SELECT id FROM schema_migrations ORDER BY id')
  const applied = migrations.rows.map(({ id }) => id)
  const known = MIGRATIONS.map(({ id }) => id)
  const before = now - silentHours * HOUR_MS
  const silent = await pool.query<{ id: string }>(
    `SELECT id FROM devices WHERE retired_at IS NULL AND NOT online AND coalesce(last_seen, enrolled_at) < $1
     ORDER BY coalesce(last_seen, enrolled_at), id`,
    [before],
  )
  const devices = await pool.query<{ enrolled: number; online: number }>(
    'SELECT count(*)::int4 AS enrolled, count(*) FILTER (WHERE online)::int4 AS online FROM devices WHERE retired_at IS NULL',
  )
  const agents = await pool.query<{ version: string; devices: number }>(
    `SELECT r.body->>'agentVersion' AS version, count(*)::int4 AS devices FROM reported r JOIN devices d ON d.id = r.device
     WHERE d.retired_at IS NULL GROUP BY 1 ORDER BY 1`,
  )
  return {
    version: VERSION,
    now,
    migrations: {
      applied: applied.length,
      missing: known.filter((id) => !applied.includes(id)),
      unknown: applied.filter((id) => !known.includes(id)),
    },
    broker: bus.connected ? 'ok' : 'away',
    objects: await objectsStatus(pool, objects),
    certificates: {
      authority: expiryOf(identity.authority.certificate),
      listeners: expiryOf(identity.tls.cert),
    },
    devices: {
      ...devices.rows[0]!,
      silent: silent.rowCount ?? 0,
      silentNames: silent.rows.slice(0, NAMED).map(({ id }) => id),
    },
    agents: agents.rows,
  }
}

async function objectsStatus(pool: Database['pool'], objects: Objects): Promise<CloudStatus['objects']> {
  const { rows } = await pool.query<{ model: string; version: number; sha256: string; bytes: number }>(
    'SELECT model, version, sha256, bytes FROM model_versions ORDER BY created_at DESC LIMIT $1',
    [LOOKED_FOR],
  )
  try {
    const lost: string[] = []
    for (const { model, version, sha256, bytes } of rows) {
      if ((await objects.size(sha256)) !== bytes) lost.push(`${model}/${version}`)
    }
    return { checked: rows.length, lost, error: null }
  } catch (error) {
    return { checked: 0, lost: [], error: (error as Error).message }
  }
}

const expiryOf = (pem: string): number => new X509Certificate(pem).validToDate.getTime()
