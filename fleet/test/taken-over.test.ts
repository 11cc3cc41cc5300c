import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tinyBundle } from '@storecast/agent/test/tiny-bundle'
import { type TestCloud, testCloud } from '@storecast/cloud/test/cloud'
import { rolloutOf } from '@storecast/cloud/test/rollout'
import type { ReportedState } from '@storecast/shared/contracts'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { runCli } from '../cli/program.ts'
import { type AgentProgram, prepareAgent } from '../constellation/agent.ts'

/** Real programs; whoever has the cloud has its database, its keys and its API. */
const stack = new AsyncDisposableStack()
let folder: string
let cloud: TestCloud
let agent: AgentProgram
const at = (name: string) => join(folder, name)

async function storecast(...argv: string[]) {
  const said: string[] = []
  const status = await runCli(argv, {
    terminal: { out: (text) => said.push(text), err: (text) => said.push(text), progress: () => {} },
    signal: new AbortController().signal,
    env: {
      STORECAST_URL: cloud.cloud.url,
      STORECAST_TOKEN: cloud.cloud.adminToken,
      STORECAST_KEY_PASSPHRASE_FILE: at('passphrase'),
      STORECAST_TRUST_FOLDER: at('trust'),
    },
    readInput: async () => '',
  })
  expect([status, status === 0 ? [] : said], argv.join(' ')).toEqual([0, []])
}
const approve = (version: number, who: string) =>
  storecast('approve', `tiny@${version}`, '--key', at(`${who}.pem`), '--yes')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storecast-taken-over-'))
  await chmod(folder, 0o711)
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  cloud = stack.use(await testCloud({}, { trust: { mode: 'production' } }))
  await writeFile(at('passphrase'), 'correct horse battery')
  for (const who of ['alice', 'bob']) await storecast('key', 'create', at(`${who}.pem`))
  await storecast('trust', 'cloud-keys', '--out', at('cloud-keys.json'))
  const both = [at('alice.pem.pub'), at('bob.pem.pub')]
  await storecast(
    ...['trust', 'init', '--cloud-keys', at('cloud-keys.json'), '--root', ...both, '--root-threshold', '2'],
    ...['--targets', ...both, '--targets-threshold', '2'],
  )
  for (const who of ['alice', 'bob']) await storecast('trust', 'sign', '--key', at(`${who}.pem`), '--yes')
  await storecast('trust', 'push')

  await cloud.call('PUT', '/v1/sites/shop-1', { json: { timeZone: 'Europe/Berlin' } })
  const { body } = await cloud.call('POST', '/v1/claims', { json: { site: 'shop-1' } })
  agent = stack.use(
    await prepareAgent({
      device: 'shop-1',
      claim: body.claims[0].claim,
      timeZone: 'Europe/Berlin',
      clock: { start: Date.now(), speed: 1, since: Date.now() },
      folder,
    }),
  )
  await agent.program.start()
  for (const factor of [2, 3]) {
    const { path } = await tinyBundle({ directory: folder, version: factor - 1, factor })
    const registered = await cloud.call('POST', '/v1/models/tiny/versions', { bytes: await readFile(path) })
    expect(registered.body).toMatchObject({ version: factor - 1 })
  }
}, 120_000)
afterAll(() => stack.disposeAsync())

let attempt = 1
const rollOut = async (version: number) => {
  const { body } = await cloud.call('POST', '/v1/rollouts', {
    json: rolloutOf(`models:/tiny/${version}`, { name: `tiny-${attempt++}` }),
  })
  return body as { code?: string; id: string }
}
const reported = async (): Promise<ReportedState['models'][string] | undefined> =>
  (await cloud.call('GET', '/v1/devices/shop-1/reported')).body?.state?.models?.tiny
const until = (state: object) =>
  vi.waitFor(async () => expect(await reported()).toMatchObject(state), { timeout: 60_000, interval: 200 })

/** How often the device has told that it refused a version. */
const refusals = async (): Promise<number> => {
  const { body } = await cloud.call('GET', '/v1/devices/shop-1/events')
  const told = body.items as { code: string; detail: { code?: string } }[]
  return told.filter(({ code, detail }) => code === 'model-failed' && detail.code === 'not-approved').length
}

/** What the taken-over cloud does: its own database, publisher and keys, and no question asked of anybody. */
async function forceUpon(device: string, version: number): Promise<void> {
  const { bundle } = (await cloud.call('GET', `/v1/models/tiny/versions/${version}`)).body
  await cloud.pool.query(
    `UPDATE desired_states SET generation = generation + 1, published = 0, previous = body,
       body = jsonb_set(body, '{models,tiny}', $2) WHERE device = $1`,
    [device, { version, bundle }],
  )
  // Any change anywhere wakes the publisher.
  await cloud.call('PUT', '/v1/sites/elsewhere', { json: { timeZone: 'UTC' } })
}

it('a cloud that is taken over cannot put a model on a device, nor can one approver alone', async () => {
  await approve(1, 'alice')
  expect((await rollOut(1)).code).toBe('version-unapproved')
  await approve(1, 'bob')
  await rollOut(1)
  await until({ active: 1, phase: 'active' })

  await forceUpon('shop-1', 2)
  await until({ active: 1, target: 2, phase: 'failed', error: { code: 'not-approved' } })

  await approve(2, 'alice')
  expect((await rollOut(2)).code).toBe('version-unapproved')
  await forceUpon('shop-1', 2)
  await vi.waitFor(async () => expect(await refusals()).toBe(2), { timeout: 60_000, interval: 200 })
  await until({ active: 1, phase: 'failed', error: { code: 'not-approved' } })

  // Taken back: the cloud composes anew what its operators want.
  await cloud.call('PUT', '/v1/sites/shop-1', { json: { timeZone: 'Europe/Berlin', labels: { taken: 'back' } } })
  await until({ active: 1, target: 1, phase: 'active' })
  await approve(2, 'bob')
  await rollOut(2)
  await until({ active: 2, phase: 'active' })
})
