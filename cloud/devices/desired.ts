import type { DesiredState, DocumentKind, ModelTarget, ObjectRef, UpdatePolicy } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import { canonicalJson } from '../platform/canonical.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'

export type DesiredBody = Omit<DesiredState, 'generation' | 'device' | 'expires' | 'traceparent'>

/** Only grows, also for a cloud restored from an old backup: max(last + 1, unix seconds). */
export function nextGeneration(last: number, nowMs: number): number {
  return Math.max(last + 1, Math.floor(nowMs / 1000))
}

/** Every object that a state points to. */
export function referencedObjects(body: DesiredBody): ReadonlySet<string> {
  const documents = Object.values(body.documents).map((ref) => ref.sha256)
  const models = Object.values(body.models).flatMap(({ bundle, candidate }) => [
    bundle,
    ...(candidate ? [candidate.bundle] : []),
  ])
  return new Set([...documents, ...models.map((bundle) => bundle.sha256)])
}

export interface DesiredStates {
  /**
   * Composes anew what the given devices should run, inside the transaction that changed it. A device whose state did
   * not change keeps its generation. The sites are locked, so that no change passes another.
   * @returns how many states changed.
   */
  recompose(
    client: PoolClient,
    where: { readonly sites: readonly string[] } | { readonly devices: readonly string[] },
  ): Promise<number>
  /**
   * Gives devices what they should run of a model, in place of what they have of it.
   * @returns the generation of each device's state that says so.
   */
  assign(client: PoolClient, model: string, wishes: readonly DesiredModel[]): Promise<Map<string, number>>
  /**
   * Says the same again under a new generation: devices that refused it try once more.
   * @returns the new generations.
   */
  repeat(client: PoolClient, devices: readonly string[]): Promise<Map<string, number>>
  /** The same for every site, some at a time: on start, since the address of this cloud may have changed. */
  recomposeAll(database: Database): Promise<void>
}

/** What one device should run of a model. */
export interface DesiredModel {
  readonly device: string
  /** Null: none of it. */
  readonly target: ModelTarget | null
  /** In shadow beside it. */
  readonly candidate: ModelTarget | null
  /** How it goes about the change; of several models', the newest counts. */
  readonly policy: UpdatePolicy | null
}

interface ModelRow extends ObjectRef {
  readonly device: string
  readonly model: string
  readonly version: number
  readonly candidate: ModelTarget | null
  readonly policy: UpdatePolicy | null
}

interface DeviceRow {
  readonly id: string
  readonly site: string
  readonly generation: number | null
  readonly body: DesiredBody | null
  readonly has_token: boolean
}

/** Locked for a moment together. */
const SITES_AT_ONCE = 100

