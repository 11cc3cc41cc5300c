import type { DesiredState, DocumentKind, ObjectRef } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import { canonicalJson } from '../platform/canonical.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'

export type DesiredBody = Omit<DesiredState, 'generation' | 'device' | 'expires'>

/** Only grows, also for a cloud restored from an old backup: max(last + 1, unix seconds). */
export function nextGeneration(last: number, nowMs: number): number {
  return Math.max(last + 1, Math.floor(nowMs / 1000))
}

/** Every object that a state points to. */
export function referencedObjects(body: DesiredBody): ReadonlySet<string> {
  const documents = Object.values(body.documents).map((ref) => ref.sha256)
  return new Set([...documents, ...Object.values(body.models).map((model) => model.bundle.sha256)])
}

export interface DesiredStates {
  /**
   * Composes anew what the given devices should run, inside the transaction that changed it. A device whose state did
   * not change keeps its generation. The sites are locked, so that no change passes another.
   * @returns how many states changed.
   */
  recompose(
    client: PoolClient,
    where: { readonly site: string } | { readonly devices: readonly string[] },
  ): Promise<number>
  /**
   * Gives devices a version of a model to run, in place of any other version of it.
   * @returns the generation of each device's state that says so.
   */
  assign(client: PoolClient, devices: readonly string[], model: DesiredModel): Promise<Map<string, number>>
  /** The same for every site, one transaction each: on start, since the address of this cloud may have changed. */
  recomposeAll(database: Database): Promise<void>
}

interface DesiredModel {
  readonly name: string
  readonly version: number
  readonly bundle: ObjectRef
}

interface DeviceRow {
  readonly id: string
  readonly site: string
  readonly generation: number | null
  readonly body: DesiredBody | null
  readonly has_token: boolean
}

/** @param api base URL of this cloud as a device reaches it, with a token or by its certificate. */
export function desiredStates({
  api,
  clock,
}: {
  api: (by: 'token' | 'certificate') => string
  clock: Clock
}): DesiredStates {
  const states: DesiredStates = {
    async assign(client, devices, { name, version, bundle }) {
      await client.query(
        `INSERT INTO desired_models (device, model, version, sha256, bytes)
         SELECT device, $2, $3, $4, $5 FROM unnest($1::text[]) AS device ORDER BY device
         ON CONFLICT (device, model) DO UPDATE SET version = $3, sha256 = $4, bytes = $5`,
        [devices, name, version, bundle.sha256, bundle.bytes],
      )
      await states.recompose(client, { devices })
      const { rows } = await client.query<{ device: string; generation: number }>(
        'SELECT device, generation FROM desired_states WHERE device = ANY($1)',
        [devices],
      )
      return new Map(rows.map(({ device, generation }) => [device, generation]))
    },
    async recomposeAll(database) {
      const { rows } = await database.pool.query<{ id: string }>('SELECT id FROM sites ORDER BY id')
      for (const { id } of rows) await database.transaction((client) => states.recompose(client, { site: id }))
    },
    async recompose(client, where) {
      const [column, values] = 'site' in where ? ['site', [where.site]] : ['id', where.devices]
      const sites = await client.query<{ id: string }>(
        `SELECT id FROM sites WHERE id IN (SELECT site FROM devices WHERE ${column} = ANY($1)) ORDER BY id FOR SHARE`,
        [values],
      )
      const devices = await client.query<DeviceRow>(
        `SELECT d.id, d.site, s.generation, s.body, d.token_hash IS NOT NULL AS has_token FROM devices d LEFT JOIN desired_states s ON s.device = d.id
         WHERE d.${column} = ANY($1) AND d.retired_at IS NULL ORDER BY d.id FOR NO KEY UPDATE OF d`,
        [values],
      )
      const documents = await client.query<{ site: string; kind: DocumentKind } & ObjectRef>(
        'SELECT site, kind, sha256, bytes FROM site_documents WHERE site = ANY($1)',
        [sites.rows.map((site) => site.id)],
      )
      const models = await client.query<{ device: string; model: string; version: number } & ObjectRef>(
        'SELECT device, model, version, sha256, bytes FROM desired_models WHERE device = ANY($1)',
        [devices.rows.map((device) => device.id)],
      )
      const documentsOf = Map.groupBy(documents.rows, (row) => row.site)
      const modelsOf = Map.groupBy(models.rows, (row) => row.device)
      let changed = 0
      for (const device of devices.rows) {
        const body: DesiredBody = {
          version: 1,
          site: device.site,
          api: api(device.has_token ? 'token' : 'certificate'),
          documents: Object.fromEntries(
            (documentsOf.get(device.site) ?? []).map(({ kind, sha256, bytes }) => [kind, { sha256, bytes }]),
          ),
          models: Object.fromEntries(
            (modelsOf.get(device.id) ?? []).map(({ model, version, sha256, bytes }) => [
              model,
              { version, bundle: { sha256, bytes } },
            ]),
          ),
        }
        if (device.body && canonicalJson(device.body) === canonicalJson(body)) continue
        await client.query(
          `INSERT INTO desired_states (device, generation, body) VALUES ($1, $2, $3)
           ON CONFLICT (device) DO UPDATE SET generation = $2, body = $3, previous = desired_states.body`,
          [device.id, nextGeneration(device.generation ?? 0, clock.now()), body],
        )
        changed++
      }
      return changed
    },
  }
  return states
}
