import type { SketchBins } from '../contracts/records.ts'
import { binCounts, sharesOf } from './bins.ts'
import { type Clustering, designEffect, type SampleSize } from './clustering.ts'
import { ofSketch } from './distribution.ts'
import { kolmogorovSmirnovOfSketches, kolmogorovTailEstimated } from './kolmogorov-smirnov.ts'
import { psi, psiTail } from './psi.ts'
import { type WassersteinNull, wassersteinNull, wassersteinOfSketches, wassersteinTail } from './wasserstein.ts'

/** What was frozen, and what is compared with it: sketches of one grid (centre and resolution). */
export interface DriftSample extends SampleSize {
  readonly sketch: SketchBins
}

export interface FrozenDistribution extends DriftSample {
  readonly cuts: readonly number[]
  /** Steps; Wasserstein is told as a multiple of it. */
  readonly sd: number
}

export interface DriftStatistic {
  readonly value: number
  readonly p: number
}

export interface DriftComparison {
  readonly rows: number
  /** Independent rows that would say as much about the distribution function. */
  readonly effective: number
  readonly psi: DriftStatistic
  readonly ks: DriftStatistic
  /** In standard deviations of the reference, off by at most `bound` for what a sketch does not tell. */
  readonly wasserstein: DriftStatistic & { readonly bound: number }
  /** Of the three together: three times the least (C. Bonferroni), as they look at the same sample. */
  readonly p: number
}

/** Values above which a sample has drifted, at some level. */
export interface DriftThresholds {
  readonly psi: number
  readonly ks: number
  readonly wasserstein: number
}

/** Where fewer effective rows came than this, no comparison is made: nothing but a break would show. */
export const LEAST_EFFECTIVE = 20
const TESTS = 3

/** Independent rows that say as much about the distribution function as these. */
export const effectiveRows = (sample: SampleSize, clustering: Clustering): number =>
  sample.rows === 0 ? 0 : sample.rows / designEffect(clustering, sample).largest

/**
 * Compares a sample with the frozen one. Sizes of both are effective ones: divided by the design effect that the reference
 * showed. `undefined`: too little data for it (`effectiveRows` of either below `LEAST_EFFECTIVE`), or a reference that is
 * nearly always of one value.
 */
export function compareDrift(
  reference: FrozenDistribution,
  current: DriftSample,
  settings: DriftSettings,
): DriftComparison | undefined {
  const tails = tailsOf(reference, current, settings)
  if (!tails) return undefined
  const shares = (sample: DriftSample) =>
    sharesOf(binCounts(sample.sketch, reference.cuts), designEffect(settings.clustering, sample).mean)
  const index = psi(shares(reference), shares(current))
  const { low } = kolmogorovSmirnovOfSketches(reference.sketch, current.sketch)
  const distance = wassersteinOfSketches(reference.sketch, current.sketch)
  const ps = [tails.psi(index), tails.ks(low), tails.wasserstein(distance.value)] as const
  return {
    rows: current.rows,
    effective: effectiveRows(current, settings.clustering),
    psi: { value: index, p: ps[0] },
    ks: { value: low, p: ps[1] },
    wasserstein: { value: distance.value / reference.sd, p: ps[2], bound: distance.bound / reference.sd },
    p: Math.min(1, TESTS * Math.min(...ps)),
  }
}

/** The thresholds at which `p` of such a comparison is the level; `undefined` as there. */
export function driftThresholds(
  reference: FrozenDistribution,
  current: DriftSample,
  { level, ...settings }: DriftSettings & { readonly level: number },
): DriftThresholds | undefined {
  const tails = tailsOf(reference, current, settings)
  if (!tails) return undefined
  const at = (tail: Tail) => criticalValue(tail, level / TESTS)
  return { psi: at(tails.psi), ks: at(tails.ks), wasserstein: at(tails.wasserstein) / reference.sd }
}

export interface DriftSettings {
  readonly clustering: Clustering
  /** Of the reference's Wasserstein distances, where it is known already. */
  readonly law?: WassersteinNull
}

type Tail = (value: number) => number

/** P(statistic > value) without drift. */
function tailsOf(
  reference: FrozenDistribution,
  current: DriftSample,
  { clustering, law = wassersteinNull(ofSketch(reference.sketch)) }: DriftSettings,
): Readonly<Record<keyof DriftThresholds, Tail>> | undefined {
  const bins = reference.cuts.length + 1
  const least = Math.min(effectiveRows(current, clustering), effectiveRows(reference, clustering))
  if (bins < 2 || least < LEAST_EFFECTIVE) return undefined
  const [now, then] = [designEffect(clustering, current), designEffect(clustering, reference)]
  const size = (kind: 'mean' | 'largest') => 1 / (now[kind] / current.rows + then[kind] / reference.rows)
  const estimated = clustering.freedom
  const [mean, whole] = [size('mean'), size('largest')]
  const freedom = (bins - 1) * now.contrasts
  return {
    psi: (value) => psiTail(value, { size: mean, freedom, bins, estimated }),
    ks: (value) => kolmogorovTailEstimated(Math.sqrt(whole) * value, estimated),
    wasserstein: (value) => wassersteinTail(value, { law, size: whole, estimated }),
  }
}

/** Relative, of a critical value. */
const PRECISION = 1e-13
const MOST_STEPS = 100

/**
 * The value whose tail is the level, or as little more as numbers tell apart: every tail falls. By secants of the logarithm,
 * which is nearly straight, within a bracket (the Illinois method: M. Dowell, P. Jarratt, BIT 11 (1971)).
 */
function criticalValue(tail: Tail, level: number): number {
  const off = (value: number) => Math.log(Math.max(tail(value), Number.MIN_VALUE) / level)
  let [low, high] = [0, 1]
  let [above, below] = [off(low), off(high)]
  while (below > 0 && high < Number.MAX_VALUE / 2) {
    ;[low, above] = [high, below]
    high *= 2
    below = off(high)
  }
  let moved: 'low' | 'high' | undefined
  for (let i = 0; i < MOST_STEPS && high - low > PRECISION * high; i++) {
    const secant = low + ((high - low) * above) / (above - below)
    const middle = secant > low && secant < high ? secant : (low + high) / 2
    const at = off(middle)
    if (at > 0) {
      if (moved === 'low') below /= 2
      ;[low, above, moved] = [middle, at, 'low']
    } else {
      if (moved === 'high') above /= 2
      ;[high, below, moved] = [middle, at, 'high']
    }
  }
  return high
}
