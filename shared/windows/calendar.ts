import { Temporal } from 'temporal-polyfill'
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
  /** Hours (or parts) since local midnight by the local clock, in [0, 24). */
  localHour(time: number): number
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const LENGTHS = { '5m': 5 * MINUTE, '15m': 15 * MINUTE, '1h': HOUR } as const

const LOCAL = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?$/

/** Sizes from fine to coarse. */
export const WINDOW_SIZES = ['5m', '15m', '1h', '1d'] as const satisfies readonly WindowSize[]

/** Time between two changes of the offset; the first and the last reach to infinity. */
interface Stretch extends Span {
  /** Local time minus UTC, milliseconds. */
  readonly offset: number
}

/** @throws RangeError for a time zone that the IANA database does not know */
export function calendar(timeZone: string): Calendar {
  return new ZoneCalendar(timeZone)
}

class ZoneCalendar implements Calendar {
  readonly timeZone: string
  #stretches: Stretch[] = []
  #stretch: Stretch
  #day: Span = { start: 0, end: 0 }

  constructor(timeZone: string) {
    this.timeZone = timeZone
    this.#stretch = this.#findStretch(0)
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
    return spanOfDay(Temporal.PlainDate.from(localDay).toZonedDateTime(this.timeZone))
  }

  fromLocal(dateTime: string): number {
    const asUtc = LOCAL.test(dateTime) ? Date.parse(`${dateTime.replace(' ', 'T')}Z`) : Number.NaN
    const time = asUtc - this.#stretch.offset
    // A day from any change of the offset there is one answer, and no need to ask.
    if (time > this.#stretch.start + DAY && time < this.#stretch.end - DAY) return time
    const plain = Temporal.PlainDateTime.from(dateTime.replace(' ', 'T'))
    const found = plain.toZonedDateTime(this.timeZone).epochMilliseconds
    this.#stretchAt(found)
    return found
  }

  localHour(time: number): number {
    const local = time + this.#stretchAt(time).offset
    return (local - Math.floor(local / DAY) * DAY) / HOUR
  }

  #dayAt(time: number): Span {
    const known = this.#day
    if (time >= known.start && time < known.end) return known
    const stretch = this.#stretchAt(time)
    const start = Math.floor((time + stretch.offset) / DAY) * DAY - stretch.offset
    const plain = start > stretch.start && start + DAY < stretch.end
    this.#day = plain ? { start, end: start + DAY } : spanOfDay(this.#zoned(time))
    return this.#day
  }

  #stretchAt(time: number): Stretch {
    if (time >= this.#stretch.start && time < this.#stretch.end) return this.#stretch
    this.#stretch = this.#stretches.find((s) => time >= s.start && time < s.end) ?? this.#findStretch(time)
    return this.#stretch
  }

  #findStretch(time: number): Stretch {
    const zoned = this.#zoned(time)
    const next = zoned.getTimeZoneTransition('next')
    // `previous` is exclusive: asked from the next millisecond, it finds a change at `time` itself.
    const previous = this.#zoned(time + 1).getTimeZoneTransition('previous')
    const stretch = {
      start: previous?.epochMilliseconds ?? -Infinity,
      end: next?.epochMilliseconds ?? Infinity,
      offset: zoned.offsetNanoseconds / 1e6,
    }
    this.#stretches.push(stretch)
    return stretch
  }

  #zoned(time: number): Temporal.ZonedDateTime {
    return Temporal.Instant.fromEpochMilliseconds(Math.floor(time)).toZonedDateTimeISO(this.timeZone)
  }
}

function spanOfDay(within: Temporal.ZonedDateTime): Span {
  const start = within.startOfDay()
  return { start: start.epochMilliseconds, end: start.add({ days: 1 }).startOfDay().epochMilliseconds }
}
