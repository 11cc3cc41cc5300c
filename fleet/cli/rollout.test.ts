import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testBundle } from '@storecast/cloud/test/bundle'
import { type TestCloud, testCloud } from '@storecast/cloud/test/cloud'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { runCli } from './program.ts'

let server: TestCloud
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storecast-rollout-'))
  server = await testCloud()
  await server.call('PUT', '/v1/sites/berlin', { json: { timeZone: 'UTC', labels: { region: 'eu' } } })
  for (const id of ['berlin-1', 'berlin-2']) {
    await server.call('POST', '/v1/devices', { json: { id, site: 'berlin' } })
  }
  await server.call('POST', '/v1/models/demand/versions', { bytes: testBundle() })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

async function rollout(...argv: string[]) {
  const said = { out: '', err: '' }
  const terminal = {
    out: (text: string) => {
      said.out += `${text}\n`
    },
    err: (text: string) => {
      said.err += `${text}\n`
    },
    progress: () => {},
  }
  const env = { STORECAST_URL: server.cloud.url, STORECAST_TOKEN: server.cloud.adminToken }
  const context = { terminal, signal: new AbortController().signal, env, readInput: async () => '' }
  return { status: await runCli(['rollout', ...argv], context), ...said }
}

it('is started from a file, looked at, paused, promoted and aborted by command', async () => {
  expect(await rollout('list', '--json')).toMatchObject({ status: 0, out: '[]\n' })
  const file = join(folder, 'demand.yaml')
  const spec = 'model: models:/demand/1, steps: [{ pause: {} }, { setCount: 1 }, { setWeight: 100 }], evidence: none'
  await writeFile(file, `{ apiVersion: storecast/v1, kind: Rollout, metadata: { name: spring }, spec: { ${spec} } }\n`)
  expect((await rollout('start', '-f', file)).out).toMatch(/^rollout +spring \(1\)\nversion +demand\/1$/m)
  const watched = await rollout('status', 'spring', '--watch')
  expect(watched).toMatchObject({ status: 1, err: expect.stringMatching(/spring is paused: a pause, until somebody/) })
  expect(watched.out).toMatch(/^step +1 of 3: \{"pause":\{\}\}$/m)
  expect((await rollout('start', '-f', file)).err).toMatch(
    /Rollout spring \(1\) of demand is under way on 2 of the devices/,
  )
  expect(JSON.parse((await rollout('promote', 'spring', '--json')).out).step).toBe(1)
  expect((await rollout('pause', '1')).out).toMatch(/^state +paused$/m)
  expect((await rollout('resume', 'spring')).out).toMatch(/^state +running$/m)
  expect((await rollout('retry', 'spring')).status).toBe(0)
  expect((await rollout('promote', 'spring', '--full')).out).toMatch(/^step +all 3 done$/m)
  expect((await rollout('list')).out).toMatch(/^ +1 +spring +demand\/1 +running +0 +2 /m)
  expect((await rollout('abort', 'spring')).status).toBe(0)
  await vi.waitFor(async () => expect(await rollout('status', 'spring')).toMatchObject({ status: 1 }), {
    timeout: 10_000,
  })
  expect(await rollout('undo', 'spring')).toMatchObject({ status: 1, err: expect.stringMatching(/cannot be undone/) })
})

it('that is written wrongly is not sent, and says file, line and field', async () => {
  const file = join(folder, 'wrong.yaml')
  await writeFile(
    file,
    'apiVersion: storecast/v1\nkind: Rollout\nmetadata: { name: wrong }\nspec:\n  model: demand\n  steps: []\n',
  )
  const { status, err } = await rollout('start', '-f', file)
  expect(status).toBe(1)
  expect(err).toMatch(/wrong.yaml:5:10: spec.model: a model version/)
  expect((await rollout('status', 'nothing')).err).toMatch(/There is no rollout nothing/)
})
