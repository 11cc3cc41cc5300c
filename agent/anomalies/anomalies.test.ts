import { QualityRules, type SensorDefinition } from '@storecast/shared/contracts'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createLogger } from '../platform/logger.ts'
import { gauge, openStorage, type Storage, temperature, temporaryFolder } from '../test/storage.ts'
import { Anomalies, type AnomaliesOptions } from './index.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const T0 = Date.parse('2026-01-05T00:00:00Z')
const fridge: SensorDefinition = { ...temperature, interval: 3600, window: '1h' }

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder[Symbol.asyncDispose]())

/** Storage and what watches it, three weeks after the first reading. */
async function open(options: Partial<AnomaliesOptions> = {}) {
  const storage = await openStorage(folder.path, { now: T0 + 60 * DAY, windows: { keepRawMs: 90 * DAY } })
  await storage.buffer.define([fridge])
  const { writer, db, windows } = storage
  const log = createLogger({ level: 'silent' })
  const timeZone = 'Europe/Berlin'
  const anomalies = new Anomalies({ writer, db, windows, log, timeZone, definitions: [fridge], ...options })
  return {
    storage,
    async [Symbol.asyncDispose]() {
      anomalies[Symbol.dispose]()
      await storage[Symbol.asyncDispose]()
    },
  }
}

/** A day's rhythm in tenths of a degree, one reading an hour, and whatever is wrong with some of them. */
async function feed(storage: Storage, [from, to]: readonly [number, number], faults: Record<number, number> = {}) {
  const readings = Array.from({ length: to - from }, (_, i) => {
    const hour = from + i
    const usual = 40 + 10 * Math.sin((2 * Math.PI * hour) / 24) + ((hour * 7919) % 5)
    return gauge(T0 + hour * HOUR, Math.round(usual + (faults[hour] ?? 0)))
  })
  await storage.buffer.accept(readings, { urgent: true })
  await storage.windows.closeUntil(T0 + to * HOUR)
}
const events = (storage: Storage) =>
  storage.db
    .prepare("SELECT code, at, message, detail FROM events WHERE code LIKE 'anomal%' ORDER BY at, code")
    .all()
    .map((row) => row as { code: string; at: number; message: string; detail: string })
const found = (storage: Storage, count: number) => vi.waitFor(() => expect(events(storage)).toHaveLength(count))

it('tells what is not as expected: when, what, and what was expected', async () => {
  await using shop = await open()
  await feed(shop.storage, [0, 500], { 150: 400, 450: 400 })
  await found(shop.storage, 1)
  const [event] = events(shop.storage)
  // The one of the first week is not told.
  expect(event).toMatchObject({ code: 'anomaly', at: T0 + 451 * HOUR - 1 })
  expect(event!.message).toBe('temperature: 43 °C, where 3.2 °C was expected')
  const detail = JSON.parse(event!.detail)
  expect(detail).toMatchObject({
    sensor: 'temperature',
    entity: '',
    start: T0 + 450 * HOUR,
    value: expect.closeTo(44, -1),
  })
  expect(detail.score).toBeGreaterThan(8)
})

it('goes on where the history of a series cannot be read at first', async () => {
  await using shop = await open()
  vi.spyOn(shop.storage.windows, 'read').mockImplementationOnce(() => {
    throw new Error('disk I/O error')
  })
  await feed(shop.storage, [0, 500], { 450: 400 })
  await found(shop.storage, 1)
})

it('tells each once, over restarts, and goes on with what it had learned', async () => {
  {
    await using shop = await open()
    await feed(shop.storage, [0, 450], { 449: 400 })
    await found(shop.storage, 1)
  }
  await using shop = await open()
  await feed(shop.storage, [450, 470])
  await feed(shop.storage, [470, 530], { 510: -600 })
  await found(shop.storage, 2)
  expect(events(shop.storage).map(({ at }) => (at + 1 - T0) / HOUR)).toEqual([450, 511])
})

it('passes by what comes late', async () => {
  await using shop = await open()
  await feed(shop.storage, [0, 400])
  await feed(shop.storage, [401, 450])
  await feed(shop.storage, [400, 401], { 400: 700 })
  await feed(shop.storage, [450, 480], { 470: 500 })
  await found(shop.storage, 1)
  expect(events(shop.storage)[0]!.at).toBe(T0 + 471 * HOUR - 1)
})

it('says so where a day has more than are told', async () => {
  await using shop = await open({ mostADay: 2 })
  await feed(shop.storage, [0, 400])
  // Each worse than the one before: each is worth telling.
  await feed(shop.storage, [400, 408], { 401: 200, 402: 400, 403: 700, 404: 1100, 405: -2000 })
  await found(shop.storage, 3)
  expect(events(shop.storage).map(({ code }) => code)).toEqual(['anomaly', 'anomaly', 'anomalies-withheld'])
})

const off = { ...fridge, quality: QualityRules.parse({ anomalyAbove: 0 }) }
it.each<[string, Partial<AnomaliesOptions>]>([
  ['that say so', { definitions: [off] }],
  ['that come when they come', { definitions: [{ ...fridge, interval: 0 }] }],
  ['beyond the cap', { mostSeries: 0 }],
])('leaves alone sensors %s', async (_, options) => {
  await using shop = await open(options)
  await feed(shop.storage, [0, 300], { 250: 400 })
  // What was to be looked at soon has been by now.
  await new Promise((resolve) => setImmediate(resolve))
  await shop.storage.buffer.flush()
  expect(events(shop.storage)).toEqual([])
})
