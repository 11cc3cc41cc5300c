import {
  binCounts,
  type Clustering,
  compareDrift,
  type DriftSample,
  type DriftThresholds,
  driftThresholds,
  edgeOf,
  effectiveRows,
  type FalseDiscoveryMethod,
  type FrozenDistribution,
  falseDiscovery,
  LEAST_EFFECTIVE,
  ofRanks,
  ofSketch,
  wassersteinNull,
} from '@storecast/shared/statistics'
import type { Column, Comparable, ReferenceClustering, Scope, Span } from './subjects.ts'

export interface DriftRule {
  /** Expected share of false alarms among all alarms. */
  readonly level: number
  readonly method: FalseDiscoveryMethod
}

export interface GroupedRule extends DriftRule {
  /** Labels by whose values devices are grouped. */
  readonly groupBy: readonly string[]
}

/** `minor`: real, and too small to matter. `insufficient`: too little data to say. */
export type DriftVerdict = 'drift' | 'minor' | 'stable' | 'insufficient'

/** Shares of both samples in B bins. */
export interface DriftBins {
  /** Largest value of every bin but the last, ascending, in the column's unit, [B − 1]. */
  readonly edges: readonly number[]
  readonly reference: readonly number[]
  readonly current: readonly number[]
}

export interface DriftResult extends Scope, Column, Span {
  readonly devices: number
  readonly rows: number
  readonly effective: number
  /** Each with the threshold of a single comparison at the level. */
  readonly statistics: Readonly<Record<keyof DriftThresholds, { value: number; threshold: number; p: number }>> | null
  /** What was compared, by the reference's bins; null where nothing could be. */
  readonly bins: DriftBins | null
  readonly p: number | null
  /** Adjusted for all comparisons of the run that are about devices, or about groups of them. */
  readonly q: number | null
  readonly verdict: DriftVerdict
  readonly reason: string | null
}

/** From here on a change that is real matters: the custom for PSI, and what half of it is in a normal distribution. */
const MATERIAL_PSI = 0.1
const MATERIAL_SHIFT = 0.2

/** One comparison before the others are known. */
export interface Compared extends Omit<DriftResult, 'q' | 'verdict'> {
  /** Whether a change so large would matter if it is real. */
  readonly matters: boolean
}

/** What is said of a comparison once all are known. */
export type DriftJudgement = Pick<DriftResult, 'q' | 'verdict'>

/** Judgements of comparisons that belong together, in their order: the devices' of a run, or the groups'. */
export function judge(
  compared: readonly Pick<Compared, 'p' | 'matters'>[],
  { level, method }: DriftRule,
): DriftJudgement[] {
  const tested = compared.filter((one) => one.p !== null)
  const adjusted = falseDiscovery(
    tested.map((one) => one.p!),
    method,
  )
  let next = 0
  return compared.map(({ p, matters }) => {
    if (p === null) return { q: null, verdict: 'insufficient' }
    const q = adjusted[next++]!
    return { q, verdict: q > level ? 'stable' : matters ? 'drift' : 'minor' }
  })
}

/** A sample of one device, or of a group's as one, with what it is compared with. */
export interface Sampled extends Column, Span, Pick<Comparable, 'current' | 'reference'> {
  readonly devices: number
  /** That the devices are at. */
  readonly sites: number
}

/** Compares a sample with its reference; the level is that of the thresholds that are told. */
export function compare(scope: Scope, one: Sampled, { level }: DriftRule): Compared {
  const { kind, model, version, column, from, to, devices, current, reference, sites } = one
  const base = {
    ...{ ...scope, kind, model, version, column, devices, rows: current.rows, from, to },
    ...{ statistics: null, bins: null, p: null, matters: false },
  }
  if ('missing' in reference) return { ...base, effective: 0, reason: reference.missing }
  const { scale, frozen } = reference
  const clustering = devices === 1 ? reference.clustering.site : clusteringOfGroup(reference.clustering, sites)
  const effective = effectiveRows(current, clustering)
  const settings = { clustering, law: wassersteinNull(ofSketch(frozen.sketch)) }
  const found = compareDrift(frozen, current, settings)
  if (!found) return { ...base, effective, reason: tooLittle(frozen, current, clustering) }
  const thresholds = driftThresholds(frozen, current, { ...settings, level })!
  const statistic = (name: keyof DriftThresholds) => ({
    value: found[name].value,
    threshold: thresholds[name],
    p: found[name].p,
  })
  const statistics = { psi: statistic('psi'), ks: statistic('ks'), wasserstein: statistic('wasserstein') }
  const { cuts } = frozen
  const bins = {
    edges: cuts.map((rank) => edgeOf(rank, scale)),
    reference: plainShares(binCounts(frozen.sketch, cuts)),
    current: plainShares(binCounts(current.sketch, cuts)),
  }
  const matters = found.psi.value >= MATERIAL_PSI || found.wasserstein.value >= MATERIAL_SHIFT
  return { ...base, effective, statistics, bins, p: found.p, reason: null, matters }
}

function plainShares(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts.map((count) => count / total)
}

function tooLittle(frozen: FrozenDistribution, current: DriftSample, clustering: Clustering): string {
  if (frozen.cuts.length === 0) return 'the reference is nearly always of one value'
  const sizes = [
    ['the sample', current],
    ['the reference', frozen],
  ] as const
  const [what, size] = sizes.find(([, sample]) => effectiveRows(sample, clustering) < LEAST_EFFECTIVE)!
  const effective = Math.floor(effectiveRows(size, clustering))
  return `insufficient: n=${size.rows} in ${what}, worth ${effective} independent rows; at least ${LEAST_EFFECTIVE}`
}

/**
 * Rows of a group's week: two are of the same site with probability 1/S, and are then as alike as rows of a site; else as
 * alike as all sites' are. What the reference found over its own T sites is 1/T of the first and the rest of the second; of
 * one site alone it tells nothing of others, which are then taken to be as alike.
 */
export function clusteringOfGroup({ site, common, sites }: ReferenceClustering, members: number): Clustering {
  const share = 1 / members
  const mix = (of: (one: Clustering) => number) => {
    const apart = common && sites > 1 ? Math.max(0, (of(common) - of(site) / sites) / (1 - 1 / sites)) : of(site)
    return share * of(site) + (1 - share) * apart
  }
  return {
    mean: mix((one) => one.mean),
    square: mix((one) => one.square),
    largest: mix((one) => one.largest),
    carry: Math.max(site.carry, common?.carry ?? 0),
    freedom: Math.max(1, Math.min(site.freedom, common?.freedom ?? site.freedom)),
  }
}

/** Counts by bin as a sketch of one point a bin: what is frozen by counts alone is compared as such. */
export const coarse = (counts: readonly number[], points: readonly number[]) =>
  ofRanks(points.map((rank, bin) => [rank, counts[bin]!] as const))

export const coarseOf = (sample: DriftSample, cuts: readonly number[], points: readonly number[]): DriftSample => ({
  ...sample,
  sketch: coarse(binCounts(sample.sketch, cuts), points),
})
