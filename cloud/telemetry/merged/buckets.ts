import type { Calendar, Span } from '@storecast/shared/windows'

/** From fine to coarse: as the windows are, and by the hours and days of the site's own calendar. */
export const RESOLUTIONS = ['window', 'hour', 'day'] as const
export type Resolution = (typeof RESOLUTIONS)[number]

const SIZES = { hour: '1h', day: '1d' } as const

/**
 * Where a window stands at a resolution: the local hour or day that it lies in. One that is longer, or lies across two,
 * stands for itself: what was merged cannot be told apart again.
 */
export function bucketOf(calendar: Calendar, resolution: Resolution, { start, end }: Span): Span {
  if (resolution === 'window') return { start, end }
  const bucket = calendar.windowAt(start, SIZES[resolution])
  return end <= bucket.end ? bucket : { start, end }
}
