import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { checkChain } from '../audit/chain.ts'
import { backup, type CloudConfig, cloudConfig, restore, startCloud } from '../cloud.ts'
import { openDatabase } from '../platform/database.ts'
import { testBundle, testDefinition } from './bundle.ts'
import { caller, KEPT_FOR_GOOD } from './cloud.ts'
import { quiet, temporaryFolder } from './database.ts'
import { addForecasts, addWindows } from './records.ts'
import { rolloutOf } from './rollout.ts'

const log = quiet
const stack = new AsyncDisposableStack()
let folder: string
let saved: string
let desired: { generation: number; documents: object; models: object }
let deviceToken: string
const configFor = (name: string): CloudConfig =>
  cloudConfig({
    data: join(folder, name),
    http: { port: 0 },
    mqtt: { port: 0 },
    devices: { port: 0 },
    mqtts: { port: 0 },
    telemetry: KEPT_FOR_GOOD,
    postgres: { fsync: 'off' },
  })
const content = async (url: string) => {
  await using database = await openDatabase({ url, log })
  const { rows: tables } = await database.pool.query<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
  )
  const all: Record<string, unknown[]> = {}
  for (const { name } of tables) {
    const sql = `SELECT to_jsonb(t) AS row FROM ${name} t ORDER BY to_jsonb(t)::text`
    all[name] = (await database.pool.query(sql)).rows.map(({ row }) => row)
  }
  return all
}
const started = Date.now()
/** It stands still: a new period of what is done again and again would have a run of its own. */
const clock = { now: () => started }
let auditHead: string
let before: Awaited<ReturnType<typeof content>>

beforeAll(async () => {
  folder = stack.use(await temporaryFolder()).path
  saved = join(folder, 'saved')
  await using cloud = await startCloud(configFor('first'), {
    log,
    clock,
    train: async ({ out }) => writeFile(out, testBundle({ salt: 'trained' })),
  })
  const call = caller(cloud)
  const sensors = ['sales', 'stockout'].map((name) => ({
    ...{ name, kind: 'event', unit: 'units', resolution: 1, range: [0, 10] },
  }))
  await call('PUT', '/v1/sites/berlin', { json: { timeZone: 'Europe/Berlin', sensors } })
  deviceToken = (await call('POST', '/v1/devices', { json: { id: 'berlin-1', site: 'berlin' } })).body.token
  const covariates = { issuedAt: 1, days: ['2026-03-02'], site_values: { rain: [4] }, entity_values: {} }
  await call('PUT', '/v1/sites/berlin/covariates', { json: covariates })
  await call('POST', '/v1/models/demand/versions', { bytes: testBundle() })
  await call('POST', '/v1/rollouts', { json: rolloutOf('models:/demand/1') })
  await using database = await openDatabase({ url: cloud.databaseUrl, log })
  const start = Date.UTC(2026, 2, 2, 10)
  await addWindows(database.pool, 'berlin-1', 'sales', [
    { entity: 'milk', start, end: start + 3_600_000, values: [1, 2] },
    { entity: 'milk', start: start + 86_400_000, end: start + 90_000_000, values: [3] },
  ])
  await addForecasts(database.pool, 'berlin-1', [
    {
      ...{ model: 'demand', version: 1, entity: 'milk', issuedAt: 1, start: 2, end: 3 },
      quantiles: [0.1, 1e-7, 3],
      mean: 1,
      baseline: 2,
    },
  ])
  const run = await call('POST', '/v1/training-runs', { json: { definition: testDefinition() } })
  await vi.waitFor(
    async () => expect((await call('GET', `/v1/training-runs/${run.body.id}`)).body.state).toBe('succeeded'),
    { timeout: 20_000 },
  )
  await vi.waitFor(
    async () => expect((await call('GET', '/v1/monitoring-runs')).body.items).toMatchObject([{ state: 'succeeded' }]),
    { timeout: 20_000 },
  )
  desired = (await call('GET', '/v1/devices/berlin-1/desired')).body
  // While the cloud runs.
  expect(await backup(configFor('first'), saved, { log })).toMatchObject({ directory: saved, objects: 6 })
  before = await content(cloud.databaseUrl)
  auditHead = (await call('GET', '/v1/audit/head')).body.hash
  await call('PUT', '/v1/sites/oslo', { json: { timeZone: 'Europe/Oslo' } })
})
afterAll(() => stack.disposeAsync())

