import { ByteReader, ByteWriter, type Span } from '@storecast/shared/windows'
import type { Connection } from '../platform/database.ts'
import { compressed, restored, type StoredBytes } from './compressed.ts'
import { FLAG_VALUES, HAS_ID, MARK, markOf, SeriesEntries } from './entry.ts'

/**
 * A block holds many commits of the journal regrouped: entries by series, by time within. Packed, it is an index (number
 * of series; of each the number, as difference to the one before, and the bytes of its section), then the sections.
 */

/** @param groups entries by series; stored in time order */
export function packBlock(groups: ReadonlyMap<number, SeriesEntries>): Uint8Array {
  const index = new ByteWriter()
  const sections = new ByteWriter(16_384)
  index.unsigned(groups.size)
  let previous = 0
  for (const series of [...groups.keys()].sort((a, b) => a - b)) {
    const begin = sections.length
    packSection(sections, groups.get(series)!.sorted())
    index.unsigned(series - previous)
    index.unsigned(sections.length - begin)
    previous = series
  }
  index.raw(sections.finish())
  return index.finish()
}

function packSection(out: ByteWriter, entries: SeriesEntries): void {
  let time = 0
  let value = 0
  for (let i = 0; i < entries.length; i++) {
    const flags = entries.flags[i]!
    const step = entries.times[i]! - time
    time = entries.times[i]!
    out.unsigned((step < 0 ? -2 * step - 1 : 2 * step) * FLAG_VALUES + flags)
    if (markOf(flags) === MARK.reading) {
      out.signed(entries.values[i]! - value)
      value = entries.values[i]!
    } else if (markOf(flags) === MARK.fault) out.unsigned(entries.values[i]!)
    if (flags & HAS_ID) {
      const { high, low } = entries.idAt(i)
      out.uint32(high)
      out.uint32(low)
    }
  }
}

/** Where the section of each series begins and ends. */
function sectionsOf(packed: Uint8Array): { series: number; from: number; to: number }[] {
  const bytes = new ByteReader(packed)
  const sections = []
  let series = 0
  let from = 0
  for (let left = bytes.unsigned(); left > 0; left--) {
    series += bytes.unsigned()
    const to = from + bytes.unsigned()
    sections.push({ series, from, to })
    from = to
  }
  const begin = bytes.position
  return sections.map((s) => ({ series: s.series, from: s.from + begin, to: s.to + begin }))
}

function unpackSection(packed: Uint8Array, from: number, to: number, take: SeriesEntries, { start, end }: Span): void {
  const bytes = new ByteReader(packed.subarray(0, to), from)
  let time = 0
  let value = 0
  while (!bytes.atEnd) {
    const head = bytes.unsigned()
    const flags = head % FLAG_VALUES
    const step = (head - flags) / FLAG_VALUES
    time += step % 2 === 0 ? step / 2 : -(step + 1) / 2
    if (markOf(flags) === MARK.reading) value += bytes.signed()
    const told = markOf(flags) === MARK.reading ? value : markOf(flags) === MARK.fault ? bytes.unsigned() : 0
    const high = flags & HAS_ID ? bytes.uint32() : 0
    const low = flags & HAS_ID ? bytes.uint32() : 0
    if (time >= start && time < end) take.push(time, told, flags, high, low)
  }
}

const ALL_TIME: Span = { start: -Infinity, end: Infinity }

/** A block's entries by series, of the series that are `wanted`. */
export function unpackBlock(stored: StoredBytes, wanted: (series: number) => boolean): Map<number, SeriesEntries> {
  const packed = restored(stored)
  const groups = new Map<number, SeriesEntries>()
  for (const { series, from, to } of sectionsOf(packed)) {
    if (!wanted(series)) continue
    const entries = new SeriesEntries()
    unpackSection(packed, from, to, entries, ALL_TIME)
    groups.set(series, entries)
  }
  return groups
}

export function storeBlock(db: Connection, at: number, groups: ReadonlyMap<number, SeriesEntries>): void {
  let [entries, from, to] = [0, Infinity, -Infinity]
  for (const group of groups.values()) {
    entries += group.length
    for (const time of group.times) {
      if (time < from) from = time
      if (time > to) to = time
    }
  }
  const { packed, raw_bytes } = compressed(packBlock(groups))
  db.statement('INSERT INTO blocks(at, from_time, to_time, entries, packed, raw_bytes) VALUES (?, ?, ?, ?, ?, ?)').run(
    at,
    from,
    to,
    entries,
    packed,
    raw_bytes,
  )
}

/**
 * Deletes blocks that came before `before`, but none that reaches to `keepFrom` or later (windows still open need them).
 * @returns the entries forgotten
 */
export function expireBlocks(db: Connection, { before, keepFrom }: { before: number; keepFrom: number }): number {
  const expired = db
    .statement<[number, number], number>('DELETE FROM blocks WHERE at < ? AND to_time < ? RETURNING entries')
    .pluck()
    .all(before, keepFrom)
  return expired.reduce((sum, entries) => sum + entries, 0)
}

/** Blocks that a reader keeps at hand: late readings come in swarms, to the same few blocks. */
const BLOCKS_AT_HAND = 8

interface Opened {
  readonly packed: Uint8Array
  readonly sections: ReadonlyMap<number, { from: number; to: number }>
}

/** Reads raw readings back from the blocks, within one transaction. */
export class RawReader {
  readonly #db: Connection
  readonly #opened = new Map<number, Opened>()

  constructor(db: Connection) {
    this.#db = db
  }

  /** What is left of a series' entries in `span`: by time, of the same time in order of arrival. */
  read(series: number, span: Span): SeriesEntries {
    const entries = new SeriesEntries()
    const ids = this.#db
      .statement<[number, number], number>('SELECT id FROM blocks WHERE to_time >= ? AND from_time < ? ORDER BY id')
      .pluck()
      .all(span.start, span.end)
    for (const id of ids) {
      const { packed, sections } = this.#open(id)
      const section = sections.get(series)
      if (section) unpackSection(packed, section.from, section.to, entries, span)
    }
    return entries.sorted()
  }

  #open(id: number): Opened {
    let opened = this.#opened.get(id)
    if (opened) return opened
    const sql = 'SELECT packed, raw_bytes FROM blocks WHERE id = ?'
    const packed = restored(this.#db.statement<[number], StoredBytes>(sql).get(id)!)
    opened = { packed, sections: new Map(sectionsOf(packed).map(({ series, from, to }) => [series, { from, to }])) }
    if (this.#opened.size >= BLOCKS_AT_HAND) this.#opened.delete(this.#opened.keys().next().value!)
    this.#opened.set(id, opened)
    return opened
  }
}
