import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createLogger } from '../platform/logger.ts'
import { startBroker } from '../test/broker.ts'
import { startSessionBroker } from '../test/session-broker.ts'
import { openStorage, type Storage, sales, temperature, temporaryFolder } from '../test/storage.ts'
import { SourceConfig } from './config.ts'
import { Sensors } from './sensors.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const HOUR = 3_600_000

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let storage: Storage
let broker: Awaited<ReturnType<typeof startBroker>>
beforeEach(async () => {
  folder = await temporaryFolder()
  storage = await openStorage(folder.path, { now: NOW, buffer: { commitDelayMs: 20 } })
  broker = await startBroker()
})
afterEach(async () => {
  await broker[Symbol.asyncDispose]()
  await storage[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

const till = () => ({
  kind: 'mqtt',
  name: 'tills',
  url: broker.url,
  topics: [
    {
      filter: 'till/+/sold',
      entity: { topicLevel: 1 },
      time: { path: 't' },
      id: 'id',
      fields: [{ sensor: 'sales', path: 'units' }],
    },
  ],
})
const start = (sources: unknown[] = [till()], { buffer, writer, clock } = storage) =>
  Sensors.start({
    intake: buffer,
    writer,
    clock,
    log: createLogger({ level: 'silent' }),
    definitions: [temperature, sales],
    sources: sources.map((source) => SourceConfig.parse(source)),
    timeZone: 'Europe/Berlin',
    device: 'shop-1',
  })
const listening = (sensors: Sensors) => vi.waitFor(() => expect(sensors.sources[0]?.trouble).toBeUndefined())
const publish = (topic: string, payload: string) =>
  new Promise<void>((resolve, reject) => {
    const packet = { cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false } as const
    broker.broker.publish(packet, (error?: Error | null) => (error ? reject(error) : resolve()))
  })
const sold = (id: number) => publish('till/milk/sold', JSON.stringify({ id, units: 1, t: NOW + id }))

it('acknowledges to the broker what is on disk, and what is refused', async () => {
  await using sensors = await start()
  await listening(sensors)
  for (let id = 0; id < 50; id++) await sold(id)
  await publish('till/milk/sold', '{"id":')
  await publish('till/mi lk/sold', '{"id":1,"units":1}')
  await vi.waitFor(() => expect(broker.acknowledged).toBe(52))
  expect(storage.db.prepare('SELECT sum(entries) FROM journal').pluck().get()).toBe(50)
  expect(sensors.refusals).toMatchObject([
    { source: 'tills', cause: 'bad-payload', count: 1, message: expect.stringMatching(/^till\/milk\/sold: not JSON/) },
    { source: 'tills', cause: 'bad-entity', count: 1 },
  ])
  storage.clock.advance(HOUR)
  await vi.waitFor(() => {
    const events = storage.db.prepare("SELECT detail FROM events WHERE code = 'readings-refused'").pluck().all()
    expect(events.map((e) => JSON.parse(e as string))).toEqual([
      { source: 'tills', refused: 2, 'bad-payload': 1, 'bad-entity': 1 },
    ])
  })
})

it('acknowledges nothing that is not stored, and stores it once when the broker sends it again', async () => {
  await using sensors = await start()
  await listening(sensors)
  await sold(0)
  await vi.waitFor(() => expect(broker.acknowledged).toBe(1))
  const real = storage.writer.call
  const failing = vi.fn(() =>
    Promise.reject(Object.assign(new Error('database or disk is full'), { code: 'disk-full' })),
  )
  Object.assign(storage.writer, { call: failing })
  await sold(1)
  await vi.waitFor(() => expect(failing).toHaveBeenCalled())
  expect(broker.acknowledged).toBe(1)
  Object.assign(storage.writer, { call: real })
  await vi.waitFor(() => expect(broker.acknowledged).toBe(2))
  await storage.windows.closeUntil(NOW + HOUR)
  expect([...storage.windows.read({ sensor: 'sales', from: NOW, to: NOW + HOUR })]).toMatchObject([{ count: 2 }])
})

it('does not make a broker with a small window wait for the commit delay', async () => {
  await using narrow = await startSessionBroker({ window: 2 })
  await using own = await temporaryFolder()
  await using patient = await openStorage(own.path, { now: NOW, buffer: { commitDelayMs: 1000 } })
  await using sensors = await start([{ ...till(), url: narrow.url }], patient)
  await narrow.subscribed
  for (let id = 0; id < 400; id++) narrow.publish('till/milk/sold', JSON.stringify({ id, units: 1, t: NOW + id }))
  // Two at a time, each waiting out the delay, would take 200 seconds.
  await vi.waitFor(() => expect(narrow.pending).toBe(0), { timeout: 80_000, interval: 5 })
  expect(sensors.refusals).toEqual([])
})

it('keeps the meaning of a sensor that has readings, and says so', async () => {
  await using sensors = await start([])
  const write = sensors.routes.find(({ path }) => path === '/v1/readings')!.handle
  const push = (value: number) =>
    write({
      query: new URLSearchParams(),
      headers: {},
      body: async () => Buffer.from(JSON.stringify({ sensor: 'temperature', value })),
    })
  expect(await push(4)).toEqual({ status: 204 })
  await sensors.define([
    { ...temperature, resolution: 1 },
    { ...sales, resolution: 0.5 },
  ])
  expect(sensors.definitions.map(({ resolution }) => resolution)).toEqual([0.1, 0.5])
  expect(storage.db.prepare('SELECT code FROM events').pluck().all()).toEqual(['sensor-redefined'])
  await sensors.define([sales])
  expect(await push(5)).toMatchObject({ status: 400 })
})
