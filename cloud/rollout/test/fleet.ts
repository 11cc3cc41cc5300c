import { join } from 'node:path'
import type { Pool } from 'pg'
import { createAudit } from '../../audit/index.ts'
import { desiredStates } from '../../devices/index.ts'
import { openDatabase } from '../../platform/database.ts'
import { folderObjects } from '../../platform/folder-objects.ts'
import { createRegistry } from '../../registry/index.ts'
import { MIGRATIONS } from '../../storage.ts'
import { testBundle } from '../../test/bundle.ts'
import { quiet, temporaryFolder, testDatabase } from '../../test/database.ts'
import { addEvidenceDay, answerAll, type Behaviour } from '../../test/simulated-devices.ts'
import { type Rollouts, startRollouts } from '../rollouts.ts'

export interface TestFleet extends AsyncDisposable {
  readonly pool: Pool
  /** Of the database, and where the objects lie: for a cloud of its own. */
  readonly url: string
  readonly objects: string
  readonly clock: { now(): number; advance(ms: number): void }
  /** Registers so many versions of a model. */
  model(name: string, versions: number): Promise<void>
  /** Enrols devices, connected; the label `fleet` is the first part of their names. */
  enrol(devices: readonly string[], options?: { region?: string }): Promise<void>
  connect(devices: readonly string[], online: boolean): Promise<void>
  /** What devices do from now on, with any version or with one; at first they serve it. */
  behave(devices: readonly string[], behaviour: Behaviour): void
  /** Each connected device takes its newest desired state and reports. */
  answer(): Promise<void>
  /** The version of the model that each device serves. */
  serving(model: string): Promise<Record<string, number | null>>
  /** While it lasts, a cloud carries rollouts on. */
  withRollouts<T>(work: (rollouts: Rollouts) => Promise<T>): Promise<T>
  /** The same, until it is disposed of. */
  openRollouts(): Promise<Rollouts & AsyncDisposable>
  /** A day of evidence of every device that has the candidate in shadow: relative difference, of 100 each. */
  evidence(model: string, day: string, difference: (device: string) => number): Promise<number>
}

/** Rollouts on a database of their own, and devices that are rows in it. */
export async function testFleet(): Promise<TestFleet> {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await testDatabase(MIGRATIONS))
  const { pool } = database
  const folder = stack.use(await temporaryFolder())
  let now = Date.UTC(2026, 2, 1)
  const clock = { now: () => now, advance: (ms: number) => (now += ms) }
  const desired = desiredStates({ api: () => 'http://cloud', clock })
  const objectFolder = join(folder.path, 'objects')
  const objects = await folderObjects(objectFolder)
  const registry = createRegistry({ database, objects, clock, onRegistered: async () => {} })
  const common = {
    desired,
    registry,
    audit: createAudit({ database, clock }),
    clock,
    log: quiet,
    onChange() {},
    trust: { requireApproved: async () => {} },
    admit: async () => {},
  }
  const withRollouts: TestFleet['withRollouts'] = async (work) => {
    await using rollouts = startRollouts({ ...common, database, everyMs: 20 })
    return await work(rollouts)
  }
  const behaviours = new Map<string, Behaviour>()
  const owned = stack.move()
  return {
    withRollouts,
    pool,
    url: database.url,
    objects: objectFolder,
    clock,
    async model(name, versions) {
      for (let n = 1; n <= versions; n++) {
        await registry.register({
          model: name,
          content: [testBundle({ name, salt: `${n}` })],
          source: { kind: 'upload' },
        })
      }
    },
    async enrol(devices, { region = 'north' } = {}) {
      await pool.query(
        `INSERT INTO sites (id, time_zone, labels, created_at, updated_at) VALUES ($1, 'UTC', $2, 0, 0) ON CONFLICT DO NOTHING`,
        [`site-${region}`, { region }],
      )
      await pool.query(
        `INSERT INTO devices (id, site, labels, enrolled_at, online)
         SELECT id, $2, jsonb_build_object('fleet', split_part(id, '-', 1)), 0, true FROM unnest($1::text[]) AS id`,
        [devices, `site-${region}`],
      )
      await database.transaction((client) => desired.recompose(client, { devices }))
    },
    async connect(devices, online) {
      await pool.query('UPDATE devices SET online = $2, presence_at = $3 WHERE id = ANY($1)', [devices, online, now])
    },
    behave(devices, behaviour) {
      for (const device of devices) behaviours.set(device, behaviour)
    },
    answer: () => answerAll(pool, { now, behaviourOf: (device) => behaviours.get(device) ?? 'serve' }),
    async serving(model) {
      const { rows } = await pool.query<{ id: string; active: number | null }>(
        `SELECT d.id, (r.body#>>ARRAY['models', $1, 'active'])::int4 AS active
         FROM devices d LEFT JOIN reported r ON r.device = d.id ORDER BY d.id`,
        [model],
      )
      return Object.fromEntries(rows.map(({ id, active }) => [id, active]))
    },
    async openRollouts() {
      const another = await openDatabase({ url: database.url, log: quiet })
      const rollouts = startRollouts({ ...common, database: another, everyMs: 20 })
      return {
        ...rollouts,
        async [Symbol.asyncDispose]() {
          await rollouts[Symbol.asyncDispose]()
          await another[Symbol.asyncDispose]()
        },
      }
    },
    evidence: (model, day, difference) =>
      database.transaction((client) => addEvidenceDay(client, model, day, difference)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
