import { calendar } from '@storecast/shared/windows'
import { draws } from './draws.ts'
import { DELIVERY_HOURS, HOURS, type ProductDay, type ShelfLevel, type StockedShop, UNIT } from './shop.ts'
import { type ProductRun, type SimulatedShopOptions, simulateRuns } from './simulated-shop.ts'

export interface StockedShopOptions extends SimulatedShopOptions {
  /** Local day from which staff order what they are suggested; on the day before, shelves are measured for the first time. */
  readonly playedFrom: string
}

const HOUR = 3_600_000
/** Days for which a pack of what a shop sells usually lasts. */
const PACK_DAYS = 4

interface Delivery {
  readonly at: number
  /** In `UNIT`s. */
  readonly amount: number
}

/** A product while its days are played: whole numbers of `UNIT`. */
interface Shelf {
  stock: number
  deliveries: Delivery[]
  readonly days: Map<number, { readonly sold: number[]; readonly minutesOut: number[]; readonly shelf: ShelfLevel[] }>
}

/**
 * The shop that `simulateShop` makes of the same options, until `playedFrom`: from there on its customers want what they would
 * have wanted, and get what staff have ordered. Nothing spoils: what is left stays on the shelf.
 */
export function simulateStockedShop({ playedFrom: from, ...options }: StockedShopOptions): StockedShop {
  const { shop, runs } = simulateRuns(options)
  const { site, seed } = options
  const zone = calendar(shop.timeZone)
  const playedFrom = Math.round((Date.parse(from) - Date.parse(shop.firstDay)) / (HOURS * HOUR))
  const shelves = runs.map(({ left }): Shelf => ({ stock: left[playedFrom - 1] ?? 0, deliveries: [], days: new Map() }))
  const shelfOf = new Map(shop.products.map(({ id }, at) => [id, shelves[at]!]))

  const productDay = (index: number, at: number, day: ProductDay): ProductDay => {
    if (index >= playedFrom) return { ...day, sold: NOTHING, minutesOut: NOTHING, ...shelves[at]!.days.get(index) }
    return index === playedFrom - 1 ? { ...day, shelf: levels(day, runs[at]!, index) } : day
  }
  const playProduct = (at: number, index: number, hour: number, began: number) => {
    const shelf = shelves[at]!
    const arrived = shelf.deliveries.filter((delivery) => delivery.at <= began)
    shelf.deliveries = shelf.deliveries.filter((delivery) => delivery.at > began)
    shelf.stock += total(arrived)
    const random = draws(seed, site, shop.products[at]!.id, index, hour)
    const isEmpty = shelf.stock === 0
    const taken = Math.min(shelf.stock, random.poisson(runs[at]!.wanted(index, hour)))
    shelf.stock -= taken
    const day = shelf.days.get(index) ?? { sold: [...NOTHING], minutesOut: [...NOTHING], shelf: [] }
    shelf.days.set(index, day)
    day.sold[hour] = units(taken)
    day.minutesOut[hour] = isEmpty ? 60 : shelf.stock === 0 ? Math.round(60 * random.uniform()) : 0
    day.shelf[hour] = { stock: units(shelf.stock), onOrder: units(total(shelf.deliveries)) }
  }
  const products = shop.products.map(({ id, attributes }, at) => ({
    id,
    attributes: { ...attributes, pack: packOf(runs[at]!, playedFrom) },
  }))
  return {
    ...shop,
    products,
    playedFrom,
    day(index) {
      const day = shop.day(index)
      return { ...day, products: day.products.map((product, at) => productDay(index, at, product)) }
    },
    play(index, hour) {
      const began = zone.daySpan(shop.day(index).date).start + hour * HOUR
      for (const at of shelves.keys()) playProduct(at, index, hour, began)
    },
    order(entity, quantity, at) {
      const shelf = shelfOf.get(entity)
      if (!shelf) throw new RangeError(`${site} has no product ${entity} to order`)
      const arrives = Math.ceil(at / HOUR + DELIVERY_HOURS) * HOUR
      shelf.deliveries.push({ at: arrives, amount: Math.round(quantity / UNIT) })
    },
  }
}

const NOTHING: readonly number[] = Array.from({ length: HOURS }, () => 0)
const total = (deliveries: readonly Delivery[]) => deliveries.reduce((sum, { amount }) => sum + amount, 0)
const units = (amount: number) => amount / Math.round(1 / UNIT)

/** Whole units that usually last for some days. */
function packOf({ days }: ProductRun, before: number): string {
  const past = days.slice(Math.max(0, before - 28), before)
  const sold = past.reduce((sum, day) => sum + day.sold.reduce((a, b) => a + b, 0), 0)
  return `${Math.max(1, Math.round((PACK_DAYS * sold) / Math.max(1, past.length)))}`
}

/** Of a day that went as in any shop, told backwards from what was left in the end. */
function levels({ sold }: ProductDay, { left }: ProductRun, index: number): ShelfLevel[] {
  const shelf: ShelfLevel[] = []
  for (let hour = HOURS - 1, stock = left[index]!; hour >= 0; hour--) {
    shelf[hour] = { stock: units(stock), onOrder: 0 }
    stock += Math.round(sold[hour]! / UNIT)
  }
  return shelf
}
