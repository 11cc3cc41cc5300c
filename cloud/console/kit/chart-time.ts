/** How the times of a chart are written. All are Unix ms. */
export interface ChartTime {
  /** Whose midnights the axis is divided at. */
  readonly timeZone: string
  /** What a time is: "Time" or "Day". */
  readonly title: string
  readonly text: (at: number) => string
  /** @param at ascending: days, and the hours between them where there is room */
  readonly ticks: (at: readonly number[]) => string[]
}

/**
 * @param timeZone by whose clock, as IANA names it; without it moments are told by that of the browser
 * @param kind `days` begin by that clock, and without one in UTC: they are the same for everybody
 */
export function chartTime(timeZone: string | undefined, kind: 'moments' | 'days' = 'moments'): ChartTime {
  const isDays = kind === 'days'
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-GB', { ...options, timeZone: isDays ? (timeZone ?? 'UTC') : timeZone })
  const text = format(isDays ? { dateStyle: 'medium' } : { dateStyle: 'medium', timeStyle: 'long' })
  const day = format({ day: 'numeric', month: 'short' })
  const hour = format({ hour: '2-digit', minute: '2-digit' })
  return {
    timeZone: text.resolvedOptions().timeZone,
    title: isDays ? 'Day' : 'Time',
    text: (at) => text.format(at),
    ticks: (at) => {
      const isWithinDays = at.length > 1 && at[1]! - at[0]! < DAY_MS
      return at.map((one) => {
        const clock = hour.format(one)
        return isWithinDays && clock !== MIDNIGHT ? clock : day.format(one)
      })
    },
  }
}

/** Shorter than any day of a clock that is put forward. */
const DAY_MS = 82_800_000
const MIDNIGHT = '00:00'
