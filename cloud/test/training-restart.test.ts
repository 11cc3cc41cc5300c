import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { cloudConfig, startCloud } from '../cloud.ts'
import { openDatabase } from '../platform/database.ts'
import { testDefinition } from './bundle.ts'
import { caller } from './cloud.ts'
import { cloudProcess } from './cloud-process.ts'
import { quiet, temporaryFolder } from './database.ts'
import { addWindows, type WindowRow } from './records.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const DAYS = 80
const PRODUCTS = 6
const start = Date.UTC(2026, 0, 1)
const base = testDefinition()
const definition = {
  ...base,
  spec: {
    ...base.spec,
    view: { ...base.spec.view, statics: { entity: 2 }, knownAhead: { entity: [], site: [] } },
    network: { kind: 'residual-mlp', width: 16, blocks: 1 },
    training: { epochs: 400, batch: 64, seeds: [1] },
  },
}

const stack = new AsyncDisposableStack()
let data: string
beforeAll(async () => {
  data = join(stack.use(await temporaryFolder()).path, 'data')
  const config = cloudConfig({
    data,
    http: { port: 0 },
    mqtt: { port: 0 },
    devices: { port: 0 },
    mqtts: { port: 0 },
    postgres: { fsync: 'off' },
  })
  await using cloud = await startCloud(config, { log: quiet })
  const call = caller(cloud)
  const sensor = { kind: 'event', unit: 'units', resolution: 1, range: [0, 1000], per: 'product' }
  const sensors = ['sales', 'stockout'].map((name) => ({ ...sensor, name }))
  await call('PUT', '/v1/sites/berlin', { json: { timeZone: 'UTC', sensors } })
  await call('POST', '/v1/devices', { json: { id: 'berlin-1', site: 'berlin' } })
  const sales: WindowRow[] = []
  for (let product = 0; product < PRODUCTS; product++) {
    for (let day = 0; day < DAYS; day++) {
      const at = start + day * DAY + 10 * HOUR
      sales.push({ entity: `p${product}`, start: at, end: at + HOUR, values: [5 + product + (day % 7)] })
    }
  }
  await using database = await openDatabase({ url: cloud.databaseUrl, log: quiet })
  await addWindows(database.pool, 'berlin-1', 'sales', sales)
  await addWindows(database.pool, 'berlin-1', 'fridge', [
    { start: start + DAYS * DAY - HOUR, end: start + DAYS * DAY, values: [4] },
  ])
})
afterAll(() => stack.disposeAsync())

const trainingProcesses = () =>
  execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('models/train-process.ts'))
    .map((line) => line.trim().split(/\s+/).map(Number))

describe('a cloud that ends while it trains', () => {
  it.each([
    ['is killed', 'SIGKILL', 2],
    ['is told to end', 'SIGTERM', 1],
  ] as const)('and %s leaves no training process, and the next one trains', async (_how, signal, attempts) => {
    const first = await cloudProcess(stack, data)
    const { body } = await first.call('POST', '/v1/training-runs', { json: { definition } })
    const path = `/v1/training-runs/${body.id}`
    await vi.waitFor(async () => expect((await first.call('GET', path)).body.progress?.stage).toBe('training'), {
      timeout: 30_000,
      interval: 100,
    })
    const [child] = trainingProcesses().filter(([, parent]) => parent === first.process.pid)
    expect(child).toBeDefined()
    first.process.kill(signal)
    await once(first.process, 'exit')
    await vi.waitFor(() => expect(trainingProcesses().map(([pid]) => pid)).not.toContain(child![0]))

    const second = await cloudProcess(stack, data)
    const run = await vi.waitFor(
      async () => {
        const now = (await second.call('GET', path)).body
        expect(now.state).toBe('succeeded')
        return now
      },
      { timeout: 120_000, interval: 200 },
    )
    expect(run).toMatchObject({
      attempts,
      version: expect.any(Number),
      dataset: { rows: PRODUCTS * DAYS },
      error: null,
    })
    const versions = (await second.call('GET', '/v1/models/demand/versions')).body.items
    const ours = versions.filter((one: { source: { run: string } }) => one.source.run === body.id)
    expect(ours).toMatchObject([{ version: run.version, aliases: ['candidate'] }])
    expect(ours[0].manifest.lineage.dataset.sha256).toBe(run.dataset.sha256)
    second.process.kill('SIGTERM')
    expect(await once(second.process, 'exit')).toEqual([0, null])
  })
})
