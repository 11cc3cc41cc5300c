import type { Draws } from './draws.ts'
import { HOURS } from './shop.ts'

/** How the customers of one shop buy one product: factors on its base demand. */
export interface Taste {
  /** Units on an ordinary day, before all factors. */
  readonly base: number
  /** By weekday, Monday first; mean 1. */
  readonly weekday: readonly number[]
  /** Demand rises with (1 / price)^elasticity. */
  readonly elasticity: number
  readonly activity: number
  readonly holiday: number
  /** Change of log demand for each 5 °C above 22, and for each 5 mm of rain. */
  readonly warmth: number
  readonly wetness: number
  /** Share of the day's demand by hour; sums to 1. */
  readonly hours: readonly number[]
  /** Stock delivered each morning over expected demand. */
  readonly cover: number
}

/** Measured on FreshRetailNet: shares of the day on rows without a stock-out, and sales by weekday without the holiday effect. */
const HOUR_SHARES = [
  87, 46, 27, 21, 29, 122, 325, 576, 826, 922, 874, 669, 536, 500, 568, 738, 816, 673, 485, 379, 320, 219, 157, 85,
]
const WEEKDAYS = [1.02, 1.06, 0.96, 0.9, 0.99, 1.01, 1.06]

export function drawTaste(random: Draws): Taste {
  const spread = (centre: number, sd: number) => centre * Math.exp(sd * random.normal() - (sd * sd) / 2)
  return {
    base: 0.3 + Math.exp(-1.1 + 1.1 * random.normal()),
    weekday: toMean(WEEKDAYS.map((factor) => spread(factor, 0.06))),
    elasticity: spread(0.7, 0.5),
    activity: spread(1.15, 0.12),
    holiday: spread(1.1, 0.1),
    warmth: 0.04 + 0.08 * random.normal(),
    wetness: -0.03 + 0.03 * random.normal(),
    hours: toSum(drawHours(random)),
    cover: spread(1.1, 0.2),
  }
}

/** The shop's profile, some products moved towards the morning and some towards the evening. */
function drawHours(random: Draws): number[] {
  const tilt = 0.35 * random.normal()
  return Array.from({ length: HOURS }, (_, hour) => HOUR_SHARES[hour]! * Math.exp((tilt * (hour - 12)) / 6))
}

const toSum = (values: readonly number[]): number[] => {
  const sum = values.reduce((a, b) => a + b, 0)
  return values.map((value) => value / sum)
}
const toMean = (values: readonly number[]): number[] => toSum(values).map((value) => value * values.length)
