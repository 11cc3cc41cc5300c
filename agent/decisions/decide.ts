import type { Decided, DecisionRule } from '@storecast/shared/decisions/rule'
import { accumulate } from '@storecast/shared/forecasts'
import type { Newest } from './readings.ts'

/** Why nothing is decided on a product. */
export type SkipCause =
  | 'stock-missing'
  | 'stock-stale'
  | 'on-order-missing'
  | 'on-order-stale'
  | 'forecast-broken'
  | 'expression-failed'

/** The forecast of a product's local day. */
export interface ProductForecast {
  readonly entity: string
  /** Of the day's total, ascending, [Q]. */
  readonly quantiles: ArrayLike<number>
  /** Share of the total by hour; sums to 1. */
  readonly profile: ArrayLike<number>
}

export interface DecideOptions {
  readonly rule: DecisionRule
  /** Of the quantiles, ascending. */
  readonly levels: readonly number[]
  /** Hours of the day that an order has to last for. */
  readonly leadHours: number
  /** Oldest end of a window whose reading still says something, unix ms. */
  readonly freshFrom: number
  readonly stock: ReadonlyMap<string, Newest>
  /** Undefined: nothing is ever on order. */
  readonly onOrder: ReadonlyMap<string, Newest> | undefined
  /** Units in which a product is delivered. */
  readonly packOf: (entity: string) => number
}

export interface Decision extends Decided {
  readonly entity: string
  /** Of the demand accumulated over the lead time, ascending, [Q]. */
  readonly quantiles: Float32Array
  readonly stock: number
  readonly onOrder: number
}

/** Decides on one product, or says why not. An order is only suggested by what is known of the shelf now. */
export function decide(forecast: ProductForecast, options: DecideOptions): Decision | { readonly cause: SkipCause } {
  const { rule, levels, leadHours, freshFrom, packOf } = options
  const { entity } = forecast
  const stock = options.stock.get(entity)
  if (!stock) return { cause: 'stock-missing' }
  if (stock.at < freshFrom) return { cause: 'stock-stale' }
  const ordered = options.onOrder ? options.onOrder.get(entity) : { value: 0, at: freshFrom }
  if (!ordered) return { cause: 'on-order-missing' }
  if (ordered.at < freshFrom) return { cause: 'on-order-stale' }
  const hour = leadHours - 1
  const quantiles = accumulate({ ...forecast, levels }).subarray(hour * levels.length, leadHours * levels.length)
  if (!quantiles.every(Number.isFinite)) return { cause: 'forecast-broken' }
  const position = { stock: stock.value, onOrder: ordered.value }
  const decided = rule({ quantiles, ...position, pack: packOf(entity) })
  return 'error' in decided ? { cause: 'expression-failed' } : { entity, quantiles, ...position, ...decided }
}
