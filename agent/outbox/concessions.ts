import type { Priority } from '@storecast/shared/contracts'
import type { CoarseSize } from '../windows/index.ts'

/**
 * What a device gives up as its space runs out. `forget`: records that the cloud has, and raw readings that are in closed
 * windows; `coarsen`: detail, sums stay exact; `drop`: records that nobody will have, each counted.
 */
export type Concession =
  | { readonly kind: 'forget'; readonly what: 'forecasts' | 'decisions' | 'events' | 'windows' | 'readings' }
  | {
      readonly kind: 'coarsen'
      readonly priority: Priority
      readonly into: CoarseSize
      /** Also the newest, but for those of the day that has not closed. */
      readonly recent?: true
    }
  | { readonly kind: 'drop'; readonly what: 'forecasts' | 'holds' }
  | { readonly kind: 'drop'; readonly what: 'events' }
  | { readonly kind: 'drop'; readonly what: 'windows'; readonly priority: Priority }

/**
 * From what hurts least to what hurts most; of each the oldest first, and the next only when there is nothing left of the
 * one before. Detail goes before any record does. Forecasts go before windows: how good they were stays in the windows of
 * their errors; holds before them, and never what staff were asked and chose. 256 MB hold a hundred sensors by the day for decades, so that the last lines are for far smaller disks.
 */
export const CONCESSIONS: readonly Concession[] = [
  { kind: 'forget', what: 'forecasts' },
  { kind: 'forget', what: 'decisions' },
  { kind: 'forget', what: 'events' },
  { kind: 'coarsen', priority: 'low', into: '1h' },
  { kind: 'coarsen', priority: 'normal', into: '1h' },
  { kind: 'coarsen', priority: 'low', into: '1d' },
  { kind: 'coarsen', priority: 'high', into: '1h' },
  { kind: 'coarsen', priority: 'normal', into: '1d' },
  { kind: 'coarsen', priority: 'high', into: '1d' },
  { kind: 'forget', what: 'windows' },
  { kind: 'forget', what: 'readings' },
  { kind: 'coarsen', priority: 'low', into: '1h', recent: true },
  { kind: 'coarsen', priority: 'normal', into: '1h', recent: true },
  { kind: 'coarsen', priority: 'high', into: '1h', recent: true },
  { kind: 'drop', what: 'holds' },
  { kind: 'drop', what: 'forecasts' },
  { kind: 'drop', what: 'events' },
  { kind: 'drop', what: 'windows', priority: 'low' },
  { kind: 'drop', what: 'windows', priority: 'normal' },
  { kind: 'drop', what: 'windows', priority: 'high' },
]

/** As it is counted and told. */
export const concessionName = (concession: Concession): string =>
  concession.kind === 'coarsen'
    ? `windows-coarsened-${concession.into}`
    : `${concession.what}-${concession.kind === 'drop' ? 'dropped' : 'forgotten'}`
