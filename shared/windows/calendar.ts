import type { WindowSize } from '../contracts/sensors.ts'

/** `[start, end)` in unix milliseconds. */
export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * Window boundaries of one time zone. For each size the windows cover all time without gap or overlap, and every window of
 * a smaller size lies inside one of a larger.
 */
export interface Calendar {
  readonly timeZone: string
  /**
   * The window of `size` around `time`. Windows up to an hour follow the local clock and are cut where its offset changes
   * (so they may be shorter there, never longer); a day runs from local midnight, or the first moment after it that exists,
   * to the next: 23 to 25 hours.
   */
  windowAt(time: number, size: WindowSize): Span
  /** The local day around `time`, `2026-03-29`. */
  localDay(time: number): string
  /** The span of a local day. @throws RangeError where the date does not exist */
  daySpan(localDay: string): Span
  /**
   * The moment of a local date and time without offset, `2026-03-29T02:30:00`; of the two in an autumn night, the first.
   * @throws RangeError where it is not one
   */
  fromLocal(dateTime: string): number
  /** What the clock on the wall shows, as milliseconds since its 1970-01-01 00:00. */
  wallClock(time: number): number
  /** Hours (or parts) since local midnight by the local clock, in [0, 24). */
  localHour(time: number): number
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const LENGTHS = { '5m': 5 * MINUTE, '15m': 15 * MINUTE, '1h': HOUR } as const

const LOCAL_DATE = /^\d{4}-\d{2}-\d{2}$/
const LOCAL_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?$/
/** Local clocks are at most this far from UTC. */
const FARTHEST = 15 * HOUR

/** Sizes from fine to coarse. */
export const WINDOW_SIZES = ['5m', '15m', '1h', '1d'] as const satisfies readonly WindowSize[]

/** Time between two changes of the offset; the first and the last reach to infinity. */
export interface Stretch extends Span {
  /** Local time minus UTC, milliseconds. */
  readonly offset: number
}

/** A time zone as plain data: its stretches of constant offset, in order, without a gap. */
export interface ZoneStretches {
  readonly timeZone: string
  readonly stretches: readonly Stretch[]
}

interface Zone {
  readonly timeZone: string
  /** The stretch around a time. */
  readonly find: (time: number) => Stretch
}

export function calendarOf(zone: ZoneStretches | Zone): Calendar {
  if ('find' in zone) return new ZoneCalendar(zone)
  const { timeZone, stretches } = zone
  return new ZoneCalendar({
    timeZone,
    find: (time) => stretches.find(({ start, end }) => time >= start && time < end)!,
  })
}

class ZoneCalendar implements Calendar {
  readonly timeZone: string
  readonly #find: Zone['find']
  #stretch: Stretch = { start: 0, end: 0, offset: 0 }
  #day: Span = { start: 0, end: 0 }

  constructor({ timeZone, find }: Zone) {
    this.timeZone = timeZone
    this.#find = find
  }

  windowAt(time: number, size: WindowSize): Span {
    if (size === '1d') return this.#dayAt(time)
    const stretch = this.#stretchAt(time)
    const length = LENGTHS[size]
    const start = Math.floor((time + stretch.offset) / length) * length - stretch.offset
    return { start: Math.max(start, stretch.start), end: Math.min(start + length, stretch.end) }
  }

  localDay(time: number): string {
    return new Date(time + this.#stretchAt(time).offset).toISOString().slice(0, 10)
  }

  daySpan(localDay: string): Span {
    const midnight = LOCAL_DATE.test(localDay) ? asUtc(`${localDay}T00:00`) : Number.NaN
    if (Number.isNaN(midnight)) throw new RangeError(`"${localDay}" is not a day, YYYY-MM-DD`)
    return { start: this.#firstFrom(midnight), end: this.#firstFrom(midnight + DAY) }
  }

  fromLocal(dateTime: string): number {
    const local = LOCAL_TIME.test(dateTime) ? asUtc(dateTime.replace(' ', 'T')) : Number.NaN
    if (Number.isNaN(local)) throw new RangeError(`"${dateTime}" is not a local date and time, YYYY-MM-DDThh:mm:ss`)
    const { stretch, exists } = this.#stretchOfLocal(local)
    // What a spring night leaves out is told by the clock before it: half past two is half past three.
    return local - (exists ? stretch.offset : this.#stretchBefore(stretch).offset)
  }

  wallClock(time: number): number {
    return time + this.#stretchAt(time).offset
  }

  localHour(time: number): number {
    const local = this.wallClock(time)
    return (local - Math.floor(local / DAY) * DAY) / HOUR
  }

  #dayAt(time: number): Span {
    if (time >= this.#day.start && time < this.#day.end) return this.#day
    const midnight = Math.floor((time + this.#stretchAt(time).offset) / DAY) * DAY
    this.#day = { start: this.#firstFrom(midnight), end: this.#firstFrom(midnight + DAY) }
    return this.#day
  }

  /** The first moment at which the local clock shows `local` or later. */
  #firstFrom(local: number): number {
    const { stretch } = this.#stretchOfLocal(local)
    return Math.max(local - stretch.offset, stretch.start)
  }

  /** The first stretch whose local clock reaches `local`, and whether it shows it or begins behind it. */
  #stretchOfLocal(local: number): { stretch: Stretch; exists: boolean } {
    let stretch = this.#stretchAt(local - FARTHEST)
    while (local - stretch.offset >= stretch.end) stretch = this.#stretchAt(stretch.end)
    return { stretch, exists: local - stretch.offset >= stretch.start }
  }

  #stretchBefore({ start }: Stretch): Stretch {
    return this.#stretchAt(start - 1)
  }

  #stretchAt(time: number): Stretch {
    if (!(time >= this.#stretch.start && time < this.#stretch.end)) this.#stretch = this.#find(time)
    return this.#stretch
  }
}

/** A date and time as if it were UTC; NaN where there is no such date. */
function asUtc(dateTime: string): number {
  const time = Date.parse(`${dateTime}Z`)
  // Some dates that do not exist are taken for a later one.
  return Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== dateTime.slice(0, 10) ? Number.NaN : time
}
