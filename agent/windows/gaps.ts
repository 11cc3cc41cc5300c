import type { Calendar, Span } from '@storecast/shared/windows'
import type { RollRule } from './state.ts'

/** A gap beyond this many days is not told: the series has begun anew. */
const MOST_DAYS = 1100
const DAY = 86_400_000

/**
 * The windows of a gap `[from, to)` in a series of which readings are expected: of the sensor's own size, and of whole
 * local days where these end by `coarseBefore`, since nothing is likely to come for them any more. A gap that was told
 * by windows of its own is a gap in every account: on the device, coarsened, and in the cloud.
 */
export function* windowsOfGap(
  calendar: Calendar,
  { size, interval }: Pick<RollRule, 'size' | 'interval'>,
  { start, end, coarseBefore }: Span & { readonly coarseBefore: number },
): Generator<Span> {
  if (interval === 0 || end - start > MOST_DAYS * DAY) return
  for (let at = start; at < end; ) {
    const day = calendar.windowAt(at, '1d')
    const whole = day.start === at && day.end <= Math.min(end, coarseBefore)
    const span = whole ? day : calendar.windowAt(at, size)
    // Of the site's former time zone, a window may have ended inside another.
    if (span.start >= at && span.end <= end) yield span
    at = span.end
  }
}
