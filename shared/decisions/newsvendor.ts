import { normalQuantile } from '../statistics/index.ts'

/**
 * The level of the demand's quantile to have in the shop, cu / (cu + co): where a further unit is as likely to save `under` as
 * to cost `over`. K. J. Arrow, T. Harris, J. Marschak, "Optimal Inventory Policy", Econometrica 19 (1951); W. L. Winston,
 * Operations Research, §16.2 (the newsvendor problem).
 * @param costs of a unit that is missing and of one left over, both above 0
 */
export const criticalRatio = ({ under, over }: { readonly under: number; readonly over: number }): number =>
  under / (under + over)

/**
 * A quantile at any level, from those at some: on the straight line between its neighbours over standard normal quantiles, on
 * which a normal distribution lies; beyond the outermost two on theirs. Never below 0; one quantile alone is flat.
 * @param quantiles of a demand, ascending, [Q]
 * @param levels of the quantiles, ascending, [Q], Q ≥ 1
 */
export function quantileAt(options: {
  readonly quantiles: ArrayLike<number>
  readonly levels: readonly number[]
  readonly level: number
}): number {
  const { quantiles, levels, level } = options
  if (levels.length === 1) return Math.max(0, quantiles[0]!)
  const above = levels.findIndex((known) => known >= level)
  const right = above === -1 ? levels.length - 1 : Math.max(1, above)
  const [low, high] = [quantiles[right - 1]!, quantiles[right]!]
  const [from, to] = [normalQuantile(levels[right - 1]!), normalQuantile(levels[right]!)]
  return Math.max(0, low + ((high - low) * (normalQuantile(level) - from)) / (to - from))
}

/**
 * What to order so that stock and what is on its way reach `target`: in whole packs, 0 where they do.
 * @param pack units of one, above 0
 */
export function orderQuantity(options: {
  readonly target: number
  readonly stock: number
  readonly onOrder: number
  readonly pack: number
}): number {
  const { target, stock, onOrder, pack } = options
  const packs = Math.ceil((target - stock - onOrder) / pack - ROUNDING)
  // Twelve digits: 3 packs of 0.1 are 0.3.
  return packs > 0 ? Number((packs * pack).toPrecision(12)) : 0
}

/** A share of a pack that is not there but by rounding. */
const ROUNDING = 1e-6
