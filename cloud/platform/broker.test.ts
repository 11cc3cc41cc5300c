import { type EventEmitter, once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { freePort } from '@storecast/shared/test/ports'
import fc from 'fast-check'
import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { quiet } from '../test/database.ts'
import { type Broker, type BrokerRefusal, frameSizes, MAX_PACKET_BYTES, startBroker } from './broker.ts'
import { connectBus } from './bus.ts'

const tokens = new Map([
  ['shop-1-a', 'right'],
  ['shop-2-a', 'other'],
])
let broker: Broker
const refused: BrokerRefusal[] = []
const clients: MqttClient[] = []
beforeAll(async () => {
  broker = await startBroker({
    host: '127.0.0.1',
    port: 0,
    log: quiet,
    isDevice: async (device, token) => tokens.get(device) === token,
    onRefused: (why) => refused.push(why),
  })
})
beforeEach(() => {
  refused.length = 0
})
afterAll(async () => {
  for (const client of clients) client.end(true)
  await broker[Symbol.asyncDispose]()
})

const on = (client: MqttClient, event: string) => once(client as unknown as EventEmitter, event)
const open = (username: string, password: string, clientId = username) => {
  const client = mqtt.connect(broker.url, { username, password, clientId, reconnectPeriod: 0 })
  client.on('error', () => {})
  clients.push(client)
  return client
}
async function device(id: string) {
  const client = open(id, tokens.get(id)!)
  await on(client, 'connect')
  return client
}
async function cloud() {
  const client = open(broker.cloud.username, broker.cloud.password, 'cloud-test')
  await on(client, 'connect')
  return client
}

describe('embedded broker', () => {
  it.each([
    ['a wrong token', 'shop-1-a', 'wrong', 'shop-1-a'],
    ['an unknown device', 'shop-9-a', 'right', 'shop-9-a'],
    ["another device's client id", 'shop-1-a', 'right', 'shop-2-a'],
    ['no login', '', '', 'shop-1-a'],
    ["the cloud's name with a guessed password", 'storecast-cloud', 'guess', 'x'],
  ])('refuses %s', async (_what, username, password, clientId) => {
    const [error] = await on(open(username, password, clientId), 'error')
    expect(error.code).toBe(4)
    expect(refused).toEqual(['bad-login'])
  })

  it('carries what a device says to the cloud, and the answer back to it alone', async () => {
    const [bus, one, two] = await Promise.all([cloud(), device('shop-1-a'), device('shop-2-a')])
    await bus.subscribeAsync('storecast/v1/+/up', { qos: 1 })
    await one.subscribeAsync('storecast/v1/shop-1-a/ack', { qos: 1 })
    await expect(two.subscribeAsync('storecast/v1/shop-1-a/ack', { qos: 1 })).rejects.toThrow('Subscribe error')
    const heard: string[] = []
    for (const [name, client] of [
      ['one', one],
      ['two', two],
    ] as const) {
      client.on('message', (topic, payload) => heard.push(`${name} ${topic} ${payload}`))
    }
    const up = on(bus, 'message')
    await one.publishAsync('storecast/v1/shop-1-a/up', 'hello', { qos: 1 })
    expect((await up)[0]).toBe('storecast/v1/shop-1-a/up')
    await bus.publishAsync('storecast/v1/shop-1-a/ack', 'welcome', { qos: 1 })
    await vi.waitFor(() => expect(heard).toEqual(['one storecast/v1/shop-1-a/ack welcome']))
    expect(refused).toEqual(['foreign-topic'])
  })

  it.each(['storecast/v1/shop-1-a/up', 'storecast/v1/shop-2-a/desired', 'storecast/v1/shop-2-a/up/more', 'else'])(
    'ends a device that publishes to %s, which is not its own',
    async (topic) => {
      const bus = await cloud()
      await bus.subscribeAsync('#', { qos: 1 })
      const heard: string[] = []
      bus.on('message', (got) => heard.push(got))
      const two = await device('shop-2-a')
      const closed = on(two, 'close')
      two.publish(topic, 'forged', { qos: 1 })
      await closed
      expect(refused).toEqual(['foreign-topic'])
      await bus.publishAsync('marker', '', { qos: 1 })
      await vi.waitFor(() => expect(heard).toContain('marker'))
      expect(heard).not.toContain(topic)
    },
  )

  it.each(['#', 'storecast/v1/+/desired', 'storecast/v1/shop-2-a/#', '$SYS/#'])(
    'gives a device nothing of the filter %s',
    async (filter) => {
      const two = await device('shop-2-a')
      await expect(two.subscribeAsync(filter, { qos: 1 })).rejects.toThrow('Subscribe error')
    },
  )

  it('ends a connection that announces a packet over the cap, before it is read', async () => {
    const socket = connectTcp(Number(new URL(broker.url).port), '127.0.0.1')
    const closed = once(socket, 'close')
    socket.on('error', () => {})
    socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]))
    await closed
    expect(refused).toEqual(['too-large'])
  })

  it('survives any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const socket = connectTcp(Number(new URL(broker.url).port), '127.0.0.1')
        socket.on('error', () => {})
        const closed = once(socket, 'close')
        socket.end(bytes)
        socket.resume()
        await closed
      }),
      { numRuns: 60 },
    )
    expect((await device('shop-1-a')).connected).toBe(true)
  })

  it('ends the session of a device whose token is withdrawn', async () => {
    const one = await device('shop-1-a')
    const closed = on(one, 'close')
    broker.disconnect('shop-1-a')
    await closed
  })

  it('keeps the last desired state for a device that connects later', async () => {
    await using bus = connectBus({ url: broker.url, clientId: 'bus', ...broker.cloud, log: quiet })
    await new Promise<void>((connected) => bus.onConnected(connected))
    await bus.publish('storecast/v1/shop-1-a/desired', 'one', { retain: true })
    await bus.publish('storecast/v1/shop-1-a/desired', 'two', { retain: true })
    const one = await device('shop-1-a')
    const message = on(one, 'message')
    await one.subscribeAsync('storecast/v1/shop-1-a/desired', { qos: 1 })
    expect(String((await message)[1])).toBe('two')
  })

  it('says which port it cannot have', async () => {
    const port = Number(new URL(broker.url).port)
    await expect(
      startBroker({ host: '127.0.0.1', port, log: quiet, isDevice: async () => true, onRefused: () => {} }),
    ).rejects.toMatchObject({ code: 'broker-listen', message: expect.stringContaining(`127.0.0.1:${port}`) })
  })
})

