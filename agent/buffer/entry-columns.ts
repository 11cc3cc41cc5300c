import { ByteReader, ByteWriter } from '@storecast/shared/windows'
import { FLAG_VALUES, HAS_ID, hasValue, MARK, markOf, SeriesEntries } from './entry.ts'

/**
 * A journal row: the entries of one commit, in order of arrival. Packed by column, since what is alike compresses to half
 * when it lies together: the bytes of each of the first three columns; heads (the series' number as difference to that of
 * the entry before, with the flags); times (as difference to another step like the series' last one); values that there are
 * (a reading's as difference to the series' last); hashes of events' ids.
 */

export interface Entry {
  readonly series: number
  readonly time: number
  readonly value: number
  readonly flags: number
  readonly high: number
  readonly low: number
}

/** What the next entry of a series is told against. */
interface Own {
  time: number
  step: number
  value: number
}

export class EntryWriter {
  readonly #heads = new ByteWriter()
  readonly #times = new ByteWriter()
  readonly #values = new ByteWriter()
  readonly #ids = new ByteWriter(0)
  readonly #own = new Map<number, Own>()
  #series = 0
  #time = 0

  push({ series, time, value, flags, high, low }: Entry): void {
    const distance = series - this.#series
    this.#heads.unsigned((distance < 0 ? -2 * distance - 1 : 2 * distance) * FLAG_VALUES + flags)
    const known = this.#own.get(series)
    const own = known ?? { time, step: 0, value: 0 }
    if (known) {
      this.#times.signed(time - own.time - own.step)
      stepTo(own, time)
    } else {
      this.#times.signed(time - this.#time)
      this.#own.set(series, own)
    }
    if (markOf(flags) === MARK.reading) {
      this.#values.signed(value - own.value)
      own.value = value
    } else if (markOf(flags) === MARK.fault) this.#values.unsigned(value)
    if (flags & HAS_ID) {
      this.#ids.uint32(high)
      this.#ids.uint32(low)
    }
    this.#series = series
    this.#time = time
  }

  finish(): Uint8Array<ArrayBuffer> {
    const out = new ByteWriter(16 + this.#heads.length + this.#times.length + this.#values.length + this.#ids.length)
    for (const column of [this.#heads, this.#times, this.#values]) out.unsigned(column.length)
    for (const column of [this.#heads, this.#times, this.#values, this.#ids]) out.raw(column.written())
    return out.finish()
  }
}

/** Adds the entries of one journal row, in order, to their series. @throws RangeError where the bytes end too early */
export function unpackColumns(groups: Map<number, SeriesEntries>, packed: Uint8Array): void {
  const heads = new ByteReader(packed)
  const lengths = [heads.unsigned(), heads.unsigned(), heads.unsigned()] as const
  const headsEnd = heads.position + lengths[0]
  const times = new ByteReader(packed, headsEnd)
  const values = new ByteReader(packed, headsEnd + lengths[1])
  const ids = new ByteReader(packed, headsEnd + lengths[1] + lengths[2])
  const owns = new Map<number, Own>()
  let series = 0
  let time = 0
  while (heads.position < headsEnd) {
    const head = heads.unsigned()
    const flags = head % FLAG_VALUES
    const distance = (head - flags) / FLAG_VALUES
    series += distance % 2 === 0 ? distance / 2 : -(distance + 1) / 2
    const known = owns.get(series)
    time = known ? known.time + known.step + times.signed() : time + times.signed()
    const own = known ?? { time, step: 0, value: 0 }
    if (known) stepTo(own, time)
    else owns.set(series, own)
    if (markOf(flags) === MARK.reading) own.value += values.signed()
    const value = markOf(flags) === MARK.reading ? own.value : markOf(flags) === MARK.fault ? values.unsigned() : 0
    const high = flags & HAS_ID ? ids.uint32() : 0
    const low = flags & HAS_ID ? ids.uint32() : 0
    groupOf(groups, series).push(time, value, flags, high, low)
  }
}

/** As it was before: entry after entry, of which a journal may hold some that was written before an update. */
export function unpackRows(groups: Map<number, SeriesEntries>, packed: Uint8Array): void {
  const bytes = new ByteReader(packed)
  let time = 0
  while (!bytes.atEnd) {
    const head = bytes.unsigned()
    const flags = head % FLAG_VALUES
    const series = (head - flags) / FLAG_VALUES
    time += bytes.signed()
    const value = hasValue(flags) ? bytes.signed() : 0
    const high = flags & HAS_ID ? bytes.uint32() : 0
    const low = flags & HAS_ID ? bytes.uint32() : 0
    groupOf(groups, series).push(time, value, flags, high, low)
  }
}

function stepTo(own: Own, time: number): void {
  own.step = time - own.time
  own.time = time
}

function groupOf(groups: Map<number, SeriesEntries>, series: number): SeriesEntries {
  let group = groups.get(series)
  if (!group) {
    group = new SeriesEntries()
    groups.set(series, group)
  }
  return group
}
