import { QualityRules, type WindowRecord } from '@storecast/shared/contracts'
import { calendar, mergeWindows, NO_QUALITY, Sketch } from '@storecast/shared/windows'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Reading } from '../sensors/reading.ts'
import {
  gauge,
  meter,
  openInMemory,
  openStorage,
  type Storage,
  sale,
  sales,
  temperature,
  temporaryFolder,
} from '../test/storage.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const T0 = Date.parse('2026-03-28T12:00:00Z')

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder[Symbol.asyncDispose]())

const open = (options: Partial<Parameters<typeof openStorage>[1]> = {}) =>
  openStorage(folder.path, { now: T0, ...options })
const accept = (storage: Storage, readings: readonly Reading[]) => storage.buffer.accept(readings, { urgent: true })
const stored = (storage: Storage, sensor: string, from = 0, to = 4e12) => [
  ...storage.windows.read({ sensor, from, to }),
]
const plain = ({ series, start, end, revision, count, sum, min, max, last, sketch, quality }: WindowRecord) => ({
  ...{ series, start, end, revision, count, sum, min, max, last, sketch, quality },
})
const sketchOf = (values: readonly number[]) => {
  const sketch = new Sketch()
  for (const value of values) sketch.add(value)
  return sketch.bins()
}

describe('windows', () => {
  it('closes a window after its end and grace, with exact values, sketch of the deviation and missing readings', async () => {
    await using storage = await open()
    const told: WindowRecord[] = []
    storage.windows.onStored((rows) => told.push(...rows))
    await accept(storage, [gauge(T0, 45), gauge(T0 + MINUTE, 50), gauge(T0 + 2 * MINUTE, 50)])
    storage.clock.advance(5 * MINUTE)
    expect(told).toEqual([])
    storage.clock.advance(15_000)
    await vi.waitFor(() => expect(told).toHaveLength(1))
    const expected = {
      series: { sensor: 'temperature', entity: '' },
      ...{ start: T0, end: T0 + 5 * MINUTE, revision: 1 },
      ...{ count: 3, sum: 145, min: 45, max: 50, last: 50, sketch: sketchOf([5, 10, 10]) },
      quality: { ...NO_QUALITY, missing: 2 },
    }
    expect(plain(told[0]!)).toEqual(expected)
    expect(stored(storage, 'temperature').map(plain)).toEqual([expected])
  })

  it('replaces a gauge at the same time, whether its window is open or closed, and counts it', async () => {
    await using storage = await open()
    await accept(storage, [gauge(T0, 10), gauge(T0 + MINUTE, 20), gauge(T0, 11)])
    await storage.windows.closeUntil(T0)
    await accept(storage, [gauge(T0, 12)])
    await storage.windows.closeUntil(T0 + 5 * MINUTE)
    expect(stored(storage, 'temperature')[0]).toMatchObject({ count: 2, sum: 32, min: 12, quality: { duplicate: 2 } })
    await accept(storage, [gauge(T0 + MINUTE, 5)])
    await storage.windows.closeUntil(T0 + 5 * MINUTE)
    const [revised, ...rest] = stored(storage, 'temperature')
    expect(rest).toEqual([])
    expect(revised).toMatchObject({ revision: 2, count: 2, sum: 17, min: 5, max: 12, last: 5 })
    expect(revised?.quality).toMatchObject({ duplicate: 3, late: 1 })
  })

  it('stores late readings under a higher revision and tells them again', async () => {
    await using storage = await open()
    await accept(storage, [sale(T0 + 1, 2, 'a')])
    await storage.windows.closeUntil(T0 + HOUR)
    const told: WindowRecord[] = []
    storage.windows.onStored((rows) => told.push(...rows))
    await accept(storage, [sale(T0 + 5, 3, 'b'), sale(T0 + 1, 2, 'a')])
    await storage.windows.closeUntil(T0 + HOUR)
    expect(told.map(plain)).toEqual(stored(storage, 'sales').map(plain))
    expect(told[0]).toMatchObject({ revision: 2, count: 2, sum: 5, last: 2, quality: { late: 1, duplicate: 1 } })
  })

  it('stores increases of a counter: over resets, over windows, over a restart', async () => {
    const at = (minute: number) => T0 + minute * MINUTE
    {
      await using storage = await open()
      await accept(storage, [meter(at(0), 1000), meter(at(5), 1010), meter(at(14), 1025)])
      await storage.windows.closeUntil(at(15))
    }
    await using storage = await open({ now: at(20) })
    await accept(storage, [meter(at(16), 1030), meter(at(18), 4), meter(at(17), 3), meter(at(18), 4)])
    await storage.windows.closeUntil(at(30))
    const [first, second] = stored(storage, 'energy')
    expect(first).toMatchObject({ count: 3, sum: 25, max: 15 })
    // 1030 − 1025 = 5, then a reset to 4 by way of 3: in order of time 3, then 1.
    expect(second).toMatchObject({ count: 3, sum: 9, quality: { duplicate: 1 } })
    await accept(storage, [meter(at(17) + 1, 3)])
    await storage.windows.closeUntil(at(30))
    expect(stored(storage, 'energy')[1]).toMatchObject({ count: 3, sum: 9, revision: 2, quality: { late: 1 } })
  })

  it('counts readings outside the range in their window', async () => {
    await using storage = await open()
    await accept(storage, [{ ...gauge(T0, 9999), outOfRange: true }])
    await storage.windows.closeUntil(T0 + 5 * MINUTE)
    expect(stored(storage, 'temperature')[0]).toMatchObject({
      count: 0,
      sum: 0,
      quality: { outOfRange: 1, missing: 4 },
    })
  })

  it('counts what came with a wrong type, unit or time, and keeps it apart from what did not come', async () => {
    await using storage = await open()
    await accept(storage, [
      { ...gauge(T0, 0), fault: 'wrongType' },
      { ...gauge(T0 + 1, 0), fault: 'wrongUnit' },
      { ...gauge(T0 + 2, 0), fault: 'untrusted' },
      { ...gauge(T0 + MINUTE, 42), untrusted: true },
    ])
    await storage.windows.closeUntil(T0 + 5 * MINUTE)
    expect(stored(storage, 'temperature')[0]).toMatchObject({
      count: 1,
      sum: 42,
      quality: { ...NO_QUALITY, wrongType: 1, wrongUnit: 1, untrusted: 2, missing: 2 },
    })
    expect(storage.buffer.heard.get('temperature')).toMatchObject({ accepted: 1, wrongType: 1, untrusted: 2 })
  })

  it('tells a gap by windows without readings: days where nothing is likely to come any more', async () => {
    await using storage = await open({ now: T0 + 100 * HOUR })
    await accept(storage, [gauge(T0, 1), gauge(T0 + 99 * HOUR, 2)])
    await storage.windows.closeUntil(T0 + 100 * HOUR)
    const all = stored(storage, 'temperature')
    for (const [i, window] of all.entries()) expect(window.start).toBe(all[i - 1]?.end ?? T0)
    expect(all.at(-1)?.end).toBe(T0 + 99 * HOUR + 5 * MINUTE)
    expect(all.reduce((sum, { quality }) => sum + quality.missing, 0)).toBe(99 * 60 + 5 - 2)
    // The newest 48 h stay fine; before, the 29th of March is whole, and has 23 hours.
    const days = all.filter((w) => w.end - w.start > HOUR)
    expect(days.map((w) => [w.end - w.start, w.quality.missing])).toEqual([[23 * HOUR, 23 * 60]])
    // What comes for the gap after all is added to the window that told it.
    await accept(storage, [gauge(days[0]!.start + 7 * MINUTE, 5)])
    await storage.windows.closeUntil(T0 + 100 * HOUR)
    const filled = stored(storage, 'temperature').find((w) => w.start === days[0]!.start)
    expect(filled).toMatchObject({ count: 1, sum: 5, revision: 2, quality: { missing: 23 * 60 - 1, late: 1 } })
  })

  it('tells the silence of sensors that are in use, once it is none of a connection', async () => {
    const silence = { storeMs: 10 * MINUTE, realMs: 0 }
    await using storage = await open({ windows: { silence } })
    await accept(storage, [gauge(T0, 1), sale(T0, 1, 'a')])
    storage.clock.advance(16 * MINUTE)
    await storage.windows.closeUntil(T0 + 15 * MINUTE)
    await storage.windows.closeUntil(T0 + 15 * MINUTE)
    expect(stored(storage, 'temperature').map((w) => [w.start, w.count, w.quality.missing])).toEqual([[T0, 1, 4]])
    storage.clock.advance(4 * MINUTE)
    await storage.windows.closeUntil(T0 + 19 * MINUTE)
    await storage.windows.closeUntil(T0 + 19 * MINUTE)
    expect(stored(storage, 'temperature').map((w) => [w.start, w.count, w.quality.missing])).toEqual([
      [T0, 1, 4],
      [T0 + 5 * MINUTE, 0, 5],
    ])
    await storage.buffer.define([sales])
    storage.clock.advance(2 * HOUR)
    for (let i = 0; i < 3; i++) await storage.windows.closeUntil(T0 + 2 * HOUR)
    expect(stored(storage, 'temperature')).toHaveLength(2)
    expect(stored(storage, 'sales')).toHaveLength(1)
  })

  it('counts readings of a gauge that stands still for longer than it may, over windows and a restart', async () => {
    const still = { ...temperature, quality: QualityRules.parse({ flatAfter: 240 }) }
    const at = (from: number, to: number, value: number) =>
      Array.from({ length: to - from }, (_, i) => gauge(T0 + (from + i) * MINUTE, value))
    {
      await using storage = await open()
      await storage.buffer.define([still, sales])
      await accept(storage, [...at(0, 2, 7), ...at(2, 6, 8)])
      await storage.windows.closeUntil(T0 + 5 * MINUTE)
    }
    await using storage = await open({ now: T0 + 20 * MINUTE })
    await storage.buffer.define([still, sales])
    await accept(storage, [...at(6, 11, 8), ...at(11, 15, 9)])
    await storage.windows.closeUntil(T0 + 15 * MINUTE)
    // 8 stands since minute 2: from minute 7 on it repeats for too long.
    expect(stored(storage, 'temperature').map((w) => w.quality.flat)).toEqual([0, 3, 1])
  })

  it('keeps open windows over a restart and rolls up what was left in the journal', async () => {
    {
      await using storage = await open()
      await accept(storage, [sale(T0, 1, 'a')])
      await storage.windows.closeUntil(T0)
      await accept(storage, [sale(T0 + 1, 2, 'b')])
    }
    await using storage = await open({ now: T0 + 2 * HOUR })
    await storage.windows.closeUntil(T0 + HOUR)
    expect(stored(storage, 'sales')).toMatchObject([{ count: 2, sum: 3, revision: 1 }])
    expect(storage.db.prepare('SELECT count(*) FROM journal').pluck().get()).toBe(0)
  })

  it('follows the local day through the change of clocks', async () => {
    await using storage = await open({ now: Date.parse('2026-03-30T00:00Z') })
    await storage.buffer.define([{ ...temperature, window: '1d' }])
    await accept(storage, [gauge(Date.parse('2026-03-29T10:00Z'), 1)])
    await storage.windows.closeUntil(Date.parse('2026-03-30T00:00Z'))
    const [day] = stored(storage, 'temperature')
    expect((day!.end - day!.start) / HOUR).toBe(23)
  })

  it('forgets raw readings after their retention, but none that an open window needs', async () => {
    await using storage = await open({ windows: { keepRawMs: 10 * MINUTE } })
    const blocks = () => storage.db.prepare('SELECT sum(entries) FROM blocks').pluck().get()
    await accept(storage, [sale(T0, 1, 'a'), gauge(T0, 1)])
    await storage.windows.closeUntil(T0 + 5 * MINUTE)
    storage.clock.advance(50 * MINUTE)
    await storage.windows.closeUntil(T0 + 50 * MINUTE)
    expect(blocks()).toBe(2)
    await storage.windows.closeUntil(T0 + HOUR)
    expect(blocks()).toBeNull()
    await accept(storage, [gauge(T0, 2)])
    await storage.windows.closeUntil(T0 + HOUR)
    expect(stored(storage, 'temperature')[0]).toMatchObject({ count: 2, sum: 3, revision: 2 })
  })

  it('takes over when a sensor gets a coarser window size: the finer windows become part of it', async () => {
    await using storage = await open()
    await accept(storage, [gauge(T0, 1)])
    await storage.windows.closeUntil(T0 + 5 * MINUTE)
    await storage.buffer.define([{ ...temperature, window: '1h' }])
    await accept(storage, [gauge(T0 + 6 * MINUTE, 2)])
    await storage.windows.closeUntil(T0 + HOUR)
    expect(stored(storage, 'temperature')).toMatchObject([{ start: T0, end: T0 + HOUR, count: 2, sum: 3 }])
  })

  it('counts each reading once when the time zone of the site becomes known, also while it coarsens', async () => {
    const now = T0 + 6 * 24 * HOUR
    await using storage = await open({
      now,
      timeZone: 'UTC',
      inline: openInMemory(),
      coarsen: { keepFineMs: 48 * HOUR },
    })
    await storage.buffer.define([{ ...temperature, window: '1d' }])
    const day = Array.from({ length: 24 }, (_, hour) => gauge(T0 + hour * HOUR, 1))
    await accept(storage, day)
    await storage.windows.closeUntil(now)
    storage.windows.useTimeZone('Asia/Kathmandu')
    await accept(
      storage,
      day.map(({ time }) => gauge(time + MINUTE, 1)),
    )
    await accept(storage, [gauge(T0 + 2 * 24 * HOUR, 1)])
    await storage.windows.closeUntil(now)
    expect(stored(storage, 'temperature').reduce((n, { count }) => n + count, 0)).toBe(49)
  })

  it('goes on with the readings of windows that closed before the agent heard of them', async () => {
    await using storage = await open({ now: T0 + 30 * 24 * HOUR, windows: { lateDelayMs: 20 } })
    await accept(storage, [sale(T0, 1, 'a'), sale(T0 + 3 * HOUR, 1, 'b')])
    await vi.waitFor(() => expect(stored(storage, 'sales')).toHaveLength(2))
    expect(stored(storage, 'sales')).toMatchObject([{ revision: 1 }, { revision: 1 }])
  })
})

