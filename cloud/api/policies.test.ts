import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { testBundle } from '../test/bundle.ts'
import { type TestCloud, testCloud } from '../test/cloud.ts'
import { operators, rootOf, signed, type TargetsSpec, targetsFor } from '../test/operators.ts'
import { rolloutOf } from '../test/rollout.ts'

let server: TestCloud
let call: TestCloud['call']
const people = operators(1, 1)
beforeAll(async () => {
  server = await testCloud({}, { trust: { mode: 'production' } } as never)
  call = server.call
  const root = signed(rootOf(people, await cloudKeys()), people.root)
  await call('POST', '/v1/trust/metadata', { json: { roots: [root.toString('base64')] } })
  await approve({})
  await call('PUT', '/v1/sites/berlin', { json: { timeZone: 'Europe/Berlin', labels: { region: 'eu' } } })
  await call('POST', '/v1/devices', { json: { id: 'berlin-1', site: 'berlin' } })
})
afterAll(() => server[Symbol.asyncDispose]())

const cloudKeys = async () => (await call('GET', '/v1/trust')).body.cloudKeys
let targetsVersion = 0
async function approve(spec: TargetsSpec) {
  const { metadata, files } = targetsFor(await cloudKeys(), { version: ++targetsVersion, ...spec })
  const targets = signed(metadata, people.targets).toString('base64')
  return call('POST', '/v1/trust/metadata', { json: { targets, files: files.map((one) => one.toString('base64')) } })
}
const approval = async (version: number) => {
  const { bundle } = (await call('GET', `/v1/models/demand/versions/${version}`)).body
  return { model: 'demand', version, bundle }
}
const register = (salt: string) => call('POST', '/v1/models/demand/versions', { bytes: testBundle({ salt }) })
const rollOut = (version: number) => call('POST', '/v1/rollouts', { json: rolloutOf(`models:/demand/${version}`) })
const lastEntry = async () => (await call('GET', '/v1/audit?limit=1')).body.items[0].entry

const policy = (gate: string, expression: string, actions = ['Deny']) => ({
  apiVersion: 'storecast/v1',
  kind: 'Policy',
  metadata: { name: `at-${gate}` },
  spec: {
    gates: [gate],
    validations: [{ expression, message: `not at ${gate}` }],
    validationActions: actions,
  },
})
const put = (body: { metadata: { name: string } }) => call('PUT', `/v1/policies/${body.metadata.name}`, { json: body })
const remove = (gate: string) => call('DELETE', `/v1/policies/at-${gate}`)
const preview = async (gate: string, version: number) =>
  (await call('POST', '/v1/policy-evaluations', { json: { gate, model: `models:/demand/${version}` } })).body.decisions

describe('policies', () => {
  it('are put, shown, listed and removed; what can never be evaluated is refused with its place', async () => {
    expect((await call('GET', '/v1/policies')).body).toEqual({ items: [] })
    const body = policy('register', 'true')
    expect((await put(body)).body).toMatchObject(body)
    expect((await call('GET', '/v1/policies')).body.items).toHaveLength(1)
    expect(await put(policy('register', 'modle.name == 1'))).toMatchObject({
      status: 400,
      body: {
        code: 'policy-expression',
        detail: expect.stringContaining('spec.validations.0.expression: there is no "modle"'),
      },
    })
    expect(await call('PUT', '/v1/policies/other', { json: body })).toMatchObject({
      status: 400,
      body: { code: 'policy-name' },
    })
    expect(await put(policy('register', 'true', ['Deny', 'Warn']))).toMatchObject({ status: 400 })
    expect(await remove('register')).toMatchObject({ status: 204 })
    expect(await lastEntry()).toMatchObject({ action: 'DELETE /v1/policies/:policy', before: body, after: null })
    expect(await remove('register')).toMatchObject({ status: 404, body: { code: 'policy-unknown' } })
  })
})

