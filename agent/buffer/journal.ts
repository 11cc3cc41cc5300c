import { randomUUID } from 'node:crypto'
import type { SensorDefinition } from '@storecast/shared/contracts'
import type { Connection } from '../platform/database.ts'
import { recordEvent } from '../platform/events.ts'
import type { SourcePosition } from '../sensors/reading.ts'
import { compressed, restored, type StoredBytes } from './compressed.ts'
import type { SeriesEntries } from './entry.ts'
import { unpackColumns, unpackRows } from './entry-columns.ts'

export interface NewSeries {
  readonly id: number
  readonly sensor: string
  readonly entity: string
}

/** One commit. */
export interface JournalAppend {
  readonly at: number
  readonly entries: number
  /** As from an `EntryWriter`. */
  readonly packed: Uint8Array
  /** Series that the entries are the first of. */
  readonly series: readonly NewSeries[]
  readonly positions: readonly SourcePosition[]
}

function append(db: Connection, { at, entries, packed, series, positions }: JournalAppend): void {
  for (const { id, sensor, entity } of series) {
    db.statement('INSERT INTO series(id, sensor, entity) VALUES (?, ?, ?)').run(id, sensor, entity)
  }
  if (entries > 0) {
    const stored = compressed(packed)
    db.statement('INSERT INTO journal(at, entries, packed, raw_bytes, form) VALUES (?, ?, ?, ?, 1)').run(
      at,
      entries,
      stored.packed,
      stored.raw_bytes,
    )
  }
  for (const { source, stamp, position } of positions) {
    db.statement(
      `INSERT INTO source_positions(source, stamp, position) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET stamp = excluded.stamp, position = excluded.position`,
    ).run(source, stamp, position)
  }
}

export interface Definitions {
  readonly at: number
  readonly definitions: readonly SensorDefinition[]
}

/**
 * Writes what sensors are from now on. Stored values are steps of a resolution and sketches are taken around a centre, so
 * a sensor that has readings keeps its kind, resolution and centre: a definition that changes them is not taken, and told.
 * @returns the definitions as they stand, in the same order
 */
function define(db: Connection, { at, definitions }: Definitions): SensorDefinition[] {
  const known = readDefinitions(db)
  db.statement('UPDATE sensors SET in_use = (name IN (SELECT value FROM json_each(?)))').run(
    JSON.stringify(definitions.map(({ name }) => name)),
  )
  return definitions.map((wanted) => {
    const standing = known.get(wanted.name)
    if (standing && changesMeaning(standing, wanted) && hasReadings(db, wanted.name)) {
      tellRedefined(db, at, wanted.name)
      return standing
    }
    db.statement(
      `INSERT INTO sensors(name, definition) VALUES (?, ?)
       ON CONFLICT DO UPDATE SET definition = excluded.definition WHERE definition <> excluded.definition`,
    ).run(wanted.name, JSON.stringify(wanted))
    return wanted
  })
}

function changesMeaning(a: SensorDefinition, b: SensorDefinition): boolean {
  return a.kind !== b.kind || a.resolution !== b.resolution || a.centre !== b.centre
}

function hasReadings(db: Connection, sensor: string): boolean {
  return db.statement('SELECT 1 FROM series WHERE sensor = ?').get(sensor) !== undefined
}

function tellRedefined(db: Connection, at: number, sensor: string): void {
  recordEvent(db, {
    id: randomUUID(),
    at,
    severity: 'warning',
    code: 'sensor-redefined',
    message: `Sensor "${sensor}" has readings, so it keeps its kind, resolution and centre: give the new one another name.`,
    detail: { sensor },
  })
}

export const bufferProcedures = { 'journal.append': append, 'journal.define': define }

export interface JournalPart {
  /** Entries by series, in order of arrival. */
  readonly groups: Map<number, SeriesEntries>
  readonly entries: number
  /** The last row taken, and when the last of them was committed. */
  readonly position: number
  readonly at: number
  /** There is more behind. */
  readonly more: boolean
}

export interface JournalRow extends StoredBytes {
  /** 1: by column. */
  readonly form: number
}

/** Adds the entries of a journal row, in order of arrival, to their series. */
export function unpackJournal(groups: Map<number, SeriesEntries>, row: JournalRow): void {
  const unpack = row.form === 1 ? unpackColumns : unpackRows
  unpack(groups, restored(row))
}

/** The oldest commits that wait in the journal: whole rows, until they hold `enough` entries or more. */
export function readJournal(db: Connection, enough: number): JournalPart | undefined {
  const groups = new Map<number, SeriesEntries>()
  let [entries, position, at] = [0, 0, 0]
  const rows = db.statement<[], JournalRow & { position: number; at: number; entries: number }>(
    'SELECT position, at, entries, packed, raw_bytes, form FROM journal ORDER BY position',
  )
  for (const row of rows.iterate()) {
    if (entries >= enough) return { groups, entries, position, at, more: true }
    unpackJournal(groups, row)
    entries += row.entries
    position = row.position
    at = row.at
  }
  return entries === 0 ? undefined : { groups, entries, position, at, more: false }
}

/** Drops the journal up to `position`: what it held is in blocks and windows, in this same transaction. */
export function dropJournal(db: Connection, position: number): void {
  db.statement('DELETE FROM journal WHERE position <= ?').run(position)
}

/** Names of the sensors that were among those defined last. */
export function sensorsInUse(db: Connection): ReadonlySet<string> {
  return new Set(db.statement<[], string>('SELECT name FROM sensors WHERE in_use = 1').pluck().all())
}

/** All sensors' definitions, by name; what the device measures of itself is not among them. */
export function readDefinitions(db: Connection): Map<string, SensorDefinition> {
  const rows = db.statement<[], string>("SELECT definition FROM sensors WHERE name NOT LIKE '$%'").pluck().all()
  return new Map(rows.map((row) => JSON.parse(row) as SensorDefinition).map((d) => [d.name, d]))
}
