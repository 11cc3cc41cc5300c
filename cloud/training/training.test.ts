import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import type { Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { testBundle, testDefinition } from '../test/bundle.ts'
import { type TestCloud, testCloud } from '../test/cloud.ts'
import { addWindows } from '../test/records.ts'
import type { Train } from './index.ts'

const HOUR = 3_600_000
const monday = Date.parse('2026-03-02T00:00:00+01:00')
const definition = testDefinition()

/** What the workshop does in a test; each test says it. */
let train: Train
let server: TestCloud
let call: TestCloud['call']
let pool: Pool
beforeAll(async () => {
  server = await testCloud({ train: (options) => train(options) })
  call = server.call
  pool = server.pool
  const sensor = (name: string) => ({ name, kind: 'event', unit: 'units', resolution: 0.1, range: [0, 1000] })
  const sensors = [{ ...sensor('sales'), per: 'product' }, sensor('stockout')]
  const entities = [{ id: 'milk', attributes: { category: 'dairy, fresh' } }]
  await call('PUT', '/v1/sites/berlin', {
    json: { timeZone: 'Europe/Berlin', labels: { train: 'yes' }, entities, sensors },
  })
  await call('PUT', '/v1/sites/bare', { json: { timeZone: 'UTC', labels: { bare: 'yes' } } })
  await call('POST', '/v1/devices', { json: { id: 'berlin-1', site: 'berlin' } })
  const hour = (at: number, values: number[]) => ({
    entity: 'milk',
    start: monday + at * HOUR,
    end: monday + (at + 1) * HOUR,
    values,
  })
  await addWindows(pool, 'berlin-1', 'sales', [hour(8, [10, 5]), hour(24 + 9, [7]), hour(48 + 9, [9])])
  await addWindows(pool, 'berlin-1', 'stockout', [hour(10, [20])])
  const covariates = { issuedAt: monday, days: ['2026-03-02'], site_values: { rain: [4] }, entity_values: {} }
  await call('PUT', '/v1/sites/berlin/covariates', { json: covariates })
})
afterAll(() => server[Symbol.asyncDispose]())
let salt = 0
beforeEach(() => {
  salt++
  train = async ({ out }) => writeFile(out, testBundle({ salt: String(salt) }))
})

const begin = (json: object = {}) =>
  call('POST', '/v1/training-runs', { json: { definition, selector: { train: 'yes' }, ...json } })
const run = async (id: string) => (await call('GET', `/v1/training-runs/${id}`)).body
const reached = (id: string, state: string) =>
  vi.waitFor(
    async () => {
      const now = await run(id)
      expect(now).toMatchObject({ state })
      return now
    },
    { timeout: 30_000, interval: 50 },
  )

describe('a training run', () => {
  it('writes what devices sent, trains on it, and registers the model with its lineage', async () => {
    let seen = ''
    train = async ({ data, out, definition: given }) => {
      expect(given).toEqual(definition)
      seen = gunzipSync(await readFile(data)).toString()
      await writeFile(out, testBundle({ salt: 'lineage' }))
    }
    const begun = await begin()
    expect([begun.status, begun.body.state]).toEqual([202, 'queued'])
    const over = await reached(begun.body.id, 'succeeded')
    const [header, first, second, ...more] = seen.trimEnd().split('\n')
    expect(header).toMatch(/^site,entity,day,category,discount,rain,h00,.*,h23,stockout24$/)
    const zeros = (count: number) => '0,'.repeat(count)
    expect(first).toBe(
      `berlin,milk,2026-03-02,"dairy, fresh",,4,${zeros(8)}1.5,${zeros(15)}${'0'.repeat(10)}1${'0'.repeat(13)}`,
    )
    expect(second).toBe(`berlin,milk,2026-03-03,"dairy, fresh",,,${zeros(9)}0.7,${zeros(14)}${'0'.repeat(24)}`)
    // The third day is not over.
    expect(more).toEqual([])
    expect(over).toMatchObject({ step: 'done', attempts: 1, dataset: { rows: 2, sites: 1, selected: 1 }, error: null })
    const { body: version } = await call('GET', `/v1/models/demand/versions/${over.version}`)
    expect(version).toMatchObject({ source: { kind: 'training', run: begun.body.id }, aliases: ['candidate'] })
    const stored = await call('GET', `/v1/objects/${over.dataset.sha256}`)
    expect(gunzipSync(stored.body).toString()).toBe(seen)
  })

  it('shows how far it is', async () => {
    const proceed = new AbortController()
    train = async ({ onProgress, out }) => {
      onProgress({ stage: 'training', part: 0.4, message: 'seed 1: step 40 of 100' })
      await once(proceed.signal, 'abort')
      await writeFile(out, testBundle({ salt: 'progress' }))
    }
    const { body } = await begin({ alias: null, from: '2026-03-02', to: '2026-03-02' })
    await vi.waitFor(async () => expect((await run(body.id)).progress?.part).toBe(0.4))
    proceed.abort()
    const over = await reached(body.id, 'succeeded')
    expect(over.dataset.rows).toBe(1)
    const { body: version } = await call('GET', `/v1/models/demand/versions/${over.version}`)
    expect(version.aliases).not.toContain('candidate')
  })

  it('fails with the workshop’s own reason', async () => {
    train = async () => {
      throw Object.assign(new Error('the loss is not a number'), { code: 'diverged' })
    }
    const { body } = await begin()
    expect(await reached(body.id, 'failed')).toMatchObject({
      error: { code: 'diverged', message: 'the loss is not a number' },
      version: null,
    })
  })

  it.each([
    ['dataset-empty', { from: '2030-01-01' }],
    ['dataset-empty', { selector: { train: 'no' } }],
    ['dataset-sensor', { selector: { bare: 'yes' } }],
  ])('fails with %s where there is nothing to learn from', async (code, json) => {
    const { body } = await begin(json)
    expect(await reached(body.id, 'failed')).toMatchObject({ error: { code }, version: null })
  })

  it('fails where the workshop makes something that is no bundle', async () => {
    train = ({ out }) => writeFile(out, 'nonsense')
    const { body } = await begin()
    expect(await reached(body.id, 'failed')).toMatchObject({ error: { code: 'not-a-bundle' } })
  })

  it('ends when it is cancelled, and its training with it', async () => {
    const begun = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    train = async ({ signal }) => {
      begun.resolve()
      await once(signal, 'abort')
      ended.resolve()
      signal.throwIfAborted()
    }
    const { body } = await begin()
    await begun.promise
    expect((await run(body.id)).step).toBe('train')
    expect((await call('POST', `/v1/training-runs/${body.id}/cancel`)).body.state).toBe('cancelled')
    await ended.promise
    expect((await run(body.id)).state).toBe('cancelled')
    // The line goes on.
    train = async ({ out }) => writeFile(out, testBundle({ salt: 'after' }))
    await reached((await begin()).body.id, 'succeeded')
  })

  it('cannot be cancelled when it is over, and is told apart from one that is not there', async () => {
    const { body } = await begin()
    await reached(body.id, 'succeeded')
    const again = await call('POST', `/v1/training-runs/${body.id}/cancel`)
    expect(again).toMatchObject({ status: 409, body: { code: 'training-run-over' } })
    expect(await call('GET', '/v1/training-runs/9999')).toMatchObject({ body: { code: 'training-run-unknown' } })
    const page = await call('GET', '/v1/training-runs?model=demand&limit=1')
    expect([page.body.items[0].id, page.body.next]).toEqual([body.id, body.id])
  })

  it.each([
    [{ definition: {} }, 'body.definition'],
    [{ definition, from: '2026-3-1' }, 'body.from'],
    [{ definition, from: '2026-03-02', to: '2026-03-01' }, 'body'],
    [{ definition, alias: 'Best' }, 'body.alias'],
  ])('is refused for %o', async (json, place) => {
    const answer = await call('POST', '/v1/training-runs', { json })
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-request' } })
    expect(answer.body.errors[0].at).toContain(place)
  })
})
