import { randomUUID } from 'node:crypto'
import {
  SELF_MEASURED,
  type SelfMeasuredName,
  type SensorDefinition,
  type SeriesKey,
} from '@storecast/shared/contracts'
import type { Span } from '@storecast/shared/windows'
import type { Connection } from '../platform/database.ts'
import { recordEvent } from '../platform/events.ts'
import { lowerMarks } from './marks.ts'
import { insertWindow, mergeRows, updateWindow, type WindowRow, windowAround } from './rows.ts'
import type { Observed } from './tally.ts'

/** A self-measured series; its entity is `modelEntity`'s or `forecastEntity`'s. */
export interface SelfMeasuredKey extends SeriesKey {
  readonly sensor: SelfMeasuredName
}

/** What only sensors have. */
const UNMEASURED = { revision: 1, late: 0, flat: 0, duplicate: 0, wrong_type: 0, wrong_unit: 0, untrusted: 0 } as const

export interface Measurement {
  readonly series: SelfMeasuredKey
  /** The window of the site's calendar that they fall in. */
  readonly span: Span
  readonly observed: Observed
}

/**
 * Self-measured series at most; above, the one that was silent for longest is given up. Some thirty versions of a model with
 * all that is measured of one: its features, most of all.
 */
const MOST_SERIES = 2048

/** Adds observations to their windows; a window that was sent is sent again under a higher revision. */
export function measure(
  db: Connection,
  { at, measurements }: { at: number; measurements: readonly Measurement[] },
): void {
  for (const { series, span, observed } of measurements) addTo(db, rowOf(seriesId(db, series, at), span, observed))
}

export interface PartMeasured extends Measurement {
  /** What was observed, where it may be observed again: then it replaces what it was. */
  readonly part: string
}

/**
 * The same for observations that may change: the window is made anew from its parts. All of a window's observations are
 * measured so, or none.
 */
export function measurePart(db: Connection, at: number, { series, part, span, observed }: PartMeasured): void {
  const known = db
    .statement<[string, string, string], Span>(
      `SELECT p.start, p."end" FROM series s JOIN measured_parts p ON p.series = s.id
       WHERE s.sensor = ? AND s.entity = ? AND p.part = ?`,
    )
    .get(series.sensor, series.entity, part)
  if (!known && observed.count + observed.missing + observed.outOfRange === 0) return
  const id = seriesId(db, series, at)
  // Once the site's time zone, and with it the calendar, has changed, another window may stand there: it takes it in.
  const row = rowOf(id, known ?? windowAround(db, id, span.start) ?? span, observed)
  db.statement('INSERT OR REPLACE INTO measured_parts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
    ...[id, part, row.start, row.end, row.count, row.sum, row.min, row.max, row.last, row.sketch],
    ...[row.missing, row.out_of_range],
  )
  const whole = mergeRows(partsOf(db, row), row, 1)
  const before = windowAround(db, id, row.start)
  if (before?.start === row.start && before.end === row.end) revise(db, before, whole)
  else insertWindow(db, whole)
}

/** What can no longer be observed again needs no parts. @param before end of a window, store time */
export function forgetParts(db: Connection, before: number): void {
  db.statement('DELETE FROM measured_parts WHERE "end" < ?').run(before)
}

function partsOf(db: Connection, { series, start, end }: WindowRow): WindowRow[] {
  return db
    .statement<[number, number, number], Omit<WindowRow, keyof typeof UNMEASURED>>(
      'SELECT * FROM measured_parts WHERE series = ? AND start = ? AND "end" = ? ORDER BY part',
    )
    .all(series, start, end)
    .map((part) => ({ ...part, ...UNMEASURED }))
}

function addTo(db: Connection, row: WindowRow): void {
  const around = windowAround(db, row.series, row.start)
  if (around && around.end >= row.end) revise(db, around, mergeRows([around, row], around, 1))
  else {
    insertWindow(db, row)
    lowerMarks(db, [row])
  }
}

/** Nothing is told anew where it says the same. */
function revise(db: Connection, before: WindowRow, after: WindowRow): void {
  const isSame = (['count', 'sum', 'min', 'max', 'last', 'missing', 'out_of_range'] as const).every(
    (field) => before[field] === after[field],
  )
  if (isSame && Buffer.compare(before.sketch, after.sketch) === 0) return
  updateWindow(db, { ...after, revision: before.revision + 1 })
}

function rowOf(series: number, { start, end }: Span, observed: Observed): WindowRow {
  const { outOfRange, ...values } = observed
  return { series, start, end, ...values, out_of_range: outOfRange, ...UNMEASURED }
}

/** Numbers from −1 downwards: the buffer's, which it gives out ahead of the database, go up from 1. */
function seriesId(db: Connection, { sensor, entity }: SelfMeasuredKey, at: number): number {
  const known = db
    .statement<[string, string], number>('SELECT id FROM series WHERE sensor = ? AND entity = ?')
    .pluck()
    .get(sensor, entity)
  if (known !== undefined) return known
  const { count, lowest } = db
    .statement<[], { count: number; lowest: number | null }>(
      'SELECT count(*) AS count, min(id) AS lowest FROM series WHERE id < 0',
    )
    .get()!
  if (count >= MOST_SERIES) giveUpOldest(db, at)
  db.statement('INSERT INTO sensors(name, definition) VALUES (?, ?) ON CONFLICT DO NOTHING').run(
    sensor,
    JSON.stringify(definitionOf(sensor)),
  )
  const id = (lowest ?? 0) - 1
  db.statement('INSERT INTO series(id, sensor, entity) VALUES (?, ?, ?)').run(id, sensor, entity)
  return id
}

function giveUpOldest(db: Connection, at: number): void {
  const oldest = db
    .statement<[], SeriesKey & { readonly id: number }>(
      `SELECT id, sensor, entity FROM series s WHERE id < 0 ORDER BY
         ifnull((SELECT start FROM windows w WHERE w.series = s.id ORDER BY start DESC LIMIT 1), 0), id DESC LIMIT 1`,
    )
    .get()!
  const windows = db.statement('DELETE FROM windows WHERE series = ?').run(oldest.id).changes
  db.statement('DELETE FROM measured_parts WHERE series = ?').run(oldest.id)
  db.statement('DELETE FROM series WHERE id = ?').run(oldest.id)
  const { sensor, entity } = oldest
  recordEvent(db, {
    id: randomUUID(),
    at,
    severity: 'info',
    code: 'series-given-up',
    message: `The device measures ${MOST_SERIES} series of itself at most: it no longer keeps ${sensor} of ${entity}, silent for longest.`,
    detail: { sensor, entity, windows },
  })
}

/** As a sensor's, so that every series has a definition. */
function definitionOf(name: SelfMeasuredName): SensorDefinition {
  const { unit, resolution, window } = SELF_MEASURED[name]
  return { name, kind: 'gauge', unit, resolution, range: [-1, 1], centre: 0, interval: 0, window, per: 'product' }
}
