import { HOURS, OPEN, type Shop } from './shop.ts'

/** Marginal statistics of sales, by which a simulated shop is held against recorded ones. */
export interface DemandStatistics {
  /** Units a day, on days without a stock-out in the hours of trade. */
  readonly meanPerDay: number
  /** Share of the hours of trade, with stock, in which nothing was sold. */
  readonly zeroHours: number
  /** Share of product-days with a stock-out in the hours of trade. */
  readonly stockoutDays: number
  /** Median over products of the day's standard deviation over its mean, in-stock days. */
  readonly variation: number
  /** Mean of the weekend's in-stock days over the other days'. */
  readonly weekend: number
  /** Share of sales by hour, in-stock days. */
  readonly hours: readonly number[]
  /** Share of product-days without stock in that hour. */
  readonly outByHour: readonly number[]
}

export function demandStatistics(shops: readonly Shop[]): DemandStatistics {
  const hours = new Float64Array(HOURS)
  const out = new Float64Array(HOURS)
  const weekend = { sum: 0, count: 0 }
  const week = { sum: 0, count: 0 }
  const variations: number[] = []
  let [rows, censored, openHours, zeroHours] = [0, 0, 0, 0]
  for (const shop of shops) {
    const totals: number[][] = shop.products.map(() => [])
    for (let index = 0; index < shop.days; index++) {
      const { date, products } = shop.day(index)
      const kind = [0, 6].includes(new Date(`${date}T00:00:00Z`).getUTCDay()) ? weekend : week
      for (const [at, { sold, minutesOut }] of products.entries()) {
        rows++
        let inStock = true
        for (let hour = 0; hour < HOURS; hour++) {
          if (minutesOut[hour]! > 0) out[hour]!++
          if (hour < OPEN[0] || hour > OPEN[1]) continue
          if (minutesOut[hour]! > 0) inStock = false
          else {
            openHours++
            if (sold[hour] === 0) zeroHours++
          }
        }
        if (!inStock) {
          censored++
          continue
        }
        const total = sold.reduce((a, b) => a + b, 0)
        totals[at]!.push(total)
        kind.sum += total
        kind.count++
        for (let hour = 0; hour < HOURS; hour++) hours[hour]! += sold[hour]!
      }
    }
    for (const days of totals) if (days.length >= 20) variations.push(variation(days))
  }
  const sold = hours.reduce((a, b) => a + b, 0)
  return {
    meanPerDay: (weekend.sum + week.sum) / (weekend.count + week.count),
    zeroHours: zeroHours / openHours,
    stockoutDays: censored / rows,
    variation: variations.sort((a, b) => a - b)[variations.length >> 1]!,
    weekend: weekend.sum / weekend.count / (week.sum / week.count),
    hours: Array.from(hours, (units) => units / sold),
    outByHour: Array.from(out, (count) => count / rows),
  }
}

function variation(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return Math.sqrt(squares / (values.length - 1)) / mean
}