describe('a policy that denies', () => {
  it('denies at register: nothing of the bundle is kept, and the log has its word and its inputs', async () => {
    await put(policy('register', "model.metrics.wape < 0.1 && gate == 'register'"))
    const before = await readdir(join(server.data, 'objects'), { recursive: true })
    expect(await register('one')).toMatchObject({
      status: 403,
      body: {
        code: 'policy-denied',
        detail: expect.stringMatching(/demand through at "register"\. at-register: not at register/),
      },
    })
    expect(await readdir(join(server.data, 'objects'), { recursive: true })).toEqual(before)
    expect(await call('GET', '/v1/models/demand')).toMatchObject({ status: 404 })
    expect(await lastEntry()).toMatchObject({
      decision: 'denied',
      code: 'policy-denied',
      policies: [
        {
          policy: 'at-register',
          verdict: 'deny',
          messages: ['not at register'],
          inputs: {
            gate: 'register',
            model: { name: 'demand', metrics: { wape: 0.3 }, golden: { cases: 1 } },
            champion: null,
          },
        },
      ],
    })
    await remove('register')
    expect((await register('one')).status).toBe(201)
  })

  it('denies at approve: the metadata is not taken, and devices are told of no approval', async () => {
    await put(policy('approve', 'approval.approved || model.version > 1'))
    const approved = [await approval(1)]
    expect(await approve({ approved })).toMatchObject({ status: 403, body: { code: 'policy-denied' } })
    expect((await call('GET', '/v1/trust')).body.targets).toMatchObject({ approved: 0 })
    expect(await preview('approve', 1)).toMatchObject([{ verdict: 'deny', messages: ['not at approve'] }])
    const unknown = { ...approved[0]!, version: 9 }
    expect(await approve({ approved: [unknown] })).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('no such bundle') },
    })
    await remove('approve')
    expect((await approve({ approved })).status).toBe(200)
    const { before, after } = await lastEntry()
    expect(after.targets.version).toBeGreaterThan(before.targets.version)
    expect(after.targets.signed).toContain(`models/demand/1.bundle sha256:${approved[0]!.bundle.sha256}`)
    expect(before.targets.signed).toHaveLength(2)
    await put(policy('approve', 'false'))
    expect((await approve({ approved })).status).toBe(200) // What is approved already is not judged again.
    await remove('approve')
  })

  it('denies at roll out, also where it cannot be evaluated, and says why', async () => {
    await put(policy('rollout', 'rollout.devices < 1'))
    expect(await rollOut(1)).toMatchObject({ status: 403, body: { code: 'policy-denied' } })
    await put(policy('rollout', 'model.metrics.nothing < 1.0'))
    expect(await rollOut(1)).toMatchObject({
      status: 403,
      body: { detail: expect.stringMatching(/cannot be evaluated.*nothing/) },
    })
    expect((await call('GET', '/v1/rollouts')).body.items).toEqual([])
    await server.pool.query(`UPDATE policies SET document = '{"kind": "Policy"}'`)
    expect((await rollOut(1)).status).toBe(500)
    expect((await call('GET', '/v1/rollouts')).body.items).toEqual([])
    await server.pool.query('DELETE FROM policies')
    expect((await rollOut(1)).status).toBe(201)
  })
})

it('a policy that warns lets through, and its warning comes with the answer', async () => {
  await put(policy('register', 'false', ['Warn']))
  const answer = await register('two')
  expect(answer.status).toBe(201)
  expect(JSON.parse(answer.headers.get('storecast-warnings')!)).toEqual(['at-register: not at register'])
  expect(await lastEntry()).toMatchObject({ decision: 'allowed', policies: [{ verdict: 'warn' }] })
  await put(policy('register', 'false', ['Audit']))
  const silent = await register('three')
  expect([silent.status, silent.headers.get('storecast-warnings')]).toEqual([201, null])
  expect(await lastEntry()).toMatchObject({ decision: 'allowed', policies: [{ verdict: 'audit' }] })
  await remove('register')
})

it('the preview is the verdict of the gate, for each shipped policy', async () => {
  const folder = join(import.meta.dirname, '../../fleet/policies')
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.yaml')) continue
    const shipped = parse(await readFile(join(folder, name), 'utf8'))
    await put(shipped)
    for (const version of [1, 2]) {
      const denies = (await preview('rollout', version)).some((one: { verdict: string }) => one.verdict === 'deny')
      const { status, body } = await rollOut(version)
      expect([name, version, status === 403 && body.code === 'policy-denied']).toEqual([name, version, denies])
    }
    await call('DELETE', `/v1/policies/${shipped.metadata.name}`)
  }
})
