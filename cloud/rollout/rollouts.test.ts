import type { ReportedState } from '@storecast/shared/contracts'
import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { testBundle } from '../test/bundle.ts'
import { type TestCloud, testCloud } from '../test/cloud.ts'
import { setReported } from '../test/records.ts'

let server: TestCloud
let call: TestCloud['call']
let pool: Pool
beforeAll(async () => {
  server = await testCloud()
  call = server.call
  pool = server.pool
})
afterAll(() => server[Symbol.asyncDispose]())

/** A site of its own with devices that are connected, and a model with two versions. */
async function fleet(name: string, size: number) {
  await call('PUT', `/v1/sites/${name}`, { json: { timeZone: 'UTC', labels: { fleet: name } } })
  const devices = Array.from({ length: size }, (_, n) => `${name}-${n}`)
  for (const id of devices) await call('POST', '/v1/devices', { json: { id, site: name } })
  await pool.query('UPDATE devices SET online = true WHERE site = $1', [name])
  for (const salt of ['one', 'two']) {
    await call('POST', `/v1/models/${name}/versions`, { bytes: testBundle({ name, salt }) })
  }
  return devices
}
const begin = (name: string, version: number, more: object = {}) =>
  call('POST', '/v1/rollouts', { json: { model: `models:/${name}/${version}`, selector: { fleet: name }, ...more } })
async function report(device: string, model: string, state: Partial<ReportedState['models'][string]>) {
  const { body } = await call('GET', `/v1/devices/${device}/desired`)
  await setReported(pool, device, {
    site: body.site,
    agentVersion: '1',
    generation: body.generation,
    documents: {},
    models: { [model]: { active: null, target: null, phase: 'active', at: 0, ...state } },
  })
}
const rollout = async (id: string) => (await call('GET', `/v1/rollouts/${id}`)).body
const ended = (id: string) =>
  vi.waitFor(
    async () => {
      const now = await rollout(id)
      expect(now.state).not.toBe('running')
      return now
    },
    { timeout: 10_000, interval: 50 },
  )

describe('a rollout', () => {
  it('tells every device, counts each state, and sets the alias when all are there', async () => {
    const devices = await fleet('good', 3)
    const { status, body: begun } = await begin('good', 2, { alias: 'champion' })
    expect([status, begun.state, begun.version]).toEqual([201, 'running', 2])
    expect(begun.counts).toMatchObject({ devices: 3, counted: 3, pending: 3, active: 0 })
    for (const device of devices) {
      const desired = await call('GET', `/v1/devices/${device}/desired`)
      expect(desired.body.models.good).toMatchObject({ version: 2 })
    }
    await report('good-0', 'good', { active: 2 })
    await report('good-1', 'good', { active: 1, target: 2, phase: 'download' })
    await pool.query("UPDATE devices SET online = false WHERE id = 'good-2'")
    expect((await rollout(begun.id)).counts).toMatchObject({ active: 1, updating: 1, offline: 1 })
    const offline = await call('GET', `/v1/rollouts/${begun.id}/devices?state=offline`)
    expect(offline.body.items).toEqual([{ device: 'good-2', state: 'offline' }])
    expect((await call('GET', '/v1/models/good')).body.aliases).toEqual({})
    await report('good-1', 'good', { active: 2 })
    await report('good-2', 'good', { active: 2 })
    const over = await ended(begun.id)
    expect(over).toMatchObject({ state: 'succeeded', reason: '3 of 3 devices are active', counts: { active: 3 } })
    expect((await call('GET', '/v1/models/good')).body.aliases).toEqual({ champion: 2 })
    expect((await call('GET', '/v1/models/good/alias-history')).body.items[0].reason).toBe(`rollout ${begun.id}`)
  })

  it('fails with each device’s own reason, and leaves the alias', async () => {
    await fleet('bad', 2)
    const { body: begun } = await begin('bad', 1, { alias: 'champion' })
    const error = { code: 'golden-mismatch', message: 'output differs' }
    await report('bad-1', 'bad', { target: 1, phase: 'rolled-back', error })
    const over = await ended(begun.id)
    expect(over).toMatchObject({ state: 'failed', counts: { failed: 1, pending: 1, devices: 2, counted: 2 } })
    expect((await call('GET', `/v1/rollouts/${begun.id}/devices`)).body.items).toEqual([
      { device: 'bad-0', state: 'pending' },
      { device: 'bad-1', state: 'failed', reason: 'golden-mismatch: output differs' },
    ])
    expect((await call('GET', '/v1/models/bad')).body.aliases).toEqual({})
  })

  it('gives way to a later one, and goes without devices that were retired', async () => {
    await fleet('late', 2)
    const { body: first } = await begin('late', 1)
    const { body: second } = await begin('late', 2)
    expect(await ended(first.id)).toMatchObject({ state: 'failed', counts: { superseded: 2, counted: 0 } })
    await call('DELETE', '/v1/devices/late-1')
    await report('late-0', 'late', { active: 2 })
    expect(await ended(second.id)).toMatchObject({
      state: 'succeeded',
      counts: { active: 1, retired: 1, devices: 2, counted: 1 },
    })
  })

  it('is over when its time is, and when an operator says so', async () => {
    await fleet('slow', 1)
    const { body: timed } = await begin('slow', 1, { timeoutSeconds: 1 })
    expect(await ended(timed.id)).toMatchObject({ state: 'failed', reason: expect.stringContaining('only 0 of 1') })
    const { body: begun } = await begin('slow', 1)
    const cancelled = await call('POST', `/v1/rollouts/${begun.id}/cancel`)
    expect(cancelled.body).toMatchObject({ state: 'cancelled', counts: { pending: 1 } })
    expect((await call('POST', `/v1/rollouts/${timed.id}/cancel`)).body).toMatchObject({ code: 'rollout-over' })
    const page = await call('GET', '/v1/rollouts?model=slow&limit=1')
    expect([page.body.items[0].id, page.body.next]).toEqual([begun.id, begun.id])
  })

  it.each([
    [{ model: 'models:/good/9' }, 404, 'version-unknown'],
    [{ model: 'models:/good@nobody' }, 404, 'alias-unknown'],
    [{ model: 'good' }, 400, 'model-uri'],
    [{ model: 'models:/good/1', selector: { fleet: 'none' } }, 409, 'rollout-empty'],
    [{ model: 'models:/good/1', minimumActive: 2 }, 400, 'invalid-request'],
    [{}, 400, 'invalid-request'],
  ])('is refused for %o', async (json, status, code) => {
    expect(await call('POST', '/v1/rollouts', { json })).toMatchObject({ status, body: { code } })
  })

  it('is told apart from one that is not there', async () => {
    expect(await call('GET', '/v1/rollouts/999')).toMatchObject({ status: 404, body: { code: 'rollout-unknown' } })
    expect(await call('GET', '/v1/rollouts/x')).toMatchObject({ status: 400 })
  })
})
