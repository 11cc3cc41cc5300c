import type { Manifest, Reference, ReferenceColumn, Warmup } from '@storecast/shared/contracts'
import type { FrozenDistribution } from '@storecast/shared/statistics'
import { coarse } from './compare.ts'
import type { ReferenceClustering } from './subjects.ts'

/** What a version's bundle says of its training. */
export interface VersionDocuments {
  readonly manifest: Manifest
  readonly reference: Reference | null
  readonly warmup: Warmup | null
}

/** With what is asked of it again and again. */
export interface KnownVersion extends VersionDocuments {
  /** That the reference has. */
  readonly sites: number
}

/** Null: there is no such version (a device's claim alone). */
export type ReadVersion = (model: string, version: number) => Promise<VersionDocuments | null>

export type KnownVersions = (model: string, version: number) => Promise<KnownVersion | null>

/** Versions that are asked for again and again, read once. */
export function cachedVersions(read: ReadVersion): KnownVersions {
  const known = new Map<string, Promise<KnownVersion | null>>()
  const open = async (model: string, version: number) => {
    const documents = await read(model, version)
    return documents && { ...documents, sites: Object.keys(documents.reference?.sites ?? {}).length }
  }
  return (model, version) => {
    const key = `${model}.${version}`
    const found = known.get(key) ?? open(model, version)
    known.set(key, found)
    return found
  }
}

export interface FrozenColumn {
  readonly frozen: FrozenDistribution
  readonly clustering: ReferenceClustering
  readonly column: ReferenceColumn
}

/** One column of a site as its bundle froze it, or why it cannot be compared with. */
export function frozenColumn(
  documents: KnownVersion | null,
  site: string,
  which: 'target' | { readonly feature: number },
): FrozenColumn | { readonly missing: string } {
  const reference = documents?.reference
  if (!documents) return { missing: 'the version is not registered here' }
  if (!reference) return { missing: 'the bundle has no reference that tells sites apart; train the model anew' }
  const column = which === 'target' ? reference.target : reference.features[which.feature]
  if (!column) return { missing: 'the bundle has no reference of it' }
  if (column.cuts.length === 0) return { missing: 'the reference is nearly always of one value' }
  const own = reference.sites[site]?.[which === 'target' ? 'target' : 'features']
  if (!own) return { missing: `the training data holds no rows of site ${site}` }
  const { site: within, common } = column.clustering
  if (!within) return { missing: 'the training data holds too few weeks to tell how weeks differ' }
  const counts = own.counts[which === 'target' ? 0 : which.feature]!
  return {
    column,
    frozen: {
      sketch: coarse(counts, column.points),
      cuts: column.cuts,
      sd: column.sd / column.resolution || 1,
      rows: counts.reduce((sum, count) => sum + count, 0),
      blocks: reference.blocks,
    },
    clustering: { site: within, common, sites: documents.sites },
  }
}
