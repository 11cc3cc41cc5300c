import { Temporal } from 'temporal-polyfill'
import { type Calendar, calendarOf, type Stretch, type ZoneStretches } from './calendar.ts'

/** What the IANA time zone database says, by way of the runtime. Found once and handed on, so that few need it. */

/** @throws RangeError for a time zone that the database does not know */
export function calendar(timeZone: string): Calendar {
  const known: Stretch[] = []
  const find = (time: number) => {
    let stretch = known.find(({ start, end }) => time >= start && time < end)
    if (!stretch) {
      stretch = stretchAt(timeZone, time)
      known.push(stretch)
    }
    return stretch
  }
  find(0)
  return calendarOf({ timeZone, find })
}

/**
 * The stretches of constant offset that cover `[from, to)`; the first and the last are taken to reach to infinity.
 * @throws RangeError for a time zone that the database does not know
 */
export function stretchesOf(timeZone: string, { from, to }: { from: number; to: number }): ZoneStretches {
  const stretches = [{ ...stretchAt(timeZone, from), start: -Infinity }]
  for (let last = stretches[0]!; last.end < to; last = stretches.at(-1)!) stretches.push(stretchAt(timeZone, last.end))
  stretches.push({ ...stretches.pop()!, end: Infinity })
  return { timeZone, stretches }
}

function stretchAt(timeZone: string, time: number): Stretch {
  const zoned = Temporal.Instant.fromEpochMilliseconds(Math.floor(time)).toZonedDateTimeISO(timeZone)
  // `previous` is exclusive: asked from the next millisecond, it finds a change at `time` itself.
  const previous = zoned.add({ milliseconds: 1 }).getTimeZoneTransition('previous')
  return {
    start: previous?.epochMilliseconds ?? -Infinity,
    end: zoned.getTimeZoneTransition('next')?.epochMilliseconds ?? Infinity,
    offset: zoned.offsetNanoseconds / 1e6,
  }
}
