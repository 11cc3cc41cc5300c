/**
 * - `benjamini-hochberg`: the expected share of false alarms among all alarms is at most the level where tests are
 *   independent or depend positively. Y. Benjamini, Y. Hochberg, JRSS B 57 (1995).
 * - `benjamini-yekutieli`: under any dependence, at the price of a factor Σ1/i. Annals of Statistics 29 (2001).
 */
export type FalseDiscoveryMethod = 'benjamini-hochberg' | 'benjamini-yekutieli'

/**
 * Adjusted p-values (q-values), in the order given: a test is a discovery at level α where its q ≤ α. Equal to
 * `scipy.stats.false_discovery_control`.
 */
export function falseDiscovery(
  pValues: readonly number[],
  method: FalseDiscoveryMethod = 'benjamini-hochberg',
): number[] {
  const count = pValues.length
  const order = [...pValues.keys()].sort((i, j) => pValues[i]! - pValues[j]!)
  let penalty = 1
  if (method === 'benjamini-yekutieli') for (let i = 2; i <= count; i++) penalty += 1 / i
  const adjusted = new Array<number>(count)
  let least = 1
  for (let rank = count; rank >= 1; rank--) {
    const at = order[rank - 1]!
    least = Math.min(least, (pValues[at]! * count * penalty) / rank)
    adjusted[at] = least
  }
  return adjusted
}

/** The largest p-value that is still a discovery at the level; 0 where there is none. */
export function discoveryThreshold(pValues: readonly number[], adjusted: readonly number[], level: number): number {
  return pValues.reduce((largest, p, i) => (adjusted[i]! <= level ? Math.max(largest, p) : largest), 0)
}
