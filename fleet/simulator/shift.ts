import type { Taste } from './taste.ts'

/** A change of who comes to the shop, for example when an office quarter opens beside it. */
export interface DemandShift {
  /** First local day of the new demand. */
  readonly from: string
  /** Factor on every product's demand. */
  readonly level: number
  /** How far customers change in kind, 0 to 1: weekends become quiet, lunch busy, prices and weather matter otherwise. */
  readonly mix: number
}

/** Monday first, mean 1: customers who work nearby. */
const OFFICE_WEEK = [1.25, 1.3, 1.3, 1.25, 1.1, 0.45, 0.35]
const LUNCH = 12

/** How the product's customers buy on a local day, given how they bought before the shift. */
export function shifted(usual: Taste, { from, level, mix }: DemandShift, date: string, product: number): Taste {
  if (date < from) return usual
  // Every third product gains, every third loses: the level correction alone, one factor for the shop, cannot mend it.
  const gain = level * (1 + mix * [0.35, 0, -0.35][product % 3]!)
  const hours = usual.hours.map((share, hour) => share * (1 - mix) + (mix * Math.exp(-((hour - LUNCH) ** 2) / 8)) / 5)
  const sum = hours.reduce((a, b) => a + b, 0)
  return {
    ...usual,
    base: usual.base * gain,
    weekday: usual.weekday.map((factor, day) => factor * (1 - mix) + OFFICE_WEEK[day]! * mix),
    elasticity: usual.elasticity * (1 + mix),
    activity: 1 + (usual.activity - 1) * (1 + mix),
    holiday: usual.holiday * (1 - 0.5 * mix),
    hours: hours.map((share) => share / sum),
  }
}