/** @param api base URL of this cloud as a device reaches it, with a token or by its certificate. */
export function desiredStates({
  api,
  clock,
  traceparent = () => undefined,
}: {
  api: (by: 'token' | 'certificate') => string
  clock: Clock
  /** Of the work that changes a state. */
  traceparent?: () => string | undefined
}): DesiredStates {
  const states: DesiredStates = {
    async assign(client, model, wishes) {
      const devices = wishes.map((wish) => wish.device)
      await client.query('DELETE FROM desired_models WHERE model = $1 AND device = ANY($2)', [
        model,
        wishes.filter((wish) => wish.target === null).map((wish) => wish.device),
      ])
      await client.query(
        `INSERT INTO desired_models (device, model, version, sha256, bytes, candidate, policy, policy_at)
         SELECT w.device, $1, (w.target->>'version')::int4, w.target#>>'{bundle,sha256}', (w.target#>>'{bundle,bytes}')::int8,
           w.candidate, w.policy, $3
         FROM jsonb_to_recordset($2::jsonb) AS w (device text, target jsonb, candidate jsonb, policy jsonb)
         WHERE w.target IS NOT NULL ORDER BY w.device
         ON CONFLICT (device, model) DO UPDATE SET version = excluded.version, sha256 = excluded.sha256,
           bytes = excluded.bytes, candidate = excluded.candidate, policy = excluded.policy, policy_at = excluded.policy_at`,
        [model, JSON.stringify(wishes), clock.now()],
      )
      await states.recompose(client, { devices })
      const { rows } = await client.query<{ device: string; generation: number }>(
        'SELECT device, generation FROM desired_states WHERE device = ANY($1)',
        [devices],
      )
      return new Map(rows.map(({ device, generation }) => [device, generation]))
    },
    async repeat(client, devices) {
      const { rows } = await client.query<{ device: string; generation: number }>(
        `UPDATE desired_states SET generation = greatest(generation + 1, $2), traceparent = $3 WHERE device = ANY($1)
         RETURNING device, generation`,
        [devices, Math.floor(clock.now() / 1000), traceparent() ?? null],
      )
      return new Map(rows.map(({ device, generation }) => [device, generation]))
    },
    async recomposeAll(database) {
      const { rows } = await database.pool.query<{ id: string }>('SELECT id FROM sites ORDER BY id')
      for (let at = 0; at < rows.length; at += SITES_AT_ONCE) {
        const sites = rows.slice(at, at + SITES_AT_ONCE).map(({ id }) => id)
        await database.transaction((client) => states.recompose(client, { sites }))
      }
    },
    async recompose(client, where) {
      const [column, values] = 'sites' in where ? ['site', where.sites] : ['id', where.devices]
      const sites = await client.query<{ id: string }>(
        `SELECT id FROM sites WHERE id IN (SELECT site FROM devices WHERE ${column} = ANY($1)) ORDER BY id FOR SHARE`,
        [values],
      )
      const locked = await client.query<{ id: string }>(
        `SELECT id FROM devices WHERE ${column} = ANY($1) AND retired_at IS NULL ORDER BY id FOR NO KEY UPDATE`,
        [values],
      )
      // Only now: what a statement that waits for a lock joins to the row is from before it waited, and two changes at
      // once would give two states one generation.
      const devices = await client.query<DeviceRow>(
        `SELECT d.id, d.site, s.generation, s.body, d.token_hash IS NOT NULL AS has_token
         FROM devices d LEFT JOIN desired_states s ON s.device = d.id WHERE d.id = ANY($1) ORDER BY d.id`,
        [locked.rows.map(({ id }) => id)],
      )
      const documents = await client.query<{ site: string; kind: DocumentKind } & ObjectRef>(
        'SELECT site, kind, sha256, bytes FROM site_documents WHERE site = ANY($1)',
        [sites.rows.map((site) => site.id)],
      )
      const models = await client.query<ModelRow>(
        `SELECT device, model, version, sha256, bytes, candidate, policy FROM desired_models WHERE device = ANY($1)
         ORDER BY policy_at, model`,
        [devices.rows.map((device) => device.id)],
      )
      const documentsOf = Map.groupBy(documents.rows, (row) => row.site)
      const modelsOf = Map.groupBy(models.rows, (row) => row.device)
      const changed: { device: string; generation: number; body: DesiredBody }[] = []
      for (const device of devices.rows) {
        const wanted = modelsOf.get(device.id) ?? []
        const policy = wanted.findLast((row) => row.policy !== null)?.policy
        const body: DesiredBody = {
          version: 1,
          site: device.site,
          api: api(device.has_token ? 'token' : 'certificate'),
          documents: Object.fromEntries(
            (documentsOf.get(device.site) ?? []).map(({ kind, sha256, bytes }) => [kind, { sha256, bytes }]),
          ),
          models: Object.fromEntries(
            wanted.map(({ model, version, sha256, bytes, candidate }) => [
              model,
              { version, bundle: { sha256, bytes }, ...(candidate && { candidate }) },
            ]),
          ),
          ...(policy && { update: policy }),
        }
        if (device.body && canonicalJson(device.body) === canonicalJson(body)) continue
        changed.push({ device: device.id, generation: nextGeneration(device.generation ?? 0, clock.now()), body })
      }
      if (changed.length === 0) return 0
      await client.query(
        `INSERT INTO desired_states (device, generation, body, traceparent)
         SELECT device, generation, body, $2 FROM jsonb_to_recordset($1::jsonb) AS c (device text, generation int8, body jsonb)
         ON CONFLICT (device) DO UPDATE SET generation = excluded.generation, body = excluded.body,
           traceparent = excluded.traceparent, previous = desired_states.body`,
        [JSON.stringify(changed), traceparent() ?? null],
      )
      return changed.length
    },
  }
  return states
}
