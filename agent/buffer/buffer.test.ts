import { ByteWriter } from '@storecast/shared/windows'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Connection } from '../platform/database.ts'
import { gauge, openStorage, sale, temperature, temporaryFolder } from '../test/storage.ts'
import { packBlock, unpackBlock } from './blocks.ts'
import { compressed } from './compressed.ts'
import { FAULT, FLAG_VALUES, HAS_ID, hasValue, MARK, SeriesEntries } from './entry.ts'
import { type Entry, EntryWriter, unpackColumns, unpackRows } from './entry-columns.ts'
import { EventIds, hashId, IdSet } from './event-ids.ts'
import { readJournal } from './journal.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder[Symbol.asyncDispose]())

const open = (options: Parameters<typeof openStorage>[1] = { now: NOW }) => openStorage(folder.path, options)

describe('the buffer', () => {
  it('resolves once the readings are in the journal, one packed row a commit', async () => {
    await using storage = await open()
    await Promise.all([1, 2, 3].map((n) => storage.buffer.accept([gauge(NOW + n, n)], { urgent: true })))
    const rows = storage.db.prepare('SELECT entries, length(packed) AS bytes FROM journal').all()
    expect(rows).toEqual([{ entries: 3, bytes: expect.any(Number) }])
    const entries = readJournal(storage.db, 1000)?.groups.get(1)
    expect([entries?.times, entries?.values]).toEqual([
      [NOW + 1, NOW + 2, NOW + 3],
      [1, 2, 3],
    ])
  })

  it('commits without being asked after its delay', async () => {
    await using storage = await open({ now: NOW, buffer: { commitDelayMs: 20 } })
    await storage.buffer.accept([gauge(NOW, 1)])
    expect(storage.buffer.heard.get('temperature')).toMatchObject({ accepted: 1 })
  })

  it('commits at once when there are many', async () => {
    // Longer than any test is given.
    await using storage = await open({ now: NOW, buffer: { commitDelayMs: 3_600_000, commitEntries: 3 } })
    await storage.buffer.accept([gauge(NOW, 1), gauge(NOW + 1, 1), gauge(NOW + 2, 1), gauge(NOW + 3, 1)])
    expect(storage.buffer.heard.get('temperature')).toMatchObject({ accepted: 4 })
  })

  it('stores a redelivered event once: in the same commit, later, and after a restart', async () => {
    const ids = () => ['a', 'b', 'a'].map((id, i) => sale(NOW + i, 1, id))
    const count = async () => {
      await using storage = await open()
      await storage.buffer.accept(ids(), { urgent: true })
      await storage.buffer.accept(ids(), { urgent: true })
      await storage.windows.closeUntil(NOW + 3_600_000)
      const [window] = [...storage.windows.read({ sensor: 'sales', from: NOW, to: NOW + 1 })]
      return { count: window?.count, duplicate: window?.quality.duplicate }
    }
    expect(await count()).toEqual({ count: 2, duplicate: 4 })
    expect(await count()).toEqual({ count: 2, duplicate: 10 })
  })

  it('keeps one receipt for two products, and the same event of two sensors apart', async () => {
    await using storage = await open()
    await storage.buffer.accept([sale(NOW, 1, 'r1', 'milk'), sale(NOW, 2, 'r1', 'bread')], { urgent: true })
    expect(storage.buffer.heard.get('sales')).toMatchObject({ accepted: 2, duplicate: 0 })
  })

  it('forgets event ids after the retention, and the oldest early where there are too many', () => {
    const batch = (from: number, n: number) => {
      const ids = new IdSet()
      for (let i = from; i < from + n; i++) ids.add(hashId(1, String(i)))
      return ids
    }
    const ids = new EventIds({ retentionMs: 48, most: 1000 })
    ids.addAll(batch(0, 10), 0)
    ids.addAll(batch(10, 10), 30)
    expect(ids.has(hashId(1, '0'))).toBe(true)
    ids.addAll(batch(20, 10), 80)
    expect([ids.has(hashId(1, '0')), ids.has(hashId(1, '20'))]).toEqual([false, true])
    let forgotten = 0
    for (let i = 0; i < 20; i++) forgotten += ids.addAll(batch(100 + i * 100, 100), 80)
    expect(ids.size).toBeLessThanOrEqual(1000)
    expect(forgotten).toBeGreaterThan(500)
    expect(ids.has(hashId(1, '2099'))).toBe(true)
  })

  it('makes the position of a source durable with its readings', async () => {
    const position = { source: 'history', stamp: 'x', position: 7 }
    {
      await using storage = await open()
      await storage.buffer.accept([gauge(NOW, 1)], { urgent: true, position })
    }
    await using storage = await open()
    expect(storage.buffer.positionOf('history')).toEqual(position)
    expect(storage.buffer.positionOf('other')).toBeUndefined()
    expect(storage.buffer.knows('temperature', '')).toBe(true)
    expect(storage.buffer.seriesCount).toBe(1)
  })

  it('rejects what could not be stored, with what was accepted since, and goes on afterwards', async () => {
    await using storage = await open()
    const unknown = { ...gauge(NOW, 1), sensor: 'undefined-sensor' }
    const [failed] = await Promise.allSettled([storage.buffer.accept([unknown, sale(NOW, 1, 'a')], { urgent: true })])
    expect(failed).toMatchObject({ status: 'rejected', reason: { code: 'SQLITE_CONSTRAINT_FOREIGNKEY' } })
    await storage.buffer.define([{ ...temperature, name: 'undefined-sensor' }])
    await storage.buffer.accept([sale(NOW, 1, 'a'), unknown], { urgent: true })
    expect(storage.db.prepare('SELECT sum(entries) FROM journal').pluck().get()).toBe(2)
  })
})

