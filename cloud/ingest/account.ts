import { type Batch, CAUSES, type Cause, type Ranges, sizeOf, subtract, union } from '@storecast/shared/wire'

/** Which sequences of an epoch are accounted for. */
export interface Account {
  /** All below are. */
  readonly floor: number
  /** Those at or above the floor that came, as a record or as superseded. */
  readonly told: Ranges
  /** The highest heard of; 0 for none. */
  readonly highest: number
  readonly counts: Readonly<Record<Cause | 'records', number>>
}

export type GapCause = 'dropped' | 'unaccounted' | 'rejected' | 'undecodable' | 'cloud-restored'

/** Sequences whose records the cloud does not have. */
export interface Gap {
  readonly cause: GapCause
  readonly first: number
  readonly last: number
}

/**
 * Takes what a batch tells. Every sequence counts once, however often and in whatever order batches come: under the first
 * cause it came with. A sequence below the batch's floor that never came is a gap. `fresh`: the records never told before.
 */
export function takeBatch(account: Account, batch: Pick<Batch, 'floor' | 'sequences' | 'superseded'>) {
  const counts = { ...account.counts }
  const gaps: Gap[] = []
  let told = account.told
  const tell = (ranges: Ranges): Ranges => {
    const fresh = subtract(from(account.floor, ranges), told)
    told = union(told, fresh)
    return fresh
  }
  const fresh = tell(batch.sequences)
  counts.records += sizeOf(fresh)
  for (const cause of CAUSES) {
    const superseded = tell(batch.superseded[cause])
    counts[cause] += sizeOf(superseded)
    if (cause === 'dropped') gaps.push(...superseded.map(([first, last]) => ({ cause, first, last })))
  }
  const floor = Math.max(account.floor, batch.floor)
  for (const [first, last] of subtract(floor > account.floor ? [[account.floor, floor - 1]] : [], told)) {
    gaps.push({ cause: 'unaccounted', first, last })
  }
  const lasts = [batch.sequences, ...CAUSES.map((cause) => batch.superseded[cause])].map((r) => r.at(-1)?.[1] ?? 0)
  const highest = Math.max(account.highest, ...lasts)
  return { account: { floor, told: from(floor, told), highest, counts }, gaps, fresh }
}

/** The part of the ranges at or above a sequence. */
const from = (floor: number, ranges: Ranges): Ranges => (floor > 1 ? subtract(ranges, [[1, floor - 1]]) : ranges)
