import type { DecisionOutcome, DecisionRecord } from '../contracts/index.ts'

/** Stored in single precision: differences of less are none. */
const PRECISION = 1e-6

/**
 * Whether a decision was right, in hindsight. A reorder was needed where the shop ran out of the product during the lead time,
 * or sold more than it had at the decision, on hand and on order:
 *
 *   needed = stockOut or actual > stock + onOrder;  correct = (action is "reorder") = needed
 *
 * What staff chose does not count: an order that was placed and sold was needed, one that was rejected and missed too. In a
 * stock-out `actual` is only a lower bound of the demand, and is not asked.
 */
export function judgeDecision(
  { action, stock, onOrder }: Pick<DecisionRecord, 'action' | 'stock' | 'onOrder'>,
  { actual, stockOut }: Pick<DecisionOutcome, 'actual' | 'stockOut'>,
): boolean {
  const position = stock + onOrder
  const exceeded = actual - position > PRECISION * Math.max(1, Math.abs(position))
  return (action === 'reorder') === (stockOut || exceeded)
}
