import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EventRecord, ForecastRecord, WindowRecord } from '@storecast/shared/contracts'
import { Sketch } from '@storecast/shared/windows'
import { type Connection, type Migration, openWriting } from '../../platform/database.ts'
import { eventMigrations, recordEvent } from '../../platform/events.ts'
import { outboxMigrations } from '../schema.ts'

/** The tables of the stages upstream. */
const upstreamMigrations: readonly Migration[] = [
  {
    id: 200,
    name: 'windows',
    sql: `
      CREATE TABLE series(id INTEGER PRIMARY KEY, sensor TEXT NOT NULL, entity TEXT NOT NULL, UNIQUE(sensor, entity)) STRICT;
      CREATE TABLE windows(
        series INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, revision INTEGER NOT NULL,
        count INTEGER NOT NULL, sum INTEGER NOT NULL, min INTEGER NOT NULL, max INTEGER NOT NULL, last INTEGER NOT NULL,
        sketch BLOB NOT NULL, missing INTEGER NOT NULL, late INTEGER NOT NULL, out_of_range INTEGER NOT NULL,
        flat INTEGER NOT NULL, duplicate INTEGER NOT NULL, PRIMARY KEY(series, start, "end")
      ) STRICT, WITHOUT ROWID`,
  },
  {
    id: 300,
    name: 'forecasts',
    sql: `
      CREATE TABLE forecasts(
        model TEXT NOT NULL, version INTEGER NOT NULL, entity TEXT NOT NULL, issued_at INTEGER NOT NULL,
        start INTEGER NOT NULL, "end" INTEGER NOT NULL, quantiles BLOB NOT NULL, raw BLOB NOT NULL, mean REAL NOT NULL,
        profile BLOB NOT NULL, baseline REAL NOT NULL, scored_at INTEGER, actual REAL, censored INTEGER,
        PRIMARY KEY(model, version, entity, issued_at)
      ) STRICT, WITHOUT ROWID`,
  },
  {
    id: 399,
    name: 'reported',
    sql: 'CREATE TABLE reported(id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL) STRICT',
  },
]

/** Opens a database with the outbox and the tables that it watches. */
export const openOutbox = (file: string): Connection =>
  openWriting(file, [...eventMigrations, ...upstreamMigrations, ...outboxMigrations])

/** The same in a folder of its own, which goes with it. */
export function temporaryOutbox(): { readonly db: Connection; readonly file: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'outbox-'))
  const file = join(folder, 'agent.db')
  const db = openOutbox(file)
  return {
    db,
    file,
    [Symbol.dispose]() {
      db.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** As windows/ does: INSERT, or UPDATE where the key is there. */
export function putWindow(db: Connection, record: WindowRecord): void {
  const { series, start, end, revision, count, sum, min, max, last, sketch, quality } = record
  db.statement('INSERT INTO series(sensor, entity) VALUES (?, ?) ON CONFLICT DO NOTHING').run(
    series.sensor,
    series.entity,
  )
  const id = db
    .statement('SELECT id FROM series WHERE sensor = ? AND entity = ?')
    .pluck()
    .get(series.sensor, series.entity)
  const { missing, late, outOfRange, flat, duplicate } = quality
  const bins = Sketch.fromBins(sketch).encode()
  db.statement(
    `INSERT INTO windows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
       revision = excluded.revision, count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max,
       last = excluded.last, sketch = excluded.sketch, missing = excluded.missing, late = excluded.late,
       out_of_range = excluded.out_of_range, flat = excluded.flat, duplicate = excluded.duplicate`,
  ).run(id, start, end, revision, count, sum, min, max, last, bins, missing, late, outOfRange, flat, duplicate)
}

export function removeWindows(
  db: Connection,
  { sensor, entity }: WindowRecord['series'],
  from: number,
  to: number,
): void {
  db.statement(
    `DELETE FROM windows WHERE series = (SELECT id FROM series WHERE sensor = ? AND entity = ?) AND start >= ? AND "end" <= ?`,
  ).run(sensor, entity, from, to)
}

export function putForecast(db: Connection, forecast: ForecastRecord): void {
  const { model, version, entity, issuedAt, start, end, quantiles, mean, baseline, score } = forecast
  const packed = Buffer.from(Float32Array.from(quantiles).buffer)
  db.statement(
    `INSERT INTO forecasts(model, version, entity, issued_at, start, "end", quantiles, raw, mean, profile, baseline,
       scored_at, actual, censored) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, x'', ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET scored_at = excluded.scored_at, actual = excluded.actual, censored = excluded.censored`,
  ).run(
    ...[model, version, entity, issuedAt, start, end, packed, packed, mean, baseline],
    ...[score?.scoredAt ?? null, score?.actual ?? null, score ? Number(score.censored) : null],
  )
}

export const putEvent = (db: Connection, event: EventRecord): void => recordEvent(db, event)

export const putReported = (db: Connection, body: unknown): void =>
  void db
    .statement('INSERT INTO reported VALUES (1, ?) ON CONFLICT DO UPDATE SET body = excluded.body')
    .run(JSON.stringify(body))
