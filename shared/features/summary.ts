import { DAILY_HISTORY_DAYS, type DailyHistory } from './history.ts'

/** Windows in days over which means are taken. */
export const MEAN_DAYS = [3, 7, 14, 28] as const
export const LAG_DAYS = [1, 2, 3, 7, 14] as const
/** Decay of the exponential mean, per day. */
const DECAY = 0.8

/** Fields of one product's summary, in units unless said otherwise. Field `f` of product `i` is at `i * FIELDS + f`. */
export const field = {
  /** Five lags; the 7-day mean where that day is not known. */
  lag: 0,
  /** Mean of all known days in the last 3, 7, 14, 28. */
  mean: 5,
  /** Mean of the known days without a stock-out in the last 3, 7, 14, 28. */
  inStockMean: 9,
  /** Same weekday: mean of the in-stock ones in four weeks. */
  weekdayMean: 13,
  /** Standard deviation of in-stock days over 7 and 28 days. */
  sd: 14,
  /** Exponential mean of in-stock days. */
  exponential: 16,
  /** Share of in-stock days in the last 7 and 28 (0 to 1). */
  inStockShare: 17,
  /** Stock-out hours of yesterday, and their mean over 7 days. */
  stockoutHours: 19,
  /** Days known, of the last 28, as a share (0 to 1). */
  known: 21,
  /** Sum and count over the in-stock ones of the last 1 and 3 days. */
  recent: 22,
} as const
export const FIELDS = 26

/**
 * Summarises every product's history into `out` [N×FIELDS]. A window without the days it needs takes the next larger
 * one's value, at last the site's mean product: a short history gives features, not gaps.
 */
export function summarise(history: DailyHistory, out: Float64Array): void {
  let siteSum = 0
  let siteCount = 0
  for (let i = 0; i < history.entities; i++) {
    summariseOne(history, i, out)
    const level = out[i * FIELDS + field.inStockMean + 3]!
    if (!Number.isNaN(level)) {
      siteSum += level
      siteCount++
    }
  }
  const siteMean = siteCount === 0 ? 0 : siteSum / siteCount
  for (let i = 0; i < history.entities; i++) fillGaps(out, i * FIELDS, siteMean)
}

function summariseOne(history: DailyHistory, entity: number, out: Float64Array): void {
  const { units, stockoutHours } = history
  const end = entity * history.stride + history.first + history.days
  const at = entity * FIELDS
  const reach = Math.min(history.days, DAILY_HISTORY_DAYS)
  out.fill(Number.NaN, at, at + field.inStockShare)
  out.fill(0, at + field.inStockShare, at + FIELDS)
  let count = 0
  let sum = 0
  let stockCount = 0
  let stockSum = 0
  let stockSquares = 0
  let weekdayCount = 0
  let weekdaySum = 0
  let weights = 0
  let weighted = 0
  let weight = 1
  let hours = 0
  for (let age = 1, window = 0, lag = 0; age <= DAILY_HISTORY_DAYS; age++, weight *= DECAY) {
    const y = age <= reach ? units[end - age]! : Number.NaN
    if (age === LAG_DAYS[lag]) out[at + field.lag + lag++] = y
    if (!Number.isNaN(y)) {
      const out24 = stockoutHours[end - age]!
      count++
      sum += y
      if (age <= 7) hours += out24
      if (age === 1) out[at + field.stockoutHours] = out24
      if (out24 === 0) {
        stockCount++
        stockSum += y
        stockSquares += y * y
        weights += weight
        weighted += weight * y
        if (age % 7 === 0) {
          weekdayCount++
          weekdaySum += y
        }
      }
    }
    if (age === 1 || age === 3) {
      const recent = at + field.recent + (age === 1 ? 0 : 2)
      out[recent] = stockSum
      out[recent + 1] = stockCount
    }
    if (age === MEAN_DAYS[window]) {
      if (count > 0) out[at + field.mean + window] = sum / count
      if (stockCount > 0) out[at + field.inStockMean + window] = stockSum / stockCount
      if (age === 7 || age === 28) {
        const mean = stockSum / stockCount
        const which = age === 7 ? 0 : 1
        if (stockCount > 1) out[at + field.sd + which] = Math.sqrt(Math.max(0, stockSquares / stockCount - mean * mean))
        out[at + field.inStockShare + which] = count === 0 ? 0 : stockCount / count
      }
      if (age === 7) out[at + field.stockoutHours + 1] = count === 0 ? 0 : hours / count
      window++
    }
  }
  if (weekdayCount > 0) out[at + field.weekdayMean] = weekdaySum / weekdayCount
  if (weights > 0) out[at + field.exponential] = weighted / weights
  out[at + field.known] = count / DAILY_HISTORY_DAYS
}

function fillGaps(out: Float64Array, at: number, siteMean: number): void {
  let mean = siteMean
  let inStock = Number.NaN
  for (let window = MEAN_DAYS.length - 1; window >= 0; window--) {
    const known = out[at + field.mean + window]!
    if (!Number.isNaN(known)) mean = known
    out[at + field.mean + window] = mean
    const stocked = out[at + field.inStockMean + window]!
    if (!Number.isNaN(stocked)) inStock = stocked
    out[at + field.inStockMean + window] = Number.isNaN(inStock) ? mean : inStock
  }
  const level = out[at + field.inStockMean + 1]!
  const recent = out[at + field.mean + 1]!
  for (let lag = 0; lag < LAG_DAYS.length; lag++) replaceGap(out, at + field.lag + lag, recent)
  replaceGap(out, at + field.weekdayMean, level)
  replaceGap(out, at + field.exponential, level)
  replaceGap(out, at + field.sd + 1, level)
  replaceGap(out, at + field.sd, out[at + field.sd + 1]!)
}

function replaceGap(out: Float64Array, at: number, value: number): void {
  if (Number.isNaN(out[at])) out[at] = value
}
