import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Pool } from 'pg'
import { Registry } from 'prom-client'
import { createAudit } from '../audit/index.ts'
import { createDevices, desiredStates, devicePresences } from '../devices/index.ts'
import { ingestMetrics, startIngest } from '../ingest/index.ts'
import { startBroker } from '../platform/broker.ts'
import { folderObjects } from '../platform/folder-objects.ts'
import { createRegistry } from '../registry/index.ts'
import { createRollouts, type Rollouts } from '../rollout/rollouts.ts'
import { MIGRATIONS } from '../storage.ts'
import { startTrust } from '../trust/index.ts'
import { testBundle } from './bundle.ts'
import type { ControllerProcess } from './controller-process.ts'
import { quiet, temporaryFolder, testDatabase } from './database.ts'

export interface RolloutCloud extends AsyncDisposable {
  readonly pool: Pool
  readonly clock: { now(): number; advance(ms: number): void }
  /** For people: nothing carries them on but the controllers. */
  readonly rollouts: Rollouts
  readonly brokerUrl: string
  /** Registers so many versions of a model. */
  model(name: string, versions: number): Promise<void>
  /** Puts devices into service, spread over the sites; their token is `token-` and their id. */
  enrol(devices: readonly string[], sites: readonly string[]): Promise<void>
  /** Has devices serve a version of a model, without a rollout. */
  assign(model: string, version: number, devices: readonly string[]): Promise<void>
  /** Starts a process that carries rollouts on, by the clock as it is. */
  controller(): Promise<ChildProcess>
}

/**
 * The parts of a cloud that rollouts go through, each a real one: PostgreSQL, the broker, ingest, and controllers in processes
 * of their own.
 */
export async function rolloutCloud(): Promise<RolloutCloud> {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await testDatabase(MIGRATIONS))
  const { pool } = database
  const folder = stack.use(await temporaryFolder())
  let now = Date.UTC(2026, 2, 1)
  const clock = {
    now: () => now,
    advance(ms: number) {
      now += ms
    },
  }
  const desired = desiredStates({ api: () => 'http://cloud', clock })
  const common = { database, desired, clock, log: quiet, onChange() {} }
  const objects = join(folder.path, 'objects')
  const keys = join(folder.path, 'trust')
  // Makes the keys, of which controllers take theirs.
  stack.use(await startTrust({ ...common, mode: 'development', keys }))
  const registry = createRegistry({
    ...{ database, clock, onRegistered: async () => {} },
    objects: await folderObjects(objects),
  })
  const devices = createDevices({ ...common, certificates: { revoke: async () => 0 }, onWithdrawn() {} })
  const broker = stack.use(
    await startBroker({ host: '127.0.0.1', port: 0, log: quiet, isDevice: devices.isDevice, onRefused() {} }),
  )
  const login = { url: broker.url, ...broker.cloud }
  stack.use(
    startIngest({
      ...{ ...common, presences: devicePresences(common), metrics: ingestMetrics(new Registry()) },
      broker: { ...login, clientId: 'ingest' },
    }),
  )
  const rollouts = createRollouts({
    ...{ ...common, registry, audit: createAudit({ database, clock }), wake() {} },
    ...{ trust: { requireApproved: async () => {} }, admit: async () => {} },
  })
  const owned = stack.move()
  return {
    ...{ pool, clock, rollouts, brokerUrl: broker.url },
    async model(name, versions) {
      for (let n = 1; n <= versions; n++) {
        const content = [testBundle({ name, salt: `${n}` })]
        await registry.register({ model: name, content, source: { kind: 'upload' } })
      }
    },
    async enrol(ids, sites) {
      await pool.query(
        `INSERT INTO sites (id, time_zone, labels, created_at, updated_at)
         SELECT id, 'UTC', jsonb_build_object('region', id), 0, 0 FROM unnest($1::text[]) AS id ON CONFLICT DO NOTHING`,
        [sites],
      )
      const tokens = ids.map((id) => createHash('sha256').update(`token-${id}`).digest())
      await pool.query(
        `INSERT INTO devices (id, site, labels, token_hash, enrolled_at)
         SELECT id, ($3::text[])[1 + (nth - 1) % cardinality($3)], '{}', hash, 0
         FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS d (id, hash, nth)`,
        [ids, tokens, sites],
      )
      await database.transaction((client) => desired.recompose(client, { devices: ids }))
    },
    async assign(model, version, ids) {
      const { bundle } = await registry.resolve(`models:/${model}/${version}`)
      const wishes = ids.map((device) => ({ device, target: { version, bundle }, candidate: null, policy: null }))
      await database.transaction((client) => desired.assign(client, model, wishes))
    },
    async controller() {
      const given: ControllerProcess = { database: database.url, objects, keys, broker: login, now }
      const program = new URL('controller-process.ts', import.meta.url).pathname
      const child = spawn(process.execPath, [program, JSON.stringify(given)], { stdio: ['pipe', 'pipe', 'inherit'] })
      await once(child.stdout, 'data')
      return child
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
