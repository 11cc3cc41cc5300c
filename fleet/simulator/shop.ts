import type { SiteId } from '@storecast/shared/contracts'
import type { z } from 'zod'

/** A shop day by day, simulated or recorded: what agents are fed with and what data sets are written from. */
export interface Shop {
  readonly site: z.infer<typeof SiteId>
  readonly timeZone: string
  readonly labels: Readonly<Record<string, string>>
  readonly products: readonly Product[]
  /** First local day, `2026-03-29`, and how many follow from it. */
  readonly firstDay: string
  readonly days: number
  /** @throws RangeError outside of 0 … days − 1 */
  day(index: number): ShopDay
  /** A sensor of the shop itself that goes wrong. */
  readonly fault?: StuckSensor
}

/** A sensor that tells one value for a while, as a probe does whose cable broke. */
export interface StuckSensor {
  readonly sensor: 'fridge'
  /** The local day in which it begins. */
  readonly day: number
  /** Hours from that day's midnight, `[from, to)`; of later days too. */
  readonly hours: readonly [from: number, to: number]
}

export interface Product {
  readonly id: string
  /** Static attributes, as the demand definition names them. */
  readonly attributes: Readonly<Record<string, string>>
}

export interface ShopDay {
  readonly date: string
  /** Known ahead for the whole shop: `holiday`, `rain`, `temperature`, `humidity`, `wind`. */
  readonly ahead: Readonly<Record<string, number>>
  /** Parallel to the shop's products. */
  readonly products: readonly ProductDay[]
}

export interface ProductDay {
  /** Known ahead for the product: `discount`, `activity`. */
  readonly ahead: Readonly<Record<string, number>>
  /** Units sold in each hour of the local clock, multiples of `UNIT`. */
  readonly sold: readonly number[]
  /** Minutes of each hour without stock. */
  readonly minutesOut: readonly number[]
  /** On the shelf and on its way at the end of each hour, where that is measured; shorter while the day is played. */
  readonly shelf?: readonly ShelfLevel[]
}

export interface ShelfLevel {
  readonly stock: number
  readonly onOrder: number
}

/** A shop whose staff order by suggestions: what it sells from a day on is not told before it has been played. */
export interface StockedShop extends Shop {
  /** First day that is played, hour by hour; until the day before, shelves are filled as in any shop. */
  readonly playedFrom: number
  /** Plays an hour; each once, in order. The day then tells of it. */
  play(index: number, hour: number): void
  /** Units that come to the shelf `DELIVERY_HOURS` later. @param at store time */
  order(entity: string, quantity: number, at: number): void
}

export const isStocked = (shop: Shop): shop is StockedShop => 'playedFrom' in shop

/** The smallest quantity sold. */
export const UNIT = 0.1
/** First and last hour of trade, both included. */
export const OPEN: readonly [number, number] = [6, 22]
export const HOURS = 24
/** From an order to the next full hour after it at which it is on the shelf. */
export const DELIVERY_HOURS = 3
const DAY_MS = 86_400_000

/** The local day `index` days after `firstDay`. */
export const dateAfter = (firstDay: string, index: number): string =>
  new Date(Date.parse(`${firstDay}T00:00:00Z`) + index * DAY_MS).toISOString().slice(0, 10)

/** 0 Monday … 6 Sunday. */
export const weekdayOf = (date: string): number => (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7