describe('near the cap', () => {
  it('merges the oldest windows to hours, then to days, whole ones only, and loses no reading', async () => {
    const days = 5
    const now = T0 + (days + 3) * 24 * HOUR
    await using storage = await open({ now, inline: openInMemory(), coarsen: { keepFineMs: 48 * HOUR } })
    const readings = Array.from({ length: days * 288 }, (_, i) => gauge(T0 + i * 5 * MINUTE, i % 50))
    await accept(storage, readings)
    await storage.windows.closeUntil(T0 + (days + 1) * 24 * HOUR)
    const windows = stored(storage, 'temperature')
    expect(windows.reduce((n, w) => n + w.count, 0)).toBe(readings.length)
    expect(windows.reduce((n, w) => n + w.sum, 0)).toBe(readings.reduce((n, r) => n + r.value, 0))
    const berlin = calendar('Europe/Berlin')
    expect(windows).toHaveLength(days + 1)
    for (const { start, end } of windows) expect(berlin.windowAt(start, '1d')).toEqual({ start, end })
    const events = storage.db.prepare('SELECT code, detail FROM events ORDER BY at').all() as {
      code: string
      detail: string
    }[]
    expect(events.map(({ code }) => code)).toEqual(Array(events.length).fill('windows-coarsened'))
    const merged = events.map(({ detail }) => JSON.parse(detail) as { into: string; windows: number })
    const fine = merged.filter(({ into }) => into === '1h').reduce((n, { windows: w }) => n + w, 0)
    expect(fine).toBe(days * 288)

    await accept(storage, [gauge(T0 + 1, 7)])
    await storage.windows.closeUntil(T0)
    const after = stored(storage, 'temperature')
    expect(after).toHaveLength(days + 1)
    expect(after[0]).toMatchObject({ revision: 2, quality: { late: 1 } })
    expect(after.reduce((n, w) => n + w.count, 0)).toBe(readings.length + 1)
  })

  it('keeps the newest windows as they are, and equals the merge of the fine ones', async () => {
    const now = T0 + 3 * 24 * HOUR
    const readings = Array.from({ length: 3 * 288 }, (_, i) => gauge(T0 + i * 5 * MINUTE, (i * 7) % 90))
    await using roomy = await openStorage(folder.path, { now })
    await accept(roomy, readings)
    await roomy.windows.closeUntil(now)
    const fine = stored(roomy, 'temperature')
    await using tight = await openStorage('', { now, inline: openInMemory(), coarsen: { keepFineMs: 24 * HOUR } })
    await accept(tight, readings)
    await tight.windows.closeUntil(now)
    const coarse = stored(tight, 'temperature')
    expect(coarse.filter((w) => w.start > now - 24 * HOUR).every((w) => w.end - w.start === 5 * MINUTE)).toBe(true)
    for (const window of coarse) {
      const inside = fine.filter((w) => w.start >= window.start && w.end <= window.end)
      expect(plain(window)).toEqual(plain(mergeWindows(inside, window)))
    }
  })
})

