import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  decodePresence,
  decodeUplink,
  encodeAck,
  encodeAnswer,
  topicOf,
  type UplinkMessage,
} from '@storecast/shared/wire'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { backlog, readLink } from '../outbox/index.ts'
import { openReading } from '../platform/database.ts'
import { createLogger } from '../platform/logger.ts'
import { startWriter } from '../platform/writer.ts'
import { startBroker } from '../test/broker.ts'
import type { AgentProcedures } from '../writer-thread.ts'
import { Sync } from './sync.ts'

const device = 'shop-1-pi'
const stack = { current: new AsyncDisposableStack() }
beforeEach(() => {
  stack.current = new AsyncDisposableStack()
})
afterEach(() => stack.current.disposeAsync())

/** A device's database, a broker, and a cloud's end played by the test. */
async function setUp({ quarantined = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'sync-'))
  stack.current.defer(() => rm(folder, { recursive: true }))
  const file = join(folder, 'agent.db')
  const thread = new URL('../writer-thread.ts', import.meta.url)
  const writer = stack.current.use(await startWriter<AgentProcedures>(thread, { file }))
  const db = stack.current.adopt(openReading(file), (connection) => void connection.close())
  const broker = stack.current.use(await startBroker())
  const heard: UplinkMessage[] = []
  const presences: string[] = []
  let answers = true
  const say = (channel: 'ack' | 'desired', payload: Uint8Array | string, retain = false) =>
    broker.broker.publish(
      { cmd: 'publish', topic: topicOf(device, channel), payload: Buffer.from(payload), qos: 1, retain, dup: false },
      () => undefined,
    )
  broker.broker.on('publish', ({ topic, payload }) => {
    if (topic === topicOf(device, 'presence'))
      presences.push(decodePresence(Buffer.from(payload)).online ? 'on' : 'off')
    if (topic !== topicOf(device, 'up')) return
    const message = decodeUplink(Buffer.from(payload))
    heard.push(message)
    if (!answers) return
    const serverTime = Date.now()
    if ('hello' in message) {
      const { nonce, session, link } = message.hello
      const grant = { epoch: 1, link: link + 1, quarantined }
      say('ack', encodeAnswer({ nonce, session, serverTime, outcome: { grant } }))
    } else {
      const { epoch, link, sequences } = message.batch
      say(
        'ack',
        encodeAck({
          epoch,
          link,
          committed: sequences,
          committedAt: serverTime,
          serverTime,
          pauseMs: 0,
          sayHello: false,
        }),
      )
    }
  })
  const desired: string[] = []
  const sync = stack.current.use(
    new Sync({
      device,
      identity: { credentials: async () => ({ broker: broker.url, token: 'secret', tls: {} }) },
      writer,
      db,
      log: createLogger({ level: 'silent' }),
      onDesired: (payload) => void desired.push(Buffer.from(payload).toString()),
      uplink: { answerMs: 200, backoffMs: 200 },
      backoff: { baseMs: 20, capMs: 100 },
      lookMs: 20,
    }),
  )
  const record = (message: string) =>
    writer.call('events.record', {
      id: crypto.randomUUID(),
      at: Date.now(),
      severity: 'info',
      code: 'test',
      message,
      detail: {},
    })
  return {
    ...{ db, broker, heard, presences, desired, sync, record, say },
    silence: (silent: boolean) => {
      answers = !silent
    },
  }
}

it('greets, sends what is dirty and lets go of what was committed', async () => {
  const { sync, db, record, heard } = await setUp()
  await record('before the first connection')
  sync.start()
  await vi.waitFor(() => expect(sync.status.connected).toBe(true))
  await record('while connected')
  await vi.waitFor(() => expect(backlog(db).records).toBe(0))
  expect(heard[0]).toHaveProperty('hello')
  expect(readLink(db)).toMatchObject({ epoch: 1, link: 1 })
})

it('says that the cloud keeps its records apart', async () => {
  const { sync } = await setUp({ quarantined: true })
  sync.start()
  await vi.waitFor(() => expect(sync.status).toEqual({ connected: true, trouble: expect.stringContaining('apart') }))
})

it('sends again what was not acknowledged, and what a cut took', async () => {
  const { sync, db, record, broker, silence, heard } = await setUp()
  sync.start()
  await vi.waitFor(() => expect(sync.status.connected).toBe(true))
  silence(true)
  await record('unheard')
  const batches = () => heard.filter((message) => 'batch' in message).length
  await vi.waitFor(() => expect(batches()).toBeGreaterThan(1))
  expect(backlog(db).records).toBe(1)
  silence(false)
  broker.cut()
  await vi.waitFor(() => expect(readLink(db).link).toBe(2))
  await vi.waitFor(() => expect(backlog(db).records).toBe(0))
})

it('says in its presence when it comes, when it goes, and by its last will when it is cut', async () => {
  const { sync, presences, broker } = await setUp()
  sync.start()
  await vi.waitFor(() => expect(presences).toEqual(['on']))
  broker.cut()
  await vi.waitFor(() => expect(presences).toEqual(['on', 'off', 'on']))
  // The broker knows it before the device has heard so: stopped until then, it is said by the last will, a moment later.
  await vi.waitFor(() => expect(sync.status.connected).toBe(true))
  await sync[Symbol.asyncDispose]()
  await vi.waitFor(() => expect(presences).toEqual(['on', 'off', 'on', 'off']))
})

it('hands on what came as a desired state, as it came, and not that the topic was cleared', async () => {
  const { sync, desired, say } = await setUp()
  say('desired', 'retained', true)
  sync.start()
  await vi.waitFor(() => expect(desired).toEqual(['retained']))
  say('desired', '', true)
  say('desired', 'another')
  await vi.waitFor(() => expect(desired).toEqual(['retained', 'another']))
})

it('tells why there is no link, keeps trying, and stops at once when asked', async () => {
  const { sync, broker } = await setUp()
  const { url } = broker
  await broker[Symbol.asyncDispose]()
  sync.start()
  await vi.waitFor(() => expect(sync.status.trouble).toMatch(/ECONNREFUSED/))
  expect(url).toContain('127.0.0.1')
  await sync[Symbol.asyncDispose]()
  expect(sync.status.connected).toBe(false)
})