describe('a restored cloud', () => {
  it('has every row and object of the backup, and goes on from there', async () => {
    const config = configFor('second')
    await restore(config, saved, { log })
    // Keys are in no backup: whoever runs a cloud keeps a copy of their folder elsewhere.
    await expect(startCloud(config, { log })).rejects.toMatchObject({ code: 'trust-keys-lost' })
    await cp(join(folder, 'first', 'trust'), join(folder, 'second', 'trust'), { recursive: true, force: true })
    await using cloud = await startCloud(config, { log, clock })
    const call = caller(cloud)
    const after = await content(cloud.databaseUrl)
    for (const name of Object.keys(before)) {
      if (
        [
          'schema_migrations',
          'desired_states',
          'rollouts',
          'rollout_devices',
          'rollout_changes',
          'rollout_history',
          'rollout_device_history',
          'changes',
          'change_history',
          'admin_claim',
          'trust_metadata',
          // What the clouds themselves used, from minute to minute.
          'cloud_cpu',
          // What the backup had not rolled up or added up yet, the restored cloud does.
          'day_places',
          'day_place_devices',
          'day_sums',
          'window_changes',
          'window_hours',
          'window_days',
          'export_days',
        ].includes(name)
      )
        continue
      expect([name, after[name]]).toEqual([name, before[name]])
    }
    expect((await call('GET', '/v1/sites')).body.items.map((site: { id: string }) => site.id)).toEqual(['berlin'])
    const { body } = await call('GET', '/v1/devices/berlin-1/desired')
    expect(body).toMatchObject({ documents: desired.documents, models: desired.models })
    expect(body.generation).toBeGreaterThan(desired.generation)
    for (const { sha256 } of Object.values<{ sha256: string }>(body.documents)) {
      expect((await call('GET', `/v1/objects/${sha256}`, { token: deviceToken })).status).toBe(200)
    }
    expect((await call('GET', '/v1/models/demand/versions')).body.items).toHaveLength(2)
    const third = await call('POST', '/v1/models/demand/versions', { bytes: testBundle({ salt: 'after' }) })
    expect(third.body.version).toBe(3)
    expect((await call('POST', '/v1/rollouts/1/abort')).status).toBe(200)
    const start = () => call('POST', '/v1/rollouts', { json: rolloutOf('models:/demand/3') })
    await vi.waitFor(async () => expect((await start()).body.id).toBe('2'), { timeout: 20_000 })
    // The audit log goes on where the backup left it, in one chain.
    const chain = checkChain(auditHead)
    for (const row of (await call('GET', '/v1/audit?order=oldest&limit=500')).body.items) chain.next(row)
    const { head, damage } = chain.end()
    expect([head.number > before.audit_log!.length, damage]).toEqual([true, []])
  })

  it('is not made where there is data already, nor while the cloud runs', async () => {
    await expect(restore(configFor('first'), saved, { log })).rejects.toMatchObject({ code: 'restore-not-empty' })
    await using _cloud = await startCloud(configFor('running'), { log })
    await expect(restore(configFor('running'), saved, { log })).rejects.toMatchObject({ code: 'postgres-in-use' })
  })

  it('is made from a whole backup only', async () => {
    const broken = join(folder, 'broken')
    const config = configFor('third')
    const attempt = async (breakIt: () => Promise<unknown>) => {
      await rm(broken, { recursive: true, force: true })
      await cp(saved, broken, { recursive: true })
      await breakIt()
      return restore(config, broken, { log }).then(
        () => 'restored',
        (error) => error.code,
      )
    }
    const manifest = join(broken, 'backup.json')
    const change = async (text: (old: string) => string) => writeFile(manifest, text(await readFile(manifest, 'utf8')))
    expect(await attempt(() => rm(manifest))).toBe('backup-missing')
    expect(await attempt(() => writeFile(manifest, '{"format": 2}'))).toBe('backup-damaged')
    expect(await attempt(() => writeFile(manifest, 'no'))).toBe('backup-damaged')
    expect(await attempt(() => change((old) => old.replace('101,', '101, 9999,')))).toBe('backup-newer')
    expect(await attempt(() => rm(join(broken, 'tables', 'windows.copy.gz')))).toBe('backup-damaged')
    expect(await attempt(() => writeFile(join(broken, 'tables', 'windows.copy.gz'), 'x'))).toBe('backup-damaged')
    expect(
      await attempt(() => cp(join(broken, 'tables', 'devices.copy.gz'), join(broken, 'tables', 'gaps.copy.gz'))),
    ).toBe('backup-damaged')
    const [prefix] = (await readdir(join(broken, 'objects'))).filter((name) => name.length === 2)
    const [object] = await readdir(join(broken, 'objects', prefix!))
    expect(await attempt(() => rm(join(broken, 'objects', prefix!, object!)))).toBe('backup-damaged')
    expect(await attempt(() => writeFile(join(broken, 'objects', prefix!, object!), 'other'))).toBe('backup-damaged')
    expect(await attempt(async () => {})).toBe('restored')
  })

  it('is not written over another backup', async () => {
    await expect(backup(configFor('first'), saved, { log })).rejects.toMatchObject({ code: 'backup-not-empty' })
  })
})