/** Entry after entry, as journals were written before they were by column. */
function packRows(entries: readonly Entry[]): Uint8Array {
  const out = new ByteWriter()
  let before = 0
  for (const { series, time, value, flags, high, low } of entries) {
    out.unsigned(series * FLAG_VALUES + flags)
    out.signed(time - before)
    if (hasValue(flags)) out.signed(value)
    if (flags & HAS_ID) for (const half of [high, low]) out.uint32(half)
    before = time
  }
  return out.finish()
}

describe('packing', () => {
  const plain = fc.record({
    series: fc.integer({ min: 1, max: 100_000 }),
    time: fc.integer({ min: 0, max: 4e12 }),
    value: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
    flags: fc.constantFrom(MARK.reading, MARK.reading | HAS_ID, MARK.outOfRange, MARK.duplicate),
    high: fc.nat({ max: 2 ** 32 - 1 }),
    low: fc.nat({ max: 2 ** 32 - 1 }),
  })
  const fault = fc.constantFrom(...Object.values(FAULT))
  const entry = fc.oneof(
    plain,
    fc.tuple(plain, fault).map(([some, value]) => ({ ...some, flags: MARK.fault, value })),
  )

  it('gives journal rows and blocks back as they were, blocks by series and time', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 200 }), (entries) => {
        const out = new EntryWriter()
        const expected = new Map<number, SeriesEntries>()
        for (const e of entries) {
          out.push(e)
          const told = hasValue(e.flags)
          const hasId = (e.flags & HAS_ID) !== 0
          const group = expected.get(e.series) ?? new SeriesEntries()
          expected.set(e.series, group)
          group.push(e.time, told ? e.value : 0, e.flags, hasId ? e.high : 0, hasId ? e.low : 0)
        }
        const groups = new Map<number, SeriesEntries>()
        unpackColumns(groups, out.finish())
        expect(groups).toEqual(expected)
        const before = new Map<number, SeriesEntries>()
        unpackRows(before, packRows(entries))
        expect(before).toEqual(expected)
        const block = unpackBlock(compressed(packBlock(groups)), () => true)
        expect([...block.keys()]).toEqual([...groups.keys()].sort((a, b) => a - b))
        for (const [series, group] of block) expect({ ...group }).toEqual({ ...groups.get(series)!.sorted() })
      }),
    )
  })

  it('takes in what the journal held before an update', async () => {
    await using storage = await open()
    await storage.buffer.accept([gauge(NOW, 1)], { urgent: true })
    const before = packRows([{ series: 1, time: NOW + 1000, value: 7, flags: MARK.reading, high: 0, low: 0 }])
    const db = new Connection(storage.db.name)
    db.prepare('INSERT INTO journal(at, entries, packed, raw_bytes) VALUES (?, 1, ?, 0)').run(NOW, before)
    db.close()
    expect(readJournal(storage.db, 1000)?.groups.get(1)?.values).toEqual([1, 7])
  })

  it('takes 5 bytes or fewer a reading of a steady gauge', () => {
    const group = new SeriesEntries()
    for (let i = 0; i < 1000; i++) group.push(NOW + i * 1000, 40 + (i % 7), MARK.reading, 0, 0)
    expect(packBlock(new Map([[7, group]])).length).toBeLessThan(4100)
  })

  it('has no collisions among a million ids', () => {
    const ids = new IdSet()
    for (let i = 0; i < 1_000_000; i++) ids.add(hashId(i % 50, `2026-03-01.${i}`))
    expect(ids.size).toBe(1_000_000)
  })
})