describe('bus', () => {
  it('says at once that the broker is away, and connects when it is there', async () => {
    const start = (port: number) =>
      startBroker({ host: '127.0.0.1', port, log: quiet, isDevice: async () => true, onRefused: () => {} })
    const port = await freePort()
    const first = await start(port)
    await using bus = connectBus({ url: first.url, clientId: 'bus', username: 'bus', password: '', log: quiet })
    let links = 0
    bus.onConnected(() => links++)
    await vi.waitFor(() => expect(links).toBe(1))
    await first[Symbol.asyncDispose]()
    await vi.waitFor(() => expect(bus.connected).toBe(false))
    await expect(bus.publish('storecast/v1/bus/up', 'x')).rejects.toMatchObject({ code: 'broker-away' })
    await using _second = await start(port)
    await vi.waitFor(() => expect(links).toBe(2), { timeout: 20_000 })
    await bus.publish('storecast/v1/bus/up', 'x')
  })
})

/** A packet of `length` bytes after its fixed header, the length in groups of 7 bits. */
function packet(length: number): Buffer {
  const header = [0x30]
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    header.push((rest % 128) + (rest >= 128 ? 128 : 0))
    if (rest < 128) return Buffer.concat([Buffer.from(header), Buffer.alloc(length)])
  }
}

describe('frameSizes', () => {
  it('passes whole packets however they are cut, and stops the first one over the cap', () => {
    const lengths = fc.array(fc.oneof(fc.nat(400), fc.constant(20_000)), { maxLength: 20 })
    fc.assert(
      fc.property(lengths, fc.array(fc.nat(8000), { maxLength: 20 }), (lengths, cuts) => {
        const bytes = Buffer.concat(lengths.map(packet))
        const accept = frameSizes()
        let from = 0
        for (const cut of [...cuts, bytes.length].sort((a, b) => a - b)) {
          expect(accept(bytes.subarray(from, cut))).toBe(true)
          from = Math.min(cut, bytes.length)
        }
        expect(accept(packet(MAX_PACKET_BYTES).subarray(0, 9))).toBe(true)
        expect(frameSizes()(packet(MAX_PACKET_BYTES + 1).subarray(0, 4))).toBe(false)
      }),
    )
    expect(frameSizes()(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80]))).toBe(false)
  })
})
