import {
  binCounts,
  type Clustering,
  compareDrift,
  cutsOf,
  type DriftComparison,
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
  ranksOf,
} from '@storecast/shared/statistics'
import {
  type Column,
  type Comparable,
  keyOf,
  type ReferenceClustering,
  type Scope,
  type Span,
  scopesOf,
} from './subjects.ts'

export interface DriftRule {
  /** Expected share of false alarms among all alarms. */
  readonly level: number
  readonly method: FalseDiscoveryMethod
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

/** Some ten milliseconds' worth. */
const COMPARED_AT_ONCE = 10

/** One comparison before the others are known. */
interface Compared extends Omit<DriftResult, 'q' | 'verdict'> {
  readonly found: DriftComparison | undefined
}

/**
 * Compares every device's samples with their references, and the pooled samples of every group with the references of the
 * same sites in the same proportions: a group does not drift because one shop sells more than another.
 *
 * @param pause awaited now and then: a large fleet's comparisons take minutes, and others want the process meanwhile
 */
export async function judgeDrift(
  comparables: readonly Comparable[],
  rule: DriftRule & { readonly groupBy: readonly string[] },
  pause: () => Promise<void>,
): Promise<DriftResult[]> {
  const compareAll = async (asked: readonly { scope: Scope; members: readonly Comparable[] }[]) => {
    const compared: Compared[] = []
    for (const { scope, members } of asked) {
      if (compared.length % COMPARED_AT_ONCE === 0) await pause()
      compared.push(compareOne(scope, members, rule))
    }
    return compared
  }
  const own = await compareAll(
    comparables.map((one) => ({ scope: { scope: 'device', name: one.watched.device }, members: [one] })),
  )
  const groups = new Map<string, { scope: Scope; members: Comparable[] }>()
  for (const one of comparables) {
    if ('missing' in one.reference) continue
    for (const scope of scopesOf(one.watched, rule.groupBy)) {
      const name = [scope.scope, scope.name, keyOf(one), one.reference.grid].join('\n')
      const group = groups.get(name)
      if (group) group.members.push(one)
      else groups.set(name, { scope, members: [one] })
    }
  }
  const pooled = await compareAll([...groups.values()])
  return [...decide(own, rule), ...decide(largestGrids(pooled), rule)]
}

/** Of a group that measures a sensor on several grids, the one with most rows: they cannot be pooled. */
function largestGrids(compared: readonly Compared[]): Compared[] {
  const byKey = Map.groupBy(compared, (one) => [one.scope, one.name, keyOf(one)].join('\n'))
  return [...byKey.values()].map((same) => same.reduce((a, b) => (b.rows > a.rows ? b : a)))
}

function compareOne(scope: Scope, members: readonly Comparable[], { level }: DriftRule): Compared {
  const [first] = members as [Comparable]
  const { kind, model, version, column } = first
  const rows = members.reduce((sum, one) => sum + one.current.rows, 0)
  const base = {
    ...{ ...scope, kind, model, version, column, devices: members.length, rows },
    from: Math.min(...members.map((one) => one.from)),
    to: Math.max(...members.map((one) => one.to)),
    statistics: null,
    bins: null,
    p: null,
  }
  if ('missing' in first.reference) return { ...base, effective: 0, reason: first.reference.missing, found: undefined }
  const { scale } = first.reference
  const { frozen, current, clustering } = pool(members)
  const effective = effectiveRows(current, clustering)
  const found = compareDrift(frozen, current, { clustering })
  if (!found) return { ...base, effective, reason: tooLittle(frozen, current, clustering), found }
  const thresholds = driftThresholds(frozen, current, { clustering, level })!
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
  return { ...base, effective, statistics, bins, p: found.p, reason: null, found }
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

function decide(compared: readonly Compared[], { level, method }: DriftRule): DriftResult[] {
  const tested = compared.filter((one) => one.p !== null)
  const adjusted = falseDiscovery(
    tested.map((one) => one.p!),
    method,
  )
  const qs = new Map(tested.map((one, i) => [one, adjusted[i]!]))
  return compared.map((one) => {
    const { found, ...result } = one
    const q = qs.get(one) ?? null
    return { ...result, q, verdict: verdictOf(found, q, level) }
  })
}

function verdictOf(found: DriftComparison | undefined, q: number | null, level: number): DriftVerdict {
  if (!found || q === null) return 'insufficient'
  if (q > level) return 'stable'
  return found.psi.value >= MATERIAL_PSI || found.wasserstein.value >= MATERIAL_SHIFT ? 'drift' : 'minor'
}

interface Pooled {
  readonly frozen: FrozenDistribution
  readonly current: DriftSample
  readonly clustering: Clustering
}

type Known = Comparable & {
  readonly reference: { readonly frozen: FrozenDistribution; readonly clustering: ReferenceClustering }
}

/** Members of one column and grid as one: each one's reference weighs as many rows as it sent. */
function pool(members: readonly Comparable[]): Pooled {
  const known = members.filter((one): one is Known => 'frozen' in one.reference)
  const [first] = known as [Known, ...Known[]]
  const { frozen, clustering } = first.reference
  if (known.length === 1) return { frozen, current: first.current, clustering: clustering.site }
  const rows = known.reduce((sum, one) => sum + one.current.rows, 0)
  const now = new Map<number, number>()
  const then = new Map<number, number>()
  let variance = 0
  let sd = 0
  for (const { current, reference } of known) {
    const weight = current.rows / reference.frozen.rows
    for (const [rank, count] of ranksOf(current.sketch)) now.set(rank, (now.get(rank) ?? 0) + count)
    for (const [rank, count] of ranksOf(reference.frozen.sketch)) then.set(rank, (then.get(rank) ?? 0) + count * weight)
    variance += current.rows ** 2 / reference.frozen.rows
    sd += (reference.frozen.sd * current.rows) / rows
  }
  const sketch = ofRanks(then)
  // Columns of a bundle share their bins; sensors have bins of their own by site.
  const shared = known.every(({ reference }) => String(reference.frozen.cuts) === String(frozen.cuts))
  const most = (blocks: (one: Known) => number) => Math.max(...known.map(blocks))
  return {
    frozen: {
      ...{ sketch, sd, cuts: shared ? frozen.cuts : cutsOf(sketch) },
      rows: rows ** 2 / variance,
      blocks: most((one) => one.reference.frozen.blocks),
    },
    current: { sketch: ofRanks(now), rows, blocks: most((one) => one.current.blocks) },
    clustering: clusteringOfGroup(clustering, new Set(known.map((one) => one.watched.site)).size),
  }
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
