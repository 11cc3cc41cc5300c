import type { IdHash } from './event-ids.ts'

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
