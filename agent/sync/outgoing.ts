import type { ToldClock, WindowRecord } from '@storecast/shared/contracts'
import type { Span } from '@storecast/shared/tracing'
import {
  CAUSES,
  encodeBatch,
  encodeRecords,
  MAX_BODY_BYTES,
  MAX_PAYLOAD_BYTES,
  type Ranges,
  type Rejected,
  rangesOf,
  sizeOf,
  union,
} from '@storecast/shared/wire'
import { backlog, pick } from '../outbox/index.ts'
import type { Connection } from '../platform/database.ts'

/** A batch to be made. */
export interface Want {
  readonly epoch: number
  readonly link: number
  readonly excluded: Ranges
  readonly withSuperseded: boolean
}

/** A batch to send. */
export interface Outgoing {
  readonly payload: Uint8Array
  /** Sequences of the records it takes out of the dirty set. */
  readonly records: Ranges
  /** Sequences that it tells as superseded. */
  readonly superseded: Ranges
  /** Commit times that it tells. */
  readonly acknowledged: readonly number[]
  readonly rejected: readonly Rejected[]
  /** Where it carries a reading that is followed. */
  readonly span?: Span | undefined
}

const BATCH_RECORDS = 1000
/** A `traceparent`, with its tag and length. */
const TRACE_BYTES = 64

interface BatchOptions {
  readonly most?: number
  /** As of now, where it is known. */
  readonly clock?: ToldClock | undefined
  /** Asked once what is in it is certain. */
  readonly sending?: ((windows: readonly WindowRecord[]) => Span | undefined) | undefined
}

/**
 * Picks as many of the newest dirty records as one message takes, `most` at the most; undefined where there is nothing to
 * tell.
 */
export function makeBatch(
  db: Connection,
  want: Want,
  { most = BATCH_RECORDS, clock, sending }: BatchOptions = {},
): Outgoing | undefined {
  const { epoch, link, excluded, withSuperseded } = want
  const { records: unacknowledged, oldest = 0 } = backlog(db)
  for (let limit = most; ; limit = Math.ceil(limit / 2)) {
    const picked = pick(db, { excluded, limit, withSuperseded })
    if (!picked) return undefined
    const { floor, superseded, acknowledged, rejected } = picked
    const records = encodeRecords(picked.records)
    const beyond = Math.max(0, unacknowledged - picked.sequences.length - sizeOf(excluded))
    const waiting = { records: beyond, since: beyond > 0 ? oldest : 0 }
    const batch = { epoch, link, floor, acknowledged, superseded, waiting, ...(clock && { clock }), ...records }
    const payload = encodeBatch(batch)
    const fits = payload.length + TRACE_BYTES <= MAX_PAYLOAD_BYTES && records.bodySize <= MAX_BODY_BYTES
    // The caps of single records (shared/wire) let any one of them fit.
    if (!fits && limit > 1) continue
    const span = sending?.(picked.records.windows.map(({ record }) => record))
    return {
      payload: span?.traceparent === undefined ? payload : encodeBatch({ ...batch, traceparent: span.traceparent }),
      span,
      records: rangesOf(picked.sequences),
      superseded: union(...CAUSES.map((cause) => superseded[cause])),
      acknowledged,
      rejected,
    }
  }
}
