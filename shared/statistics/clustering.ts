/**
 * Rows of one shop and week are alike: products share the weather, and this week is much as the last. A sample says less
 * than its rows promise. How much less is measured on the reference, block by block (a block: a site's week), as the design
 * effect of survey statistics.
 */
export interface Clustering {
  /** Correlation of two rows of one block, in shares of the bins: mean over the bins' independent contrasts (0 to 1). */
  readonly mean: number
  /** Mean of its square over them: how unequal they are. */
  readonly square: number
  /** The largest, of the shares at or below each cut and of the mean rank: what the distribution function is off by. */
  readonly largest: number
  /** Correlation of a block with the next, a standard error above its estimate (0 to 1). */
  readonly carry: number
  /** Blocks that all this is estimated from, less the means that were subtracted. */
  readonly freedom: number
}

/** Independent rows, known to be so. */
export const INDEPENDENT: Clustering = { mean: 0, square: 0, largest: 0, carry: 0, freedom: Number.POSITIVE_INFINITY }

/** Rows, and the blocks that they came in: whole ones and parts (10 days are 1.43 weeks). */
export interface SampleSize {
  readonly rows: number
  readonly blocks: number
}

/** By what the variance of shares is multiplied, against independent rows. */
export interface DesignEffect {
  /** For PSI: mean of the weights, and what share of all contrasts matter (Satterthwaite). */
  readonly mean: number
  readonly contrasts: number
  /** For the distribution function as a whole. */
  readonly largest: number
}

/** L. Kish, Survey Sampling (1965): 1 + (n − 1)·ρ for blocks of n rows, times what successive blocks have in common. */
export function designEffect({ mean, square, largest, carry }: Clustering, { rows, blocks }: SampleSize): DesignEffect {
  const more = Math.max(0, rows / blocks - 1)
  const first = 1 + more * mean
  const second = Math.max(first ** 2, 1 + 2 * more * mean + more ** 2 * square)
  const successive = 1 + (2 * carry * Math.max(0, blocks - 1)) / blocks
  return {
    // Rao–Scott of second order: χ² with `contrasts` as many degrees of freedom, in units of its own mean.
    mean: first * successive,
    contrasts: first ** 2 / second,
    largest: (1 + more * largest) * successive,
  }
}

/**
 * Estimates the clustering from counts by bin, [group][block][bin]: blocks scatter around the mean of their own group (a
 * site: sites that differ for good are no drift of any). Blocks in order of time; one without rows is left out. Needs two
 * blocks in some group, else undefined.
 */
export function clusteringOf(groups: readonly (readonly (readonly number[])[])[]): Clustering | undefined {
  const used = groups
    .map((blocks) => blocks.map((counts) => ({ counts, rows: sum(counts) })).filter(({ rows }) => rows > 0))
    .filter((blocks) => blocks.length > 1)
  const bins = used[0]?.[0]?.counts.length ?? 0
  if (bins < 2) return undefined
  const scatter = Array.from({ length: bins }, () => new Float64Array(bins))
  const shares = new Float64Array(bins)
  let [freedom, rows, sizes, carried, carriedOf] = [0, 0, 0, 0, 0]
  for (const blocks of used) {
    const total = sum(blocks.map((block) => block.rows))
    const usual = Array.from({ length: bins }, (_, b) => sum(blocks.map(({ counts }) => counts[b]!)) / total)
    const apart = blocks.map(({ counts, rows }) =>
      counts.map((count, b) => (count / rows - usual[b]!) * Math.sqrt(rows)),
    )
    for (const one of apart) {
      for (let i = 0; i < bins; i++) for (let j = 0; j < bins; j++) scatter[i]![j]! += one[i]! * one[j]!
    }
    // Around an estimated mean a block and the next correlate by −1/K: added back.
    const own = sum(apart.map((one) => sum(one.map((value) => value ** 2))))
    const next = sum(apart.slice(1).map((one, t) => sum(one.map((value, b) => value * apart[t]![b]!))))
    carried += next + own / blocks.length
    carriedOf += (own * (blocks.length - 1)) / blocks.length
    freedom += blocks.length - 1
    rows += total
    sizes += total - sum(blocks.map((block) => block.rows ** 2)) / total
    usual.forEach((share, b) => {
      shares[b]! += share * total
    })
  }
  // The size of blocks in the expectation of a mean square between unequal ones.
  const perBlock = sizes / freedom
  if (perBlock <= 1) return { ...INDEPENDENT, freedom }
  const p = Array.from(shares, (share) => share / rows)
  const weights = p.map((share) => Math.sqrt(freedom * Math.max(share, 1e-9)))
  const matrix = scatter.map((row, i) => Array.from(row, (value, j) => value / (weights[i]! * weights[j]!)))
  const contrasts = bins - 1
  const trace = sum(matrix.map((row, i) => row[i]!))
  const plain = sum(matrix.map((row) => sum(row.map((value) => value ** 2))))
  // Unbiased for tr A² where A is estimated: Z. Bai, H. Saranadasa, Statistica Sinica 6 (1996).
  const unbiased =
    freedom > 1 ? (freedom ** 2 / ((freedom + 2) * (freedom - 1))) * (plain - trace ** 2 / freedom) : plain
  const squares = Math.max(trace ** 2 / contrasts, unbiased)
  const more = perBlock - 1
  // A standard error above the estimate: what is taken for too little would alarm. Of independent blocks it is 1/√(their
  // contrasts in all).
  const carry = carriedOf > 0 ? carried / carriedOf + Math.sqrt(squares / trace ** 2 / freedom) : 0
  return {
    mean: Math.max(0, trace / contrasts - 1) / more,
    square: Math.max(0, (squares - 2 * trace) / contrasts + 1) / more ** 2,
    largest: Math.max(0, largestRatio(scatter, p, freedom) - 1) / more,
    carry: Math.min(1, Math.max(0, carry)),
    freedom,
  }
}

/** The largest variance ratio among the shares at or below each cut, and the mean rank (ridits: I. Bross, 1958). */
function largestRatio(scatter: readonly Float64Array[], p: readonly number[], freedom: number): number {
  const below = p.map((_, cut) => sum(p.slice(0, cut + 1)))
  const scores = [
    ...p.slice(1).map((_, cut) => p.map((_, bin) => (bin <= cut ? 1 : 0))),
    p.map((share, bin) => below[bin]! - share / 2),
  ]
  const ratios = scores.map((score) => {
    const mean = sum(score.map((value, bin) => value * p[bin]!))
    const usual = sum(score.map((value, bin) => value ** 2 * p[bin]!)) - mean ** 2
    const variance =
      sum(score.map((value, i) => value * sum(score.map((other, j) => other * scatter[i]![j]!)))) / freedom
    return usual > 0 ? variance / usual : 1
  })
  return Math.max(...ratios)
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
