import type { Reference, ReferenceColumn, Warmup } from '@storecast/shared/contracts'
import { middleOf, type Scores, score } from '@storecast/shared/forecasts'
import { edgeOf } from '@storecast/shared/statistics'

/** How a column was distributed in training, over all sites. */
export interface Distribution {
  readonly name: string
  readonly kind: 'feature' | 'target'
  readonly rows: number
  /** In the column's unit. */
  readonly mean: number
  readonly sd: number
  /** Ascending: `(from, to]` in the column's unit; null: without an end. */
  readonly bins: { readonly from: number | null; readonly to: number | null; readonly rows: number }[]
}

/** The frozen distributions of a bundle, the target first, each pooled over its sites. */
export function distributionsOf(reference: Reference): Distribution[] {
  const sites = Object.values(reference.sites)
  const pooled = (kind: Distribution['kind'], column: ReferenceColumn, at: number): Distribution => {
    const counts = column.points.map((_, bin) =>
      sites.reduce((sum, site) => sum + ((kind === 'target' ? site.target : site.features)?.counts[at]?.[bin] ?? 0), 0),
    )
    const edges = column.cuts.map((rank) => edgeOf(rank, column))
    return {
      ...{ name: column.name, kind, mean: column.mean, sd: column.sd },
      rows: counts.reduce((sum, count) => sum + count, 0),
      bins: counts.map((rows, bin) => ({ from: edges[bin - 1] ?? null, to: edges[bin] ?? null, rows })),
    }
  }
  return [
    ...(reference.target ? [pooled('target', reference.target, 0)] : []),
    ...reference.features.map((column, at) => pooled('feature', column, at)),
  ]
}

/** What forecasts of days that a network had not seen came to, before any device's calibration. */
export interface HeldOut {
  readonly levels: readonly number[]
  readonly rows: number
  /** Share of actuals below each level's quantile, and with those that are equal. */
  readonly below: number[]
  readonly atOrBelow: number[]
  /** Null where nothing sold. */
  readonly sites: (Nullable<Pick<Scores, 'wape' | 'wpe' | 'coverage'>> & {
    readonly site: string
    readonly rows: number
  })[]
}
type Nullable<T> = { readonly [K in keyof T]: T[K] | null }

/**
 * Scores of a bundle's out-of-sample forecasts by site, and how often actuals lay below each quantile.
 * @param isSeen sites beyond a caller's limit are left out of everything
 */
export function heldOutOf({ levels, sites }: Warmup, isSeen: (site: string) => boolean): HeldOut {
  const seen = Object.entries(sites).filter(([site, { days }]) => isSeen(site) && days.length > 0)
  const rows = seen.reduce((sum, [, { days }]) => sum + days.length, 0)
  const share = (counts: (actual: number, quantile: number) => boolean) =>
    levels.map((_, level) => {
      const count = seen.reduce(
        (sum, [, { actual, quantiles }]) =>
          sum + actual.filter((value, row) => counts(value, quantiles[level]![row]!)).length,
        0,
      )
      return rows > 0 ? count / rows : 0
    })
  return {
    levels,
    rows,
    below: share((actual, quantile) => actual < quantile),
    atOrBelow: share((actual, quantile) => actual <= quantile),
    sites: seen.map(([site, one]) => {
      const own = one.actual.map((actual, row) => {
        const quantiles = one.quantiles.map((column) => column[row]!)
        return { quantiles, point: quantiles[middleOf(levels)]!, actual, censored: false }
      })
      const { rows, wape, wpe, coverage } = score(own, levels)
      return { site, rows, wape: known(wape), wpe: known(wpe), coverage: known(coverage) }
    }),
  }
}

const known = (value: number) => (Number.isFinite(value) ? value : null)
