import { type Range, rangeOf } from './chart.ts'
import type { Run } from './wire.ts'

/** One product's forecast of a day, hour by hour. */
export interface Day {
  readonly name: string
  /** Unix ms. */
  readonly start: number
  readonly end: number
  readonly levels: readonly number[]
  /** Of the day's total. */
  readonly quantiles: readonly number[]
  /** What is expected to be sold by then. */
  readonly hours: readonly (Range & { readonly at: number })[]
  /** Running total of what was sold, at the ends of the hours in which something was. */
  readonly sold: readonly { readonly at: number; readonly total: number }[]
}

/** Undefined where the run tells nothing of a product's day. */
export function dayOf({ start, end, levels, forecasts }: Run): Day | undefined {
  const [forecast] = forecasts
  const accumulated = forecast?.accumulated ?? []
  if (forecast === undefined || accumulated.length === 0) return undefined
  const from = Date.parse(start)
  const to = Date.parse(end)
  // A day has 23 to 25 hours; its profile is over equal parts.
  const part = (to - from) / accumulated.length
  return {
    name: forecast.name ?? forecast.entity,
    start: from,
    end: to,
    levels,
    quantiles: forecast.quantiles,
    hours: accumulated.map((quantiles, i) => ({ ...rangeOf(quantiles, levels), at: from + (i + 1) * part })),
    sold: (forecast.soFar ?? []).map(({ at, total }) => ({ at: Date.parse(at), total })),
  }
}

/** @param time unix ms */
export const soldBy = ({ sold }: Day, time: number): number =>
  sold.reduce((total, point) => (point.at <= time ? point.total : total), 0)

/** Undefined before the first hour has ended. */
export function expectedBy({ hours }: Day, time: number): Range | undefined {
  return hours.reduce<Range | undefined>((last, hour) => (hour.at <= time ? hour : last), undefined)
}
