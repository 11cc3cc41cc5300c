import {
  type Ack,
  type Answer,
  type DownlinkMessage,
  decodeDownlink,
  encodeHello,
  topicOf,
} from '@storecast/shared/wire'
import mqtt from 'mqtt'
import { Registry } from 'prom-client'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { deviceMigrations, devicePresences } from '../devices/index.ts'
import { type Broker, startBroker } from '../platform/broker.ts'
import { systemClock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { quiet, testDatabase } from '../test/database.ts'
import { ingestMetrics } from './metrics.ts'
import { ingestMigrations } from './migrations.ts'
import { TestDevice, TestIngest, window } from './test/device.ts'
import { startIngest } from './worker.ts'

let database: Database
let stack: AsyncDisposableStack
let broker: Broker
let registry: Registry
let device: TestDevice
let link: mqtt.MqttClient
let replies: DownlinkMessage[]
let devices = 0

beforeAll(async () => {
  database = await testDatabase([...deviceMigrations, ...ingestMigrations])
  // A database that refuses one window, and one that is away while told to be.
  await database.pool.query(`
    CREATE TABLE outage (code text);
    CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE away text;
    BEGIN
      IF NEW.sum = 2664 THEN RAISE EXCEPTION 'refused' USING ERRCODE = '22000'; END IF;
      SELECT code INTO away FROM outage;
      IF away IS NOT NULL THEN RAISE EXCEPTION 'away' USING ERRCODE = away; END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER watch BEFORE INSERT ON windows FOR EACH ROW EXECUTE FUNCTION watch()`)
})
afterAll(() => database[Symbol.asyncDispose]())

beforeEach(async () => {
  stack = new AsyncDisposableStack()
  const settings = { host: '127.0.0.1', port: 0, log: quiet, onRefused: () => {} }
  broker = stack.use(await startBroker({ ...settings, isDevice: async () => true }))
  registry = new Registry()
  const clock = systemClock
  stack.use(
    startIngest({
      database,
      presences: devicePresences({ database, clock }),
      broker: { url: broker.url, clientId: 'worker', ...broker.cloud },
      metrics: ingestMetrics(registry),
      clock,
      log: quiet,
    }),
  )
  device = new TestDevice(`shop-${++devices}`)
  await new TestIngest(database).enrol(device)
  link = stack.adopt(
    await mqtt.connectAsync(broker.url, { clientId: device.id, username: device.id, password: 'x' }),
    (client) => client.endAsync(true),
  )
  await link.subscribeAsync(topicOf(device.id, 'ack'), { qos: 1 })
  replies = []
  link.on('message', (_, payload) => replies.push(decodeDownlink(payload)))
  await isListening()
})
afterEach(() => stack.disposeAsync())

const say = (payload: Uint8Array) => link.publishAsync(topicOf(device.id, 'up'), Buffer.from(payload), { qos: 1 })
const metric = async (name: string) => (await registry.getSingleMetric(`storecast_ingest_${name}`)!.get()).values

/** Until the worker has subscribed, nobody hears: a stranger speaks up until it does, and is answered nothing. */
async function isListening(): Promise<void> {
  const { username, password } = broker.cloud
  await using closing = new AsyncDisposableStack()
  const stranger = closing.adopt(
    await mqtt.connectAsync(broker.url, { clientId: 'stranger', username, password }),
    (client) => client.endAsync(true),
  )
  await vi.waitFor(async () => {
    await stranger.publishAsync(topicOf('nobody', 'up'), 'x', { qos: 1 })
    expect((await metric('raw_messages_total')).length).toBeGreaterThan(0)
  })
}

async function answerTo(payload: Uint8Array): Promise<Answer> {
  replies = []
  await say(payload)
  await vi.waitFor(() => expect(replies).not.toEqual([]))
  const [reply] = replies.splice(0)
  if (!reply || !('answer' in reply)) throw new Error('no answer')
  return reply.answer
}

async function greet(): Promise<void> {
  const hello = device.hello()
  const { outcome } = await answerTo(encodeHello(hello))
  if (!('challenge' in outcome)) throw new Error('no challenge')
  const granted = await answerTo(encodeHello({ ...hello, challenge: outcome.challenge }))
  if (!('grant' in granted.outcome)) throw new Error('no grant')
  Object.assign(device, granted.outcome.grant)
  replies = []
}

const acks = (): Ack[] => replies.flatMap((reply) => ('ack' in reply ? [reply.ack] : []))
const stored = async () =>
  (
    await database.pool.query(
      'SELECT count FROM windows w JOIN series s ON s.id = w.series WHERE device = $1 ORDER BY start_at',
      [device.id],
    )
  ).rows.map(({ count }) => count)

it('takes hellos and batches from the broker, and acknowledges what is committed', async () => {
  await greet()
  const { payload } = device.sends(device.batch({ windows: [window(0, 5, 1), window(5, 10, 2)] }))
  await say(payload)
  await vi.waitFor(() => expect(acks()).toMatchObject([{ link: device.link, committed: [[1, 2]] }]))
  expect(await stored()).toEqual([1, 2])
  expect(await metric('records_total')).toContainEqual({ labels: { kind: 'window' }, value: 2 })
})

it('sets aside, alone, what the database refuses', async () => {
  await greet()
  const good = device.sends(device.batch({ windows: [window(0, 5, 1)] }))
  // 666 readings of 4.
  const bad = device.sends(device.batch({ windows: [window(5, 10, 666)] }))
  const next = device.sends(device.batch({ windows: [window(10, 15, 3)] }))
  await Promise.all([good, bad, next].map(({ payload }) => say(payload)))
  await vi.waitFor(() => expect(acks().flatMap(({ committed }) => committed)).toHaveLength(3))
  expect(await stored()).toEqual([1, 3])
  expect(await metric('isolated_total')).toMatchObject([{ value: 1 }])
  const { rows } = await database.pool.query('SELECT detail, payload FROM raw_messages WHERE device = $1', [device.id])
  expect(rows).toEqual([{ detail: 'refused by the database: refused', payload: Buffer.from(bad.payload) }])
})

it('holds everything while the database is away, and acknowledges nothing', async () => {
  await greet()
  await database.pool.query("INSERT INTO outage VALUES ('57P03')")
  await say(device.sends(device.batch({ windows: [window(0, 5, 1)] })).payload)
  await vi.waitFor(async () => expect((await metric('retries_total'))[0]?.value).toBeGreaterThan(1))
  expect(replies).toEqual([])
  await database.pool.query('DELETE FROM outage')
  await vi.waitFor(() => expect(acks()).toHaveLength(1))
  expect(await stored()).toEqual([1])
})

it('notes presence, and passes over what is none', async () => {
  await greet()
  const presence = (payload: string) =>
    link.publishAsync(topicOf(device.id, 'presence'), payload, { qos: 1, retain: true })
  await presence('{"online": "perhaps"}')
  await presence(JSON.stringify({ online: true, link: device.link, session: '0123456789abcdef' }))
  await vi.waitFor(async () => {
    const { rows } = await database.pool.query('SELECT online, link FROM devices WHERE id = $1', [device.id])
    expect(rows).toEqual([{ online: true, link: device.link }])
  })
})
