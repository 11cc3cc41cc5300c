import type { Reference, ReferenceColumn } from '@storecast/shared/contracts'
import { binCounts, clusteringOf, cutsOf, ofRanks, pointsOf, rankOf } from '@storecast/shared/statistics'
import { toSteps } from '@storecast/shared/windows'

/** What one column's distribution is taken from: rows of sites, in blocks of time. */
export interface ReferenceSample {
  readonly rows: number
  /** Of row m: NaN leaves it out. */
  readonly value: (m: number) => number
  /** Index of the site, from 0. */
  readonly site: (m: number) => number
  /** Block of the site that the row is in, from 0; outside of 0 … blocks − 1 it is left out. */
  readonly block: (m: number) => number
}

/** Sites and blocks that samples are told apart by. */
export interface ReferenceGrid {
  readonly sites: readonly string[]
  readonly blocks: number
}

export interface FrozenColumn {
  readonly column: ReferenceColumn
  /** Counts by bin, by site. */
  readonly counts: readonly (readonly number[])[]
}

type Scale = Pick<ReferenceColumn, 'name' | 'centre' | 'resolution'>

/** Freezes one column on the given scale. */
export function freezeColumn(scale: Scale, sample: ReferenceSample, { sites, blocks }: ReferenceGrid): FrozenColumn {
  const { centre, resolution } = scale
  const all = new Map<number, number>()
  const cells = Array.from({ length: sites.length * blocks }, () => new Map<number, number>())
  let [count, mean, squares] = [0, 0, 0]
  for (let m = 0; m < sample.rows; m++) {
    const block = sample.block(m)
    const value = sample.value(m)
    if (block < 0 || block >= blocks || Number.isNaN(value)) continue
    const rank = rankOf(toSteps(value - centre, resolution))
    const cell = cells[sample.site(m) * blocks + block]!
    cell.set(rank, (cell.get(rank) ?? 0) + 1)
    all.set(rank, (all.get(rank) ?? 0) + 1)
    count++
    // Welford's update: stable where the mean is large beside the spread.
    const before = value - mean
    mean += before / count
    squares += before * (value - mean)
  }
  const sketch = ofRanks(all)
  const cuts = cutsOf(sketch)
  const inBlocks = sites.map((_, site) =>
    cells.slice(site * blocks, (site + 1) * blocks).map((cell) => binCounts(ofRanks(cell), cuts)),
  )
  const together = Array.from({ length: blocks }, (_, block) => added(inBlocks.map((of) => of[block]!)))
  return {
    column: {
      ...scale,
      mean,
      sd: count > 0 ? Math.sqrt(squares / count) : 0,
      cuts,
      points: count > 0 ? pointsOf(sketch, cuts) : [0],
      clustering: { site: clusteringOf(inBlocks) ?? null, common: clusteringOf([together]) ?? null },
    },
    counts: inBlocks.map(added),
  }
}

/** Puts frozen columns together. A site without a row in any of them is left out. */
export function referenceOf(options: {
  grid: ReferenceGrid
  blockDays: number
  features: readonly FrozenColumn[]
  target?: FrozenColumn | undefined
}): Reference {
  const { grid, blockDays, features, target } = options
  const sites: Record<string, Reference['sites'][string]> = {}
  const of = (columns: readonly FrozenColumn[], site: number) => {
    const counts = columns.map((column) => [...column.counts[site]!])
    const rows = Math.max(0, ...counts.map((bins) => bins.reduce((a, b) => a + b, 0)))
    return rows > 0 ? { rows, counts } : null
  }
  for (const [site, name] of grid.sites.entries()) {
    const own = { features: of(features, site), target: of(target ? [target] : [], site) }
    if (own.features || own.target) sites[name] = own
  }
  const columns = features.map(({ column }) => column)
  return { format: 2, blockDays, blocks: grid.blocks, features: columns, target: target?.column ?? null, sites }
}

function added(counts: readonly (readonly number[])[]): number[] {
  const bins = counts[0]?.length ?? 0
  return Array.from({ length: bins }, (_, bin) => counts.reduce((sum, one) => sum + one[bin]!, 0))
}
