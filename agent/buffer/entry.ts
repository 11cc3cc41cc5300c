import { ByteReader, type ByteWriter } from '@storecast/shared/windows'
import type { IdHash } from './event-ids.ts'

/**
 * What the journal holds of one reading. Packed, an entry is the series' number with the entry's flags, its time as
 * difference to the entry before, the value in steps where there is one, and for events the hash of the id.
 */

/** What an entry says; the two lowest bits of its flags. */
export const MARK = {
  /** A value that counts. */
  reading: 0,
  /** A value outside the sensor's range came at this time. */
  outOfRange: 1,
  /** An event whose id was seen before came again. */
  duplicate: 2,
  /** What came is only counted; the entry's value says as what (`FAULT`). */
  fault: 3,
} as const
export type Mark = (typeof MARK)[keyof typeof MARK]

/** Values of entries marked `fault`. */
export const FAULT = {
  /** A counter's value behind a newer one: it tells nothing more. Never in the journal. */
  late: 0,
  /** It was no number. */
  wrongType: 1,
  /** It said to be in another unit. */
  wrongUnit: 2,
  /** Its time was refused; or, beside the reading itself, it was stored under a time that cannot be trusted. */
  untrusted: 3,
} as const

export const markOf = (flags: number): Mark => (flags & 3) as Mark
/** Whether an entry of these flags is stored with a value. */
export const hasValue = (flags: number): boolean => markOf(flags) === MARK.reading || markOf(flags) === MARK.fault
/** Flag of an event that carries the hash of its id. */
export const HAS_ID = 4
export const FLAG_VALUES = 8

/** Entries of one series, as parallel arrays. */
export class SeriesEntries {
  readonly times: number[] = []
  /** Steps of a reading, the kind of a fault; 0 of other marks. */
  readonly values: number[] = []
  readonly flags: number[] = []
  /** By entry: 1 for a reading that repeats its value for too long. Told by who rolls up, and not stored. */
  flat: Uint8Array | undefined
  /** The two halves of each entry's id hash, one after the other; empty where no entry has one. */
  readonly #ids: number[] = []
  #sorted = true

  get length(): number {
    return this.times.length
  }

  push(time: number, value: number, flags: number, high: number, low: number): void {
    const at = this.times.length
    if (at > 0 && time < this.times[at - 1]!) this.#sorted = false
    this.times.push(time)
    this.values.push(value)
    this.flags.push(flags)
    if (flags & HAS_ID) {
      while (this.#ids.length < 2 * at) this.#ids.push(0)
      this.#ids.push(high, low)
    }
  }

  /** Of an entry that has one (`HAS_ID`). */
  idAt(i: number): IdHash {
    return { high: this.#ids[2 * i]!, low: this.#ids[2 * i + 1]! }
  }

  /** By time; of the same time, in order of arrival. */
  sorted(): SeriesEntries {
    if (this.#sorted) return this
    const order = this.times.map((_, i) => i).sort((a, b) => this.times[a]! - this.times[b]! || a - b)
    const result = new SeriesEntries()
    for (const i of order) {
      const { high, low } = this.flags[i]! & HAS_ID ? this.idAt(i) : NO_ID
      result.push(this.times[i]!, this.values[i]!, this.flags[i]!, high, low)
    }
    return result
  }
}

const NO_ID: IdHash = { high: 0, low: 0 }

export interface PackedEntry {
  readonly series: number
  readonly time: number
  readonly value: number
  readonly flags: number
  readonly high: number
  readonly low: number
}

/** Appends one entry to a journal row. @returns the time the next entry of the row refers to */
export function packEntry(out: ByteWriter, entry: PackedEntry, previousTime: number): number {
  out.unsigned(entry.series * FLAG_VALUES + entry.flags)
  out.signed(entry.time - previousTime)
  if (hasValue(entry.flags)) out.signed(entry.value)
  if (entry.flags & HAS_ID) {
    out.uint32(entry.high)
    out.uint32(entry.low)
  }
  return entry.time
}

/** Adds the entries of one journal row, in order, to their series. */
export function unpackInto(groups: Map<number, SeriesEntries>, packed: Uint8Array): void {
  const bytes = new ByteReader(packed)
  let time = 0
  while (!bytes.atEnd) {
    const head = bytes.unsigned()
    const flags = head % FLAG_VALUES
    const series = (head - flags) / FLAG_VALUES
    time += bytes.signed()
    const value = hasValue(flags) ? bytes.signed() : 0
    const hasId = (flags & HAS_ID) !== 0
    const high = hasId ? bytes.uint32() : 0
    const low = hasId ? bytes.uint32() : 0
    let group = groups.get(series)
    if (!group) {
      group = new SeriesEntries()
      groups.set(series, group)
    }
    group.push(time, value, flags, high, low)
  }
}
