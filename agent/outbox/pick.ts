import { type BatchRecords, type Ranges, type Rejected, rangesOf, type Superseded, union } from '@storecast/shared/wire'
import type { Connection } from '../platform/database.ts'
import { nextSequence, unconfirmedAcks } from './link.ts'
import { readRecords } from './records.ts'

export interface PickOptions {
  /** Sequences that are under way: no record of them is picked. */
  readonly excluded: Ranges
  readonly limit: number
  /** Whether to tell what was superseded: in one batch at a time. */
  readonly withSuperseded: boolean
}

export interface Picked {
  readonly floor: number
  /** Commit times for the cloud to confirm. */
  readonly acknowledged: readonly number[]
  /** What is taken out of the dirty set, ascending: the records, and those told as dropped. */
  readonly sequences: readonly number[]
  readonly records: BatchRecords
  readonly superseded: Superseded
  /** Records that would be refused by the cloud: told as dropped. */
  readonly rejected: readonly Rejected[]
}

const MAX_RANGES = 2000
const NOTHING: Superseded = { revised: [], coarsened: [], dropped: [] }

/**
 * The next batch, newest first: what happens now goes before what waited. All dirty records between the lowest and the
 * highest picked sequence are in it or excluded. Undefined where there is nothing to tell. Reads one committed state.
 */
export function pick(db: Connection, options: PickOptions): Picked | undefined {
  return db.transaction(() => {
    const sequences = dirtySequences(db, options)
    const { sound, rejected, lost } = readRecords(db, sequences)
    const told = options.withSuperseded ? readSuperseded(db) : NOTHING
    const unsent = rangesOf([...lost, ...rejected.map(({ seq }) => seq)].sort((a, b) => a - b))
    const superseded = { ...told, dropped: union(told.dropped, unsent) }
    const empty = sequences.length === 0 && Object.values(superseded).every((ranges) => ranges.length === 0)
    if (empty) return undefined
    const [floor, acknowledged] = [floorOf(db), unconfirmedAcks(db)]
    return { floor, acknowledged, sequences, records: sound, superseded, rejected }
  })()
}

/** The lowest sequence that the cloud has not acknowledged. */
export function floorOf(db: Connection): number {
  const sql =
    'SELECT min(s) FROM (SELECT min(seq) AS s FROM outbox UNION ALL SELECT min(first) FROM superseded UNION ALL SELECT min(seq) FROM given_up)'
  return (db.statement(sql).pluck().get() as number | null) ?? nextSequence(db)
}

/** How much waits: records, and the oldest event time among them. */
export function backlog(db: Connection): { readonly records: number; readonly oldest: number | undefined } {
  const row = db
    .statement<[], { records: number; oldest: number | null }>(
      'SELECT count(*) AS records, min(at) AS oldest FROM outbox',
    )
    .get()!
  return { records: row.records, oldest: row.oldest ?? undefined }
}

/** Up to `limit` of the highest sequences, skipping the excluded ranges; ascending. */
function dirtySequences(db: Connection, { excluded, limit }: PickOptions): number[] {
  const statement = db
    .statement<[number, number, number], number>(
      'SELECT seq FROM outbox WHERE seq > ? AND seq < ? ORDER BY seq DESC LIMIT ?',
    )
    .pluck()
  const picked: number[] = []
  let below = Number.MAX_SAFE_INTEGER
  for (const [first, last] of [...excluded].reverse()) {
    picked.push(...statement.all(last, below, limit - picked.length))
    if (picked.length === limit) return picked.reverse()
    below = first
  }
  picked.push(...statement.all(0, below, limit - picked.length))
  return picked.reverse()
}

function readSuperseded(db: Connection): Superseded {
  const rows = db
    .statement<[number], { first: number; last: number; cause: keyof Superseded }>(
      'SELECT first, last, cause FROM superseded ORDER BY first LIMIT ?',
    )
    .all(MAX_RANGES)
  const of = (cause: keyof Superseded): Ranges =>
    union(rows.filter((row) => row.cause === cause).map(({ first, last }) => [first, last] as const))
  const dropped = db
    .statement<[number], number>('SELECT seq FROM given_up ORDER BY seq LIMIT ?')
    .pluck()
    .all(MAX_RANGES)
  return { revised: of('revised'), coarsened: of('coarsened'), dropped: union(of('dropped'), rangesOf(dropped)) }
}
