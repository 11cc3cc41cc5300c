import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DesiredState } from '@storecast/shared/contracts'
import { freePort } from '@storecast/shared/test/ports'
import { encodePresence, topicOf } from '@storecast/shared/wire'
import mqtt from 'mqtt'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { cloudConfig, startCloud } from '../cloud.ts'
import { caller } from './cloud.ts'
import { quiet, temporaryFolder } from './database.ts'

// Where Debian puts it is not on everybody's PATH.
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` }
const absent = spawnSync('mosquitto', ['-h'], { env }).error !== undefined

/** What a compact JWS says, whoever signed it. */
const decodeSigned = (jws: string) => JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString())

describe.skipIf(absent)('a cloud with a broker of its own choice', () => {
  const stack = new AsyncDisposableStack()
  let port: number
  let call: ReturnType<typeof caller>
  let broker: ReturnType<typeof spawn>
  let configuration: string

  async function startMosquitto() {
    broker = spawn('mosquitto', ['-c', configuration], { stdio: ['ignore', 'ignore', 'pipe'], env })
    for await (const line of broker.stderr!) if (String(line).includes('running')) break
  }
  const away = (state: string) =>
    vi.waitFor(async () => expect((await call('GET', '/healthz')).body.broker).toBe(state), { timeout: 20_000 })

  beforeAll(async () => {
    const folder = stack.use(await temporaryFolder())
    port = await freePort()
    configuration = join(folder.path, 'mosquitto.conf')
    await writeFile(configuration, `listener ${port} 127.0.0.1\nallow_anonymous true\nuser root\nlog_type all\n`)
    await startMosquitto()
    stack.defer(() => void broker.kill('SIGKILL'))
    const config = cloudConfig(
      { data: join(folder.path, 'data'), http: { port: 0 }, devices: { port: 0 }, postgres: { fsync: 'off' } },
      { mqttUrl: `mqtt://cloud:hidden@127.0.0.1:${port}` },
    )
    const cloud = stack.use(await startCloud(config, { log: quiet }))
    expect(cloud.mqttUrl).toBe(`mqtt://127.0.0.1:${port}`)
    call = caller(cloud)
    await call('PUT', '/v1/sites/berlin', { json: { timeZone: 'Europe/Berlin' } })
    await call('POST', '/v1/devices', { json: { id: 'berlin-1', site: 'berlin' } })
  })
  afterAll(() => stack.disposeAsync())

  it('hears devices through it, and tells them again what they should run when it comes back empty', async () => {
    await away('ok')
    const device = mqtt.connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 100 })
    stack.defer(() => device.endAsync(true))
    const heard: DesiredState[] = []
    device.on('message', (_topic, payload) => heard.push(decodeSigned(payload.toString())))
    await device.subscribeAsync(topicOf('berlin-1', 'desired'), { qos: 1 })
    const desired = (await call('GET', '/v1/devices/berlin-1/desired')).body
    await vi.waitFor(() => expect(heard).toEqual([{ ...desired, expires: expect.any(Number) }]))
    const presence = encodePresence({ online: true, link: 1, session: '0123456789abcdef' })
    await device.publishAsync(topicOf('berlin-1', 'presence'), presence, { qos: 1, retain: true })
    await vi.waitFor(async () => expect((await call('GET', '/v1/devices/berlin-1')).body.online).toBe(true))

    const ended = once(broker, 'exit')
    broker.kill('SIGKILL')
    await ended
    await away('away')
    await call('PUT', '/v1/sites/berlin', { json: { timeZone: 'Europe/Berlin', labels: { moved: 'yes' } } })
    await startMosquitto()
    await away('ok')
    const moved = (await call('GET', '/v1/devices/berlin-1/desired')).body
    expect(moved.generation).toBeGreaterThan(desired.generation)
    await vi.waitFor(() => expect(heard.at(-1)).toMatchObject(moved), { timeout: 20_000 })
  })
})
