import type { SensorDefinition } from '@storecast/shared/contracts'
import type { Connection } from '../platform/database.ts'
import type { SourcePosition } from '../sensors/reading.ts'
import { unpackBlock } from './blocks.ts'
import type { StoredBytes } from './compressed.ts'
import { HAS_ID, type SeriesEntries } from './entry.ts'
import { IdSet } from './event-ids.ts'
import { type JournalRow, type NewSeries, unpackJournal } from './journal.ts'

export interface RecoveredBuffer {
  readonly series: readonly NewSeries[]
  readonly positions: Map<string, SourcePosition>
  /** Ids of stored events, by the time of a commit, oldest first; made while they are read. */
  readonly events: Iterable<{ at: number; ids: IdSet }>
}

/** What the buffer keeps in memory, read back. @param since ids that came before it are left out (store time) */
export function recoverBuffer(db: Connection, since: number): RecoveredBuffer {
  // Below 0 are those that the device measures of itself.
  const series = db.statement<[], NewSeries>('SELECT id, sensor, entity FROM series WHERE id > 0 ORDER BY id').all()
  const positions = db.statement<[], SourcePosition>('SELECT source, stamp, position FROM source_positions').all()
  return { series, positions: new Map(positions.map((p) => [p.source, p])), events: eventIds(db, series, since) }
}

function* eventIds(db: Connection, series: readonly NewSeries[], since: number) {
  const kinds = new Map(
    db
      .statement<[], string>('SELECT definition FROM sensors')
      .pluck()
      .all()
      .map((row) => JSON.parse(row) as SensorDefinition)
      .map(({ name, kind }) => [name, kind]),
  )
  const ofEvents = new Set(series.filter(({ sensor }) => kinds.get(sensor) === 'event').map(({ id }) => id))
  if (ofEvents.size === 0) return
  const blocks = db.statement<[number], StoredBytes & { at: number }>(
    'SELECT at, packed, raw_bytes FROM blocks WHERE at >= ? ORDER BY id',
  )
  for (const { at, ...stored } of blocks.iterate(since)) {
    yield { at, ids: idsOf(unpackBlock(stored, (id) => ofEvents.has(id))) }
  }
  const journal = db.statement<[number], JournalRow & { at: number }>(
    'SELECT at, packed, raw_bytes, form FROM journal WHERE at >= ? ORDER BY position',
  )
  for (const { at, ...row } of journal.iterate(since)) {
    const groups = new Map<number, SeriesEntries>()
    unpackJournal(groups, row)
    yield { at, ids: idsOf(groups) }
  }
}

function idsOf(groups: ReadonlyMap<number, SeriesEntries>): IdSet {
  const ids = new IdSet()
  for (const entries of groups.values()) {
    for (let i = 0; i < entries.length; i++) {
      if (entries.flags[i]! & HAS_ID) ids.add(entries.idAt(i))
    }
  }
  return ids
}
