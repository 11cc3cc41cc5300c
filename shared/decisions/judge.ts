import type { DecisionOutcome, DecisionRecord } from '../contracts/index.ts'

/** Stored in single precision: differences of less are none. */
const PRECISION = 1e-6

/**
 * Whether a decision was right, in hindsight, by what was left of stock and orders at the end of the lead time,
 *
 *   left = stock + onOrder − actual
 *
 * A hold was right where the shop did not run out: not stockOut and left ≥ 0. A reorder was right where, without it, the shop
 * would have run out or begun to live on its safety stock: stockOut or left < safety. Safety stock is what the rule itself
 * keeps above the demand that is expected: the highest quantile of the accumulated demand less the middle one; an order is due
 * when what will be left falls below it (E. A. Silver, D. F. Pyke, D. J. Thomas, Inventory and Production Management in Supply
 * Chains, §6.3). Of one who asks for so much safety an order is no error because the rare day did not come; one is where the
 * safety would have been there without it.
 *
 * What staff chose does not count: an order that was placed and sold was needed, one that was rejected and missed too. In a
 * stock-out `actual` is only a lower bound of the demand, and is not asked.
 */
export function judgeDecision(
  { action, stock, onOrder, quantiles }: Pick<DecisionRecord, 'action' | 'stock' | 'onOrder' | 'quantiles'>,
  { actual, stockOut }: Pick<DecisionOutcome, 'actual' | 'stockOut'>,
): boolean {
  const left = stock + onOrder - actual
  const precision = PRECISION * Math.max(1, Math.abs(stock + onOrder))
  if (action === 'hold') return !stockOut && left >= -precision
  const safety = quantiles.length === 0 ? 0 : quantiles.at(-1)! - quantiles[quantiles.length >> 1]!
  return stockOut || left < safety - precision
}
