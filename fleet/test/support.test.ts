import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type TestCloud, testCloud } from '@storecast/cloud/test/cloud'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type AgentProgram, prepareAgent } from '../constellation/agent.ts'
import { temporaryFolder } from '../constellation/index.ts'
import { sinceNow } from '../constellation/store-clock.ts'
import { typist } from './cli.ts'

/** A real agent, asked by the command line through a real cloud. */

const stack = new AsyncDisposableStack()
const clock = sinceNow({ start: Date.UTC(2026, 2, 2, 9), speed: 1 })
const PASSWORD = 'correct-horse-battery'
let server: TestCloud
let agent: AgentProgram
let claim: string
let folder: string
let storecast: ReturnType<typeof typist>
beforeAll(async () => {
  folder = stack.use(await temporaryFolder('support')).path
  server = stack.use(await testCloud())
  await server.call('PUT', '/v1/sites/berlin', { json: { timeZone: 'Europe/Berlin' } })
  const { body } = await server.call('POST', '/v1/claims', { json: { site: 'berlin', device: 'berlin-1' } })
  claim = body.claims[0].claim
  // A source that does not answer, whose address has a login: the device complains of it.
  const sources = [
    {
      kind: 'mqtt',
      name: 'plugs',
      url: `mqtt://shop:${PASSWORD}@127.0.0.1:9`,
      topics: [{ filter: 'plug/+', fields: [{ sensor: 'fridge', path: 'v' }] }],
    },
  ]
  agent = stack.use(
    await prepareAgent({
      ...{ device: 'berlin-1', claim, timeZone: 'Europe/Berlin', clock, folder },
      env: { STORECAST_HTTP_TOKEN: 'local-page-token' },
      settings: { sources },
    }),
  )
  storecast = typist(folder)
  await storecast(['login', server.cloud.url, '--with-token'], { input: server.cloud.adminToken })
})
afterAll(() => stack.disposeAsync())

describe('a device far away', () => {
  it('sends a support bundle when it is asked, also where it was away then, with nothing secret in it', async () => {
    await agent.program.start()
    await vi.waitFor(async () => expect((await server.call('GET', '/v1/devices/berlin-1')).status).toBe(200), 60_000)
    await agent.program.kill()
    const out = join(folder, 'berlin-1.tar.gz')
    const away = await storecast(['device', 'support-bundle', 'berlin-1', '--wait', '0'])
    expect(away).toMatchObject({
      status: 1,
      err: expect.stringMatching(/has not answered; it does once it is connected/),
    })
    const [, request] = /--request (\S+)/.exec(away.err)!
    await agent.program.start()
    const fetched = await storecast(['device', 'support-bundle', 'berlin-1', '--request', request!, '--out', out])
    expect(fetched).toMatchObject({ status: 0, out: `${out}\n` })

    const text = gunzipSync(await readFile(out)).toString('utf8')
    for (const part of ['status.json', 'config.json', 'doctor.txt', 'log.jsonl']) expect(text).toContain(part)
    expect(text).toContain('"device": "berlin-1"')
    expect(text).toMatch(/\[ ok \] database/)
    const identity = await readFile(join(agent.dataDir, 'identity', 'identity.json'), 'utf8')
    const secrets = [claim, 'local-page-token', server.cloud.adminToken, ...identity.match(/[\w+/=]{40,}/g)!]
    for (const secret of [...secrets, PASSWORD]) expect(text).not.toContain(secret)
    expect(text).not.toContain('PRIVATE KEY')

    // Nobody else sends it, and nobody who may not look gets it.
    const path = `/v1/devices/berlin-1/support-bundles/${request}/content`
    expect((await server.call('GET', path, { token: null })).status).toBe(401)
    const { body } = await server.call('GET', '/v1/audit?limit=50')
    expect(body.items.map((row: { entry: { action: string } }) => row.entry.action)).toEqual(
      expect.arrayContaining(['POST /v1/devices/:device/support-bundles', 'POST /v1/support-bundles/:bundle']),
    )
  })

  it('tells what it complains of, and the command line shows it', async () => {
    const complaint = {
      severity: 'warning',
      code: 'log',
      message: expect.stringMatching(/^not listening to the broker/),
    }
    await vi.waitFor(
      async () => {
        const { out } = await storecast(['device', 'logs', 'berlin-1', '--json'])
        expect(JSON.parse(out)).toContainEqual(expect.objectContaining(complaint))
        expect(out).not.toContain(PASSWORD)
      },
      { timeout: 60_000, interval: 300 },
    )
    expect((await storecast(['device', 'logs', 'berlin-1'])).out).toMatch(/warning +log +not listening to the broker/)
  })
})
