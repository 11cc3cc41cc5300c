import type { Span } from '@storecast/shared/windows'

const HOUR = 3_600_000
const DAY_HOURS = 24

/**
 * The part of a local day from its beginning to an hour of its clock. Hours are counted from the day's end: on the two days a
 * year that do not have 24, the clock changes at night, and every hour of trade lies where the clock says.
 * @param hours by the clock, 1 to 24
 */
export const firstHours = ({ start, end }: Span, hours: number): Span => ({
  start,
  end: Math.max(start + HOUR, end - (DAY_HOURS - hours) * HOUR),
})

/**
 * The hours of trade within a part of a day; empty (its end is its start) where there are none.
 * @param day the whole
 * @param openHours first and last hour of trade, both included
 */
export function openWithin(part: Span, day: Span, [first, last]: readonly [number, number]): Span {
  const start = Math.max(part.start, first === 0 ? day.start : firstHours(day, first).end)
  const end = Math.min(part.end, firstHours(day, last + 1).end)
  return { start, end: Math.max(start, end) }
}