describe('in any order, in any portions, over restarts', () => {
  const reading = fc.oneof(
    fc.record({
      kind: fc.constant('gauge'),
      at: fc.integer({ min: 0, max: 40 }),
      value: fc.integer({ min: -9, max: 9 }),
    }),
    fc.record({
      kind: fc.constant('sale'),
      at: fc.integer({ min: 0, max: 300 }),
      value: fc.integer({ min: 0, max: 9 }),
    }),
  )
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.array(reading, { minLength: 1, maxLength: 8 }) },
    { weight: 2, arbitrary: fc.record({ close: fc.integer({ min: 0, max: 6 }) }) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  )

  it('ends with the windows that all readings at once would give', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), fc.boolean(), async (steps, tight) => {
        const coarsen = { keepFineMs: tight ? 0 : Infinity }
        const inline = openInMemory()
        const gauges = new Map<number, number>()
        const sales = new Map<string, { time: number; value: number }>()
        const told = new Map<string, WindowRecord>()
        const start = async () => {
          const storage = await openStorage('', { now: T0 + 24 * HOUR, inline, coarsen })
          storage.windows.onStored((rows) => {
            for (const row of rows) told.set(`${row.series.sensor} ${row.start}`, row)
          })
          return storage
        }
        let storage = await start()
        try {
          for (const s of steps) {
            if (s === 'restart') {
              await storage[Symbol.asyncDispose]()
              // Whoever listens reads what is stored first: rolling up begins before anybody can listen.
              told.clear()
              storage = await start()
            } else if ('close' in s) await storage.windows.closeUntil(T0 + s.close * HOUR)
            else {
              const readings = s.map(({ kind, at, value }) => {
                const time = T0 + at * MINUTE
                if (kind === 'gauge') {
                  gauges.set(time, value)
                  return gauge(time, value)
                }
                const id = `${at}`
                if (!sales.has(id)) sales.set(id, { time, value })
                return sale(time, value, id)
              })
              await accept(storage, readings)
            }
          }
          await storage.windows.closeUntil(T0 + 24 * HOUR)
          const windows = [...stored(storage, 'temperature'), ...stored(storage, 'sales')]
          // A gap is told by windows of its own, or not, by the order in which readings come.
          const totals = windows
            .filter(({ count }) => count > 0)
            .map(({ series, start, count, sum, min, max, sketch }) => {
              return { sensor: series.sensor, start, count, sum, min, max, sketch }
            })
          const expected = [
            ...group(
              [...gauges].map(([time, value]) => ({ time, value })),
              'temperature',
              5 * MINUTE,
              40,
            ),
            ...group([...sales.values()], 'sales', HOUR, 0),
          ]
          if (!tight) expect(totals).toEqual(expected)
          expect(sums(totals)).toEqual(sums(expected))
          for (const [i, { series, start }] of windows.entries()) {
            const before = windows[i - 1]
            if (before?.series.sensor === series.sensor) expect(before.end).toBeLessThanOrEqual(start)
          }
          for (const window of windows) {
            const last = told.get(`${window.series.sensor} ${window.start}`)
            if (last) expect(plain(last)).toEqual(plain(window))
          }
        } finally {
          await storage[Symbol.asyncDispose]()
        }
      }),
      { numRuns: 300 },
    )
  })

  const sums = (windows: readonly { sensor: string; count: number; sum: number }[]) =>
    ['temperature', 'sales'].map((name) => {
      const own = windows.filter(({ sensor }) => sensor === name)
      return [own.reduce((n, { count }) => n + count, 0), own.reduce((n, { sum }) => n + sum, 0)]
    })

  function group(readings: { time: number; value: number }[], sensor: string, size: number, centre: number) {
    const groups = Map.groupBy(readings, ({ time }) => Math.floor(time / size) * size)
    return [...groups]
      .sort(([a], [b]) => a - b)
      .map(([start, inside]) => {
        const values = inside.map(({ value }) => value)
        const sum = values.reduce((a, b) => a + b, 0)
        const sketch = sketchOf(values.map((value) => value - centre))
        return { sensor, start, count: values.length, sum, min: Math.min(...values), max: Math.max(...values), sketch }
      })
  }
})
