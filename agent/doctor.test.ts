import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { examine } from './doctor.ts'
import { prepareAgent } from './test/agent-process.ts'
import { startBroker } from './test/broker.ts'
import { openShop, SHOP_SENSORS } from './test/shop.ts'
import { temporaryFolder } from './test/storage.ts'
import { tinyBundle } from './test/tiny-bundle.ts'

const NOW = Date.UTC(2026, 2, 2, 12)
let folder: { path: string } & AsyncDisposable
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder[Symbol.asyncDispose]())

/** What the doctor prints, by check: the sign and what was found, with the advice. */
async function ask(settings: object | string, env: NodeJS.ProcessEnv = {}) {
  const file = join(folder.path, 'agent.yaml')
  await writeFile(file, typeof settings === 'string' ? settings : JSON.stringify(settings))
  const lines: string[] = []
  const healthy = await examine(file, { STORECAST_DEVICE_TOKEN: 'token', ...env }, (line) => lines.push(line))
  const found = Object.fromEntries(
    lines.map((line) => {
      const [, sign, name, rest] = /^\[(.{4})\] (.{10}) (.*)$/s.exec(line) ?? []
      return [name!.trim(), `${sign!.trim()}: ${rest}`]
    }),
  )
  return { healthy, found }
}
/** Takes connections and ends them without a word. */
async function startHangingUp(): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((socket) => socket.once('data', () => socket.end()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}
const settings = { device: 'north-1', sensors: SHOP_SENSORS, http: { port: 0 } }

describe('doctor', () => {
  it('says what is wrong with the config, and nothing more', async () => {
    const { healthy, found } = await ask('device: North')
    expect(healthy).toBe(false)
    expect(Object.keys(found)).toEqual(['config'])
    expect(found.config).toMatch(/^FAIL: .*agent\.yaml:1: device: .*\n\s+→ /s)
  })

  it('looks at a device that has not run yet', async () => {
    const { healthy, found } = await ask(settings)
    expect(healthy).toBe(true)
    expect(found).toMatchObject({
      agent: 'ok: none runs here: checked is what it would find',
      database: expect.stringMatching(/^warn: there is none yet\n\s+→ run the agent once/),
      clock: expect.stringMatching(/^ok: it is 20/),
      broker: 'ok: none: the agent works alone',
      sensors: expect.stringMatching(
        /^warn: 0 of 3 have windows; never heard from: sales, stockout, fridge\n\s+→ look at/,
      ),
      'model host': 'ok: not needed yet: no model has come',
    })
    // It leaves a lock file behind, and no database.
    expect(await readdir(join(folder.path, 'data'))).not.toContain('agent.db')
  })

  it('tries the broker as the agent would, and says what to do about a refusal', async () => {
    await using broker = await startBroker()
    const cloud = { mqtt: broker.url }
    expect((await ask({ ...settings, cloud })).found.broker).toBe(`ok: ${broker.url} lets north-1 in`)
    broker.broker.authenticate = (_client, username, password, done) =>
      done(null, username === 'north-1' && password?.toString() === 'right')
    const refused = await ask({ ...settings, cloud })
    expect(refused.healthy).toBe(false)
    expect(refused.found.broker).toMatch(/^FAIL: .*\n\s+→ the device is not known there, or was revoked/)
    expect((await ask({ ...settings, cloud }, { STORECAST_DEVICE_TOKEN: 'right' })).healthy).toBe(true)
    expect((await ask({ ...settings, cloud })).found.network).toMatch(/^ok: .*127\.0\.0\.1 is 127\.0\.0\.1$/)
    const unknown = await ask({ ...settings, cloud: { mqtt: 'mqtt://cloud.invalid:1883' } })
    expect(unknown.found.network).toMatch(/^FAIL: .*(ENOTFOUND|EAI_AGAIN).*\n\s+→ look at the /s)
    const nowhere = await ask({ ...settings, cloud: { mqtt: 'mqtt://127.0.0.1:9' } })
    await using hungUp = await startHangingUp()
    const ended = await ask({ ...settings, cloud: { mqtt: hungUp.url } })
    expect(ended.found.broker).toMatch(/^FAIL: mqtt:\/\/127.0.0.1:\d+: .+\n\s+→ look at cloud.mqtt/)
    expect(nowhere.found.broker).toMatch(/^FAIL: mqtt:\/\/127.0.0.1:9: .*ECONNREFUSED.*\n\s+→ look at cloud.mqtt/)
  })

  it('loads the model that served last into a host of its own', async () => {
    await using shop = await openShop({ folder: folder.path, now: NOW })
    await shop.desire({ models: { tiny: await shop.publish(await tinyBundle({ directory: folder.path })) } })
    await vi.waitFor(() => expect(shop.agent.reconciler.reported()?.models.tiny).toMatchObject({ active: 1 }), 20_000)
    await shop[Symbol.asyncDispose]()
    const { healthy, found } = await ask(settings)
    expect(healthy).toBe(true)
    expect(found['model host']).toMatch(/^ok: a host loads tiny v1 and reproduces the golden vectors, with \d+ MB$/)
    expect(found.clock).toMatch(/^warn: .* does not answer .*\n\s+→ look at the network/)
    expect(found.database).toMatch(/^ok: .* is sound, schema \d+$/)
    const [bundle] = await readdir(join(folder.path, 'data', 'objects'))
    await writeFile(join(folder.path, 'data', 'objects', bundle!), 'bit rot')
    const rotten = await ask(settings)
    expect(rotten.healthy).toBe(false)
    expect(rotten.found['model host']).toMatch(/^FAIL: .*\n\s+→ /)
  })

  it('asks the agent that runs, and leaves it alone', async () => {
    await mkdir(join(folder.path, 'process'))
    const cloud = { mqtt: 'mqtt://127.0.0.1:9' }
    await using agent = await prepareAgent(
      join(folder.path, 'process'),
      { ...settings, dataDir: join(folder.path, 'data'), cloud },
      { env: { STORECAST_DEVICE_TOKEN: 'token' } },
    )
    await agent.start()
    await agent.ready()
    await fetch(`${agent.url}/api/v2/write`, { method: 'POST', body: 'fridge value=4' })
    const port = Number(new URL(agent.url).port)
    const { healthy, found } = await ask({ ...settings, http: { port }, cloud })
    expect(healthy).toBe(false)
    expect(found.agent).toBe(`ok: one runs here, and answers at http://127.0.0.1:${port}`)
    expect(found.broker).toMatch(/^FAIL: the agent is not linked to mqtt:\/\/127.0.0.1:9 .*\n\s+→ /)
    expect(found.sensors).toMatch(/^warn: 1 of 3 heard from since the agent started; silent: sales, stockout\n/)
    const elsewhere = await ask({ ...settings, http: { port: 1 } })
    expect(elsewhere.found.agent).toMatch(/^warn: one runs here, http:\/\/127.0.0.1:1 does not answer\n/)
    expect(await agent.stop('SIGTERM')).toBe(0)
  })
})
