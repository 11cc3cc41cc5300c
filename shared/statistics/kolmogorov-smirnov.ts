import type { SketchBins } from '../contracts/records.ts'
import { type Distribution, ofSketch, walk } from './distribution.ts'

/**
 * Two-sample Kolmogorov–Smirnov statistic D = sup |F − G|; 0 where one sample is empty. Equal to
 * `scipy.stats.ks_2samp(...).statistic`.
 */
export function kolmogorovSmirnov(a: Distribution, b: Distribution): number {
  let largest = 0
  if (a.total === 0 || b.total === 0) return 0
  walk(a, b, (below) => {
    largest = Math.max(largest, Math.abs(below.a / a.total - below.b / b.total))
  })
  return largest
}

/**
 * D of what two sketches of one grid (same centre and resolution) hold, as an interval: at the bins' borders both
 * distributions are known exactly, inside a bin either can lead the other by at most what the bin holds of it. D lies in
 * [low, high], and low is what is tested with.
 *
 * For x in a bin with borders l < u and shares f, g: F(x) − G(x) ≤ min(F(u) − G(u) + g, F(l) − G(l) + f).
 */
export function kolmogorovSmirnovOfSketches(
  a: SketchBins,
  b: SketchBins,
): { readonly low: number; readonly high: number } {
  const [x, y] = [ofSketch(a), ofSketch(b)]
  if (x.total === 0 || y.total === 0) return { low: 0, high: 0 }
  let [low, high] = [0, 0]
  const before = { a: 0, b: 0 }
  walk(x, y, (below) => {
    const [atLower, atUpper] = [before.a / x.total - before.b / y.total, below.a / x.total - below.b / y.total]
    const [f, g] = [(below.a - before.a) / x.total, (below.b - before.b) / y.total]
    low = Math.max(low, Math.abs(atUpper))
    high = Math.max(high, Math.min(atUpper + g, atLower + f), Math.min(f - atUpper, g - atLower))
    before.a = below.a
    before.b = below.b
  })
  return { low, high: Math.max(low, high) }
}

/**
 * P(D ≥ d) for independent samples of continuous distributions, exact: the share of lattice paths from (0, 0) to (n, m)
 * that leave the band |x/n − y/m| < d. J. L. Hodges, "The significance probability of the Smirnov two-sample test",
 * Arkiv för Matematik 3 (1958); T. Viehmann, "Numerically more stable computation of the p-values for the two-sample
 * Kolmogorov–Smirnov test" (2021), whose recursion of shares needs no binomials. O(n·m). Equal to
 * `scipy.stats.ks_2samp(method="exact")`. With ties it is conservative.
 */
export function kolmogorovSmirnovExact(d: number, n: number, m: number): number {
  const [long, short] = n >= m ? [n, m] : [m, n]
  const divisor = gcd(long, short)
  const [a, b] = [long / divisor, short / divisor]
  // In units of 1/lcm all distances are integers.
  const reach = Math.round(d * a * short)
  if (reach <= 0) return 1
  const outside = new Float64Array(short + 1)
  for (let x = 0; x <= long; x++) {
    for (let y = 0; y <= short; y++) {
      if (Math.abs(b * x - a * y) >= reach) outside[y] = 1
      else if (x === 0) outside[y] = y === 0 ? 0 : outside[y - 1]!
      else outside[y] = y === 0 ? outside[0]! : (outside[y]! * x + outside[y - 1]! * y) / (x + y)
    }
  }
  return Math.min(1, outside[short]!)
}

const LEAST_TERM = 1e-18
const MOST_TERMS = 2000

/**
 * P(√N·D > x) in the limit, N = n·m/(n+m): the Kolmogorov distribution, as `scipy.special.kolmogorov`. Above the true
 * probability of small samples and of ties, so that what it calls significant is. A. Kolmogorov (1933); the theta series
 * for small x is W. Feller's (1948).
 */
export function kolmogorovTail(x: number): number {
  if (x <= 0) return 1
  if (x < 1) {
    let sum = 0
    for (let k = 1; k < MOST_TERMS; k += 2) {
      const term = Math.exp((-(k ** 2) * Math.PI ** 2) / (8 * x ** 2))
      sum += term
      if (term <= sum * LEAST_TERM) break
    }
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum
  }
  return alternating((k) => Math.exp(-2 * (k * x) ** 2))
}

/**
 * The same where the variance of x's scale was itself estimated, as χ²_ν/ν: each exp(−2k²x²) becomes its expectation
 * (1 + 4k²x²/ν)^(−ν/2).
 */
export function kolmogorovTailEstimated(x: number, freedom: number): number {
  if (freedom === Number.POSITIVE_INFINITY) return kolmogorovTail(x)
  // Below, the limit is 0.99 or more, and the series' terms would hardly fall.
  if (x < 0.44) return 1
  return alternating((k) => (1 + (4 * (k * x) ** 2) / freedom) ** (-freedom / 2))
}

function alternating(term: (k: number) => number): number {
  let sum = 0
  for (let k = 1; k < MOST_TERMS; k++) {
    const value = term(k)
    // Half of the last term: the mean of an upper and a lower bound.
    const last = value <= LEAST_TERM || k === MOST_TERMS - 1
    sum += (k % 2 === 1 ? value : -value) * (last ? 0.5 : 1)
    if (last) break
  }
  return Math.min(1, Math.max(0, 2 * sum))
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}
