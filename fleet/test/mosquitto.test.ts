import { X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { certificateIdentity, createLogger } from '@storecast/agent/test/identity'
import { startLiveDevice } from '@storecast/agent/test/live-device'
import { issuedAt } from '@storecast/cloud/test/device-client'
import { parseClaim } from '@storecast/shared/contracts'
import { NO_QUALITY } from '@storecast/shared/windows'
import { type Channel, topicOf } from '@storecast/shared/wire'
import { connect, connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { runCli } from '../cli/program.ts'
import { type CloudProgram, startCloudProgram } from '../constellation/cloud.ts'
import { hasMosquitto, temporaryFolder } from '../constellation/index.ts'
import { type Mosquitto, mosquittoPorts, startFleetMosquitto } from '../constellation/mosquitto.ts'

/** The shipped configuration, on a real Mosquitto under mutual TLS, with the helper beside it. */

const DEVICES = ['shop-1', 'shop-2', 'shop-3'] as const
type Device = (typeof DEVICES)[number]
const CHANNELS: readonly Channel[] = ['up', 'presence', 'ack', 'desired']
const WRITES: readonly Channel[] = ['up', 'presence']
const READS: readonly Channel[] = ['ack', 'desired']
const DAY_MS = 86_400_000

interface Tls {
  readonly ca: string
  readonly key: string
  readonly cert: string
}

describe.skipIf(!hasMosquitto())('Mosquitto', () => {
  const stack = new AsyncDisposableStack()
  let folder: string
  let cloud: CloudProgram
  let broker: Mosquitto
  let url: string
  const held = new Map<string, Tls>()

  beforeAll(async () => {
    folder = stack.use(await temporaryFolder('mosquitto')).path
    const ports = await mosquittoPorts()
    cloud = stack.use(await startCloudProgram({ folder, broker: ports.addresses }))
    broker = stack.use(await startFleetMosquitto({ folder, cloud: cloud.client, ...ports }))
    url = ports.addresses.mqttsUrl
    await cloud.client.put('/v1/sites/berlin', { timeZone: 'Europe/Berlin' })
    for (const device of DEVICES) held.set(device, await enrol(device))
  })
  afterAll(() => stack.disposeAsync())

  async function enrol(device: string): Promise<Tls> {
    const json = { site: 'berlin', device }
    const { claims } = await cloud.client.post<{ claims: readonly { claim: string }[] }>('/v1/claims', json)
    await using identity = await certificateIdentity({
      device,
      folder: join(folder, `identity-${device}-${Math.random()}`),
      claim: parseClaim(claims[0]!.claim),
      log: createLogger({ level: 'silent' }),
    })
    const { tls, broker: named } = await identity.credentials(AbortSignal.timeout(20_000))
    expect(named).toBe(url)
    return { ca: tls.ca!, key: tls.key!, cert: tls.cert! }
  }

  const open = async (options: IClientOptions, at = url): Promise<MqttClient> => {
    const client = await connectAsync(at, { reconnectPeriod: 0, protocolVersion: 4, ...options })
    client.on('error', () => undefined)
    stack.defer(() => void client.end(true))
    return client
  }
  const as = (device: string, clientId = device) => open({ ...held.get(device)!, clientId })
  /** What comes of an attempt to connect: `connected`, or why not. */
  const attempt = (options: IClientOptions, at = url): Promise<string> =>
    new Promise((resolve) => {
      const client = connect(at, { reconnectPeriod: 0, connectTimeout: 30_000, protocolVersion: 4, ...options })
      const end = (outcome: string) => {
        client.end(true)
        resolve(outcome)
      }
      client.once('connect', () => end('connected'))
      client.once('error', (error) => end(error.message))
      client.once('close', () => end('closed'))
    })

  it('lets each device write and read its own topics and no other: every pair, every channel, wildcards', async () => {
    const clients = new Map<Device, MqttClient>()
    const heard: string[] = []
    const note = (who: string) => (topic: string, payload: Buffer) => {
      const text = payload.toString()
      // The cloud's own traffic goes on: retained desired states, answers.
      if (text.startsWith('test ')) heard.push(`${who} hears ${topic}: ${text}`)
    }
    const bus = await open({ clientId: 'test-bus' }, broker.url)
    bus.on('message', note('cloud'))
    await bus.subscribeAsync(['storecast/v1/+/up', 'storecast/v1/+/presence'], { qos: 1 })
    for (const device of DEVICES) {
      const client = await as(device)
      client.on('message', note(device))
      clients.set(device, client)
      const filters = DEVICES.flatMap((owner) => CHANNELS.map((channel) => topicOf(owner, channel)))
      const wide = [
        '#',
        'storecast/#',
        'storecast/v1/+/desired',
        `storecast/v1/${device}/#`,
        'storecast/cloud/#',
        '$SYS/#',
      ]
      for (const filter of [...filters, ...wide]) await client.subscribeAsync(filter, { qos: 1 })
    }

    const expected: string[] = []
    for (const [actor, client] of clients) {
      for (const owner of DEVICES) {
        for (const channel of CHANNELS) {
          const text = `test ${actor} writes ${owner}/${channel}`
          await client.publishAsync(topicOf(owner, channel), text, { qos: 1 })
          if (actor === owner && WRITES.includes(channel))
            expected.push(`cloud hears ${topicOf(owner, channel)}: ${text}`)
        }
      }
    }
    for (const owner of DEVICES) {
      for (const channel of CHANNELS) {
        const text = `test cloud writes ${owner}/${channel}`
        await bus.publishAsync(topicOf(owner, channel), text, { qos: 1 })
        if (READS.includes(channel)) expected.push(`${owner} hears ${topicOf(owner, channel)}: ${text}`)
      }
      await clients.get(owner)!.publishAsync('storecast/cloud/revocations', 'test forged', { qos: 1, retain: true })
    }
    // Behind everything else on each connection.
    for (const owner of DEVICES) {
      await bus.publishAsync(topicOf(owner, 'ack'), 'test end', { qos: 1 })
      expected.push(`${owner} hears ${topicOf(owner, 'ack')}: test end`)
    }
    await vi.waitFor(() => expect(heard.filter((one) => one.endsWith('test end'))).toHaveLength(DEVICES.length))
    // A wildcard and an exact filter that both fit may bring a message twice.
    expect([...new Set(heard)].sort()).toEqual(expected.sort())
    const pairs = DEVICES.length ** 2 * CHANNELS.length
    console.log(`${pairs} publishes by ${DEVICES.length} devices, ${WRITES.length * DEVICES.length} let through`)
    for (const client of clients.values()) await client.endAsync()
    await bus.endAsync()
  })

  it('knows a device by its certificate alone: another’s client id ends no session and opens no topic', async () => {
    const other = await as('shop-2')
    const closed = vi.fn()
    other.on('close', closed)
    const mine = await as('shop-1', 'shop-2')
    const heard: string[] = []
    mine.on('message', (topic) => heard.push(topic))
    await mine.subscribeAsync(topicOf('shop-2', 'ack'), { qos: 1 })
    await mine.subscribeAsync(topicOf('shop-1', 'ack'), { qos: 1 })
    const bus = await open({ clientId: 'test-bus' }, broker.url)
    await bus.publishAsync(topicOf('shop-2', 'ack'), 'test', { qos: 1 })
    await bus.publishAsync(topicOf('shop-1', 'ack'), 'test', { qos: 1 })
    await vi.waitFor(() => expect(heard).toEqual([topicOf('shop-1', 'ack')]))
    // Another login does not help either.
    const named = await open({ ...held.get('shop-1')!, clientId: 'x', username: 'shop-2', password: 'any' })
    const up: string[] = []
    bus.on('message', (topic, payload) => up.push(`${topic} ${payload}`))
    await bus.subscribeAsync('storecast/v1/+/up', { qos: 1 })
    await named.publishAsync(topicOf('shop-2', 'up'), 'test forged', { qos: 1 })
    await named.publishAsync(topicOf('shop-1', 'up'), 'test own', { qos: 1 })
    await vi.waitFor(() => expect(up).toEqual([`${topicOf('shop-1', 'up')} test own`]))
    expect(closed).not.toHaveBeenCalled()
    expect(other.connected).toBe(true)
    for (const client of [other, mine, named, bus]) await client.endAsync()
  })

  it('lets nobody else in: no certificate, an expired one, a stranger’s, the cloud’s listener without its login', async () => {
    const { ca } = held.get('shop-1')!
    const began = performance.now()
    const expired = await issuedAt(join(folder, 'cloud-identity'), 'shop-1', Date.now() - 91 * DAY_MS)
    const outcomes = {
      none: await attempt({ ca, clientId: 'shop-1' }),
      expired: await attempt({ ca, ...expired, clientId: 'shop-1' }),
      stranger: await attempt({
        ca,
        ...(await issuedAt(join(folder, 'stranger'), 'shop-1', Date.now())),
        clientId: 'shop-1',
      }),
      guess: await attempt(
        { clientId: 'shop-1', username: 'storecast-cloud', password: 'guess' },
        loginless(broker.url),
      ),
      anonymous: await attempt({ clientId: 'shop-1' }, loginless(broker.url)),
    }
    console.log(`refused in ${Math.round(performance.now() - began)} ms: ${JSON.stringify(outcomes)}`)
    for (const outcome of Object.values(outcomes)) expect(outcome).not.toBe('connected')
    expect(outcomes.expired).toMatch(/expired/)
    expect(await attempt({ ...held.get('shop-1')!, clientId: 'shop-1' })).toBe('connected')
  })

  it('drops the live session of a revoked device within a minute, and lets it in no more; others stay', async () => {
    const device = 'shop-gone'
    held.set(device, await enrol(device))
    const [gone, stays] = [await as(device), await as('shop-3')]
    const dropped = new Promise<number>((resolve) => gone.once('close', () => resolve(performance.now())))
    const began = performance.now()
    await cloud.client.post(`/v1/devices/${device}/revoke`)
    const seconds = ((await dropped) - began) / 1000
    console.log(`revoked: the live session ended after ${seconds.toFixed(2)} s`)
    expect(seconds).toBeLessThan(60)
    expect(await attempt({ ...held.get(device)!, clientId: device })).toMatch(/revoked/)
    expect(stays.connected).toBe(true)
    await stays.endAsync()
    // With a new claim it is back, under a certificate that works; the old one stays out.
    const old = held.get(device)!
    held.set(device, await enrol(device))
    expect(await attempt({ ...held.get(device)!, clientId: device })).toBe('connected')
    expect(await attempt({ ...old, clientId: device })).toMatch(/revoked/)
  })

  it('forgets no revocation when it is killed, nor does the cloud', async () => {
    const device = 'shop-killed'
    held.set(device, await enrol(device))
    await broker.program.kill('SIGKILL')
    await cloud.client.post(`/v1/devices/${device}/revoke`)
    await cloud.program.kill('SIGKILL')
    await cloud.program.start()
    await broker.program.start()
    await vi.waitFor(async () => expect(await attempt({ ...held.get(device)!, clientId: device })).toMatch(/revoked/), {
      timeout: 60_000,
      interval: 200,
    })
    expect(await attempt({ ...held.get('shop-1')!, clientId: 'shop-1' })).toBe('connected')
  })

  it('is set up from the command line, for its owner alone, and keeps the cloud’s login when that is done again', async () => {
    const terminal = { out: () => undefined, err: () => undefined, progress: () => undefined }
    const env = { STORECAST_URL: cloud.client.url, STORECAST_TOKEN: cloud.adminToken }
    const context = { terminal, env, signal: AbortSignal.abort(), readInput: async () => '' }
    const made = join(folder, 'by-hand')
    const setup = ['mosquitto', 'setup', made, '--name', 'mqtt.example', '--host', '127.0.0.1']
    expect(await runCli(setup, context)).toBe(0)
    for (const secret of ['server.key', 'cloud.passwd', 'cloud-url']) {
      expect((await stat(join(made, secret))).mode & 0o777).toBe(0o600)
    }
    const login = await readFile(join(made, 'cloud-url'), 'utf8')
    expect(await runCli(setup, context)).toBe(0)
    expect(await readFile(join(made, 'cloud-url'), 'utf8')).toBe(login)
    expect(await readFile(join(made, 'mosquitto.conf'), 'utf8')).not.toContain('@')
    const server = new X509Certificate(await readFile(join(made, 'server.pem'), 'utf8'))
    expect(server.checkHost('mqtt.example')).toBe('mqtt.example')
  })

  it('shows a cloned identity within a minute, and its records are kept apart', async () => {
    const device = 'shop-clone'
    const tls = await enrol(device)
    await using original = await startLiveDevice({ url, device, tls })
    await original.putWindow(windowAt(0))
    await vi.waitFor(() => expect(original.waiting).toBe(0), { timeout: 20_000 })

    const began = performance.now()
    await using copy = await startLiveDevice({ url, device, tls, image: original.image() })
    await copy.putWindow(windowAt(1))
    const quarantined = await vi.waitFor(
      async () => {
        const { items } = await cloud.client.get<{ items: readonly { device: string; reason: string }[] }>(
          '/v1/quarantine',
        )
        const found = items.find((one) => one.device === device)
        if (!found) throw new Error('not yet')
        return found
      },
      { timeout: 60_000, interval: 100 },
    )
    console.log(`clone: flagged and quarantined after ${((performance.now() - began) / 1000).toFixed(2)} s`)
    expect(quarantined.reason).toBe('fork')
  })
})

const loginless = (url: string): string => {
  const parsed = new URL(url)
  parsed.username = ''
  parsed.password = ''
  return parsed.href
}

const windowAt = (slot: number) => {
  const start = Date.UTC(2026, 2, 2) + slot * 300_000
  return {
    series: { sensor: 'fridge', entity: '' },
    start,
    end: start + 300_000,
    revision: 1,
    count: 1,
    sum: 4,
    min: 4,
    max: 4,
    last: 4,
    sketch: { zero: 0, positive: [[70, 1]] as [number, number][], negative: [] },
    quality: { ...NO_QUALITY },
  }
}
