import type { Calendar } from '@storecast/shared/windows'

const DAY = 86_400_000

/** Days since 1970-01-01 by the local calendar: consecutive days differ by 1, whatever their hours. */
export const dayNumber = (localDay: string): number => Date.parse(`${localDay}T00:00:00Z`) / DAY

/** `2026-03-29` of a day number. */
export const dayName = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10)

/** 0 Monday … 6 Sunday. */
export const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7

export const localDayNumber = (calendar: Calendar, time: number): number => dayNumber(calendar.localDay(time))

/** The day that a forecast issued at `time` is about: the one whose noon comes next. */
export const dayForecastAt = (calendar: Calendar, time: number): number => localDayNumber(calendar, time + DAY / 2)
