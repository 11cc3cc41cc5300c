import type { SketchBins } from '../contracts/records.ts'
import { SKETCH_RELATIVE_ERROR } from '../windows/sketch.ts'
import { type Distribution, ofSketch, walk } from './distribution.ts'
import { fTail, lnGamma } from './special.ts'

/** Wasserstein-1 distance ∫|F − G| dx, in the values' unit; 0 where one is empty. Equal to `scipy.stats.wasserstein_distance`. */
export function wasserstein(a: Distribution, b: Distribution): number {
  let sum = 0
  if (a.total === 0 || b.total === 0) return 0
  walk(a, b, (below, gap) => {
    sum += Math.abs(below.a / a.total - below.b / b.total) * gap
  })
  return sum
}

/**
 * Wasserstein-1 of what two sketches of one grid hold, in steps, and how far it may be off. A sketch moves each value v by
 * at most α·|v|, so the triangle inequality bounds the error by α·(E|v| + E|w|); the means are known of the moved values
 * only, which are (1 − α)|v| or more.
 */
export function wassersteinOfSketches(
  a: SketchBins,
  b: SketchBins,
): { readonly value: number; readonly bound: number } {
  const [x, y] = [ofSketch(a), ofSketch(b)]
  const share = SKETCH_RELATIVE_ERROR / (1 - SKETCH_RELATIVE_ERROR)
  return { value: wasserstein(x, y), bound: share * (meanMagnitude(x) + meanMagnitude(y)) }
}

function meanMagnitude({ values, counts, total }: Distribution): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += Math.abs(values[i]!) * counts[i]!
  return total === 0 ? 0 : sum / total
}

/** First two moments of √N·W1 under no drift, N = n·m/(n+m), and the degrees of freedom of the χ law that has them. */
export interface WassersteinNull {
  readonly mean: number
  readonly square: number
  readonly freedom: number
}

/** Intervals of the support that the double integral is taken over; more are pooled. */
const CELLS = 128

/**
 * Without drift √N·W1 tends to ∫|B(F(x))| dx, B the Brownian bridge (E. del Barrio, E. Giné, C. Matrán, "Central limit
 * theorems for the Wasserstein distance between the empirical and the true distributions", Annals of Probability 27
 * (1999)): it depends on F, so the reference's own stands for F, ties and all. Moments, σ² = F(1 − F):
 *
 * E = √(2/π)·∫σ dx,  E² = ∬E|B(F(x))·B(F(y))| dx dy,  E|XY| = (2/π)·σxσy·(√(1 − ρ²) + ρ·asin ρ).
 *
 * The norm of a Gaussian process has Gaussian tails: √(c·χ²_ν) with both moments stands for it.
 */
export function wassersteinNull(reference: Distribution): WassersteinNull {
  const cells = cellsOf(reference)
  let [mean, square] = [0, 0]
  for (let i = 0; i < cells.length; i++) {
    const { share: f, width } = cells[i]!
    const sd = Math.sqrt(f * (1 - f))
    mean += Math.sqrt(2 / Math.PI) * sd * width
    square += (sd * width) ** 2
    for (let j = i + 1; j < cells.length; j++) {
      const { share: g, width: other } = cells[j]!
      const rho = Math.min(1, Math.sqrt((f * (1 - g)) / (g * (1 - f))))
      const product = (2 / Math.PI) * sd * Math.sqrt(g * (1 - g))
      square += 2 * product * (Math.sqrt(1 - rho ** 2) + rho * Math.asin(rho)) * width * other
    }
  }
  return { mean, square, freedom: square > 0 ? chiFreedom(mean ** 2 / square) : 1 }
}

/**
 * P(W1 > w) without drift, for N = n·m/(n+m) of effective sizes; `estimated`: degrees of freedom of their estimate.
 * A reference of one value alone has no scatter: any distance is a change.
 */
export function wassersteinTail(
  w: number,
  { law, size, estimated = Number.POSITIVE_INFINITY }: { law: WassersteinNull; size: number; estimated?: number },
): number {
  if (law.square === 0) return w > 0 ? 0 : 1
  return fTail((size * w ** 2) / law.square, law.freedom, estimated)
}

/** Intervals between distinct values with the share at or below; neighbours pooled by width where there are many. */
function cellsOf({ values, counts, total }: Distribution): { share: number; width: number }[] {
  const cells: { share: number; width: number }[] = []
  let below = 0
  const perCell = total / CELLS
  let pooled = { from: 0, share: 0, width: 0 }
  for (let i = 0; i + 1 < values.length; i++) {
    below += counts[i]!
    const width = values[i + 1]! - values[i]!
    pooled.share += (below / total) * width
    pooled.width += width
    if (values.length > CELLS && below - pooled.from < perCell && i + 2 < values.length) continue
    cells.push({ share: pooled.share / pooled.width, width: pooled.width })
    pooled = { from: below, share: 0, width: 0 }
  }
  return cells
}

/** ν for which (E√χ²_ν)² / Eχ²_ν = (2/ν)·(Γ((ν+1)/2)/Γ(ν/2))² is the ratio, by bisection: it grows from 2/π at 1 to 1. */
function chiFreedom(ratio: number): number {
  const of = (freedom: number) => (2 / freedom) * Math.exp(2 * (lnGamma((freedom + 1) / 2) - lnGamma(freedom / 2)))
  let [low, high] = [1, 1e4]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (of(middle) < ratio) low = middle
    else high = middle
  }
  return (low + high) / 2
}
