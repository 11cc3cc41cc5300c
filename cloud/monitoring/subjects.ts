import type { Clustering, DriftSample, FrozenDistribution } from '@storecast/shared/statistics'

/** A device that is watched, with its labels over its site's. */
export interface Watched {
  readonly device: string
  readonly site: string
  readonly timeZone: string
  readonly labels: Readonly<Record<string, string>>
}

/** Whom a result is about: a device, all devices of a label's value, or the fleet. */
export interface Scope {
  /** `device`, `fleet`, or the label's name. */
  readonly scope: string
  readonly name: string
}

/** What of it: an input or the target of a model's version, or a sensor. */
export interface Column {
  readonly kind: 'feature' | 'target' | 'sensor'
  /** Empty and 0 for a sensor. */
  readonly model: string
  readonly version: number
  readonly column: string
}

export interface Span {
  readonly from: number
  readonly to: number
}

/** How rows of the reference hang together: within one site's week, within all sites' week, and over how many sites. */
export interface ReferenceClustering {
  readonly site: Clustering
  readonly common: Clustering | null
  readonly sites: number
}

/** One device's sample of a column with what was frozen; without it, `reason` says why. */
export interface Comparable extends Column, Span {
  readonly watched: Watched
  readonly current: DriftSample
  readonly reference:
    | {
        readonly frozen: FrozenDistribution
        readonly clustering: ReferenceClustering
        readonly grid: string
        /** Of the sketches' steps. */
        readonly scale: { readonly resolution: number; readonly centre: number }
      }
    | { readonly missing: string }
}

/** What of a device's labels it is grouped by, besides the fleet. */
export function scopesOf({ labels }: Watched, groupBy: readonly string[]): Scope[] {
  const named = groupBy.flatMap((label) => {
    const name = labels[label]
    return name === undefined ? [] : [{ scope: label, name }]
  })
  return [...named, { scope: 'fleet', name: '' }]
}

export const keyOf = ({ kind, model, version, column }: Column): string => [kind, model, version, column].join('\n')
