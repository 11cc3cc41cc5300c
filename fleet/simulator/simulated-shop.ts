import { type Draws, draws } from './draws.ts'
import { productNamed } from './names.ts'
import { simulatePrices } from './prices.ts'
import { type DemandShift, shifted } from './shift.ts'
import { dateAfter, HOURS, type Product, type ProductDay, type Shop, type ShopDay, UNIT, weekdayOf } from './shop.ts'
import { drawTaste, type Taste } from './taste.ts'
import { simulateWeather, type Weather } from './weather.ts'

export interface SimulatedShopOptions {
  readonly site: string
  readonly seed: number
  readonly products: number
  readonly firstDay: string
  readonly days: number
  readonly timeZone?: string
  /** From that day on, customers buy otherwise. */
  readonly shift?: DemandShift
}

/** Days before `firstDay` for which the shop runs unseen, so that stocks and moods are not those of a shop just opened. */
const SETTLING = 14
/** Public holidays fall on weekends, and on this share of the other days. */
const HOLIDAYS = 0.05

/**
 * A shop drawn from a seed: many products that sell seldom, day factors that products share in part, promotions, weather,
 * and stocks that run out. What could not be sold is lost, so that sales are demand cut off at the stock, as in a real shop.
 */
export function simulateShop(options: SimulatedShopOptions): Shop {
  return simulateRuns(options).shop
}

/** A product's days as they went, and what customers wanted that day: also where it was not sold. */
export interface ProductRun {
  readonly days: readonly ProductDay[]
  /** Mean number of `UNIT`s wanted in an hour. */
  readonly wanted: (day: number, hour: number) => number
  /** `UNIT`s left when a day ended. */
  readonly left: readonly number[]
}

/** A shop with what lies behind it; days count from its first. */
export function simulateRuns(options: SimulatedShopOptions): { shop: Shop; runs: readonly ProductRun[] } {
  const { site, seed, firstDay, days, timeZone = 'Asia/Shanghai', shift } = options
  const span = SETTLING + days
  const dates = Array.from({ length: span }, (_, index) => dateAfter(firstDay, index - SETTLING))
  const calendar = draws(seed, 'calendar')
  const holidays = dates.map((date) => weekdayOf(date) >= 5 || calendar.chance(HOLIDAYS))
  const weather = simulateWeather(seed, span)
  const mood = autoregression(draws(seed, site, 'mood'), span, { correlation: 0.5, deviation: 0.08 })

  const products: Product[] = []
  const runs: ProductRun[] = []
  for (let index = 0; index < options.products; index++) {
    const id = `${1001 + index}`
    const categories = { category1: `${index % 5}`, category3: `${index % 5}${index % 3}` }
    products.push({ id, attributes: { ...categories, ...productNamed(index) } })
    const usual = drawTaste(draws(seed, site, id, 'taste'))
    runs.push(
      simulateProduct({
        random: draws(seed, site, id),
        tasteOn: (day) => (shift ? shifted(usual, shift, dates[day]!, index) : usual),
        dates,
        holidays,
        weather,
        mood,
      }),
    )
  }
  const shop: Shop = {
    site,
    timeZone,
    labels: { region: 'simulated' },
    products,
    firstDay,
    days,
    day(index): ShopDay {
      const at = index + SETTLING
      if (index < 0 || index >= days) throw new RangeError(`day ${index} of ${site}: it has days 0 to ${days - 1}`)
      return {
        date: dates[at]!,
        ahead: { holiday: holidays[at] ? 1 : 0, ...weather[at]! },
        products: runs.map((run) => run.days[index]!),
      }
    },
  }
  return { shop, runs }
}

interface ProductConditions {
  readonly random: Draws
  readonly tasteOn: (day: number) => Taste
  readonly dates: readonly string[]
  readonly holidays: readonly boolean[]
  readonly weather: readonly Weather[]
  readonly mood: readonly number[]
}

function simulateProduct({ random, tasteOn, dates, holidays, weather, mood }: ProductConditions): ProductRun {
  const prices = simulatePrices(random, dates.length)
  const fashion = autoregression(random, dates.length, { correlation: 0.9, deviation: 0.15 })
  const deliveries = delivery(random)
  const means: number[] = []
  const left: number[] = []
  const all = dates.map((date, day) => {
    const taste = tasteOn(day)
    const ahead = prices[day]!
    const usual = taste.base * Math.exp(fashion[day]!) * taste.weekday[weekdayOf(date)]!
    const drawn =
      usual *
      ahead.discount ** -taste.elasticity *
      (ahead.activity === 1 ? taste.activity : 1) *
      (holidays[day] ? taste.holiday : 1) *
      Math.exp((taste.warmth * (weather[day]!.temperature - 22)) / 5 + (taste.wetness * weather[day]!.rain) / 5)
    const mean = drawn * Math.exp(mood[day]!) * random.gamma(20)
    // The shop orders for what it can foresee, not for how the day turns out.
    const went = deliveries.sell({ taste, mean, stock: drawn * taste.cover * random.gamma(16) })
    means.push(mean)
    left.push(went.left)
    return { ahead, sold: went.sold, minutesOut: went.minutesOut }
  })
  return {
    days: all.slice(SETTLING),
    wanted: (day, hour) => (means[day + SETTLING]! * tasteOn(day + SETTLING).hours[hour]!) / UNIT,
    left: left.slice(SETTLING),
  }
}

/** Carries over from day to day whether the shelf stayed empty overnight. */
function delivery(random: Draws) {
  let emptyOvernight = false
  return {
    /** Sells hour by hour until the stock is gone; it comes back with the next delivery, usually before the doors open. */
    sell({
      taste,
      mean,
      stock,
    }: {
      taste: Taste
      mean: number
      stock: number
    }): Omit<ProductDay, 'ahead'> & { left: number } {
      const early = 3 + random.below(4)
      const delivered = !emptyOvernight ? 0 : random.chance(0.07) ? 8 + random.below(8) : Math.min(early, 6)
      let left = Math.max(1, Math.round(stock / UNIT))
      const sold: number[] = []
      const minutesOut: number[] = []
      for (let hour = 0; hour < HOURS; hour++) {
        if (hour < delivered || left === 0) {
          sold.push(0)
          minutesOut.push(60)
          continue
        }
        const wanted = random.poisson((mean * taste.hours[hour]!) / UNIT)
        const taken = Math.min(wanted, left)
        left -= taken
        sold.push(taken / 10)
        minutesOut.push(left === 0 ? Math.round(60 * random.uniform()) : 0)
      }
      emptyOvernight = left === 0
      return { sold, minutesOut, left }
    },
  }
}

function autoregression(
  random: Draws,
  days: number,
  { correlation, deviation }: { correlation: number; deviation: number },
): number[] {
  const shock = deviation * Math.sqrt(1 - correlation ** 2)
  let value = deviation * random.normal()
  return Array.from({ length: days }, () => {
    value = correlation * value + shock * random.normal()
    return value
  })
}
