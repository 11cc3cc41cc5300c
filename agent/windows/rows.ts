import type { SeriesKey, WindowQuality, WindowRecord } from '@storecast/shared/contracts'
import { mergeWindows, Sketch, type Span } from '@storecast/shared/windows'
import type { Connection } from '../platform/database.ts'
import { WindowState } from './state.ts'

/** A row of `windows`. */
export interface WindowRow {
  readonly series: number
  readonly start: number
  readonly end: number
  readonly revision: number
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly last: number
  readonly sketch: Uint8Array
  readonly missing: number
  readonly late: number
  readonly out_of_range: number
  readonly flat: number
  readonly duplicate: number
  readonly wrong_type: number
  readonly wrong_unit: number
  readonly untrusted: number
}

interface OpenRow extends Omit<WindowRow, 'revision' | 'missing'> {
  readonly last_time: number
}

/** A closed window no longer knows the time of its last reading: whatever comes late does not replace it. */
export function stateOfRow(row: WindowRow): WindowState {
  const state = fill(row)
  state.lastTime = row.end
  return state
}

function fill(row: Omit<WindowRow, 'revision' | 'missing'>): WindowState {
  const state = new WindowState(row)
  state.count = row.count
  state.sum = row.sum
  state.min = row.min
  state.max = row.max
  state.last = row.last
  state.sketch = Sketch.decode(row.sketch)
  state.late = row.late
  state.outOfRange = row.out_of_range
  state.flat = row.flat
  state.duplicate = row.duplicate
  state.wrongType = row.wrong_type
  state.wrongUnit = row.wrong_unit
  state.untrusted = row.untrusted
  return state
}

export function rowOf(series: number, state: WindowState, revision: number, missing: number): WindowRow {
  return {
    series,
    start: state.start,
    end: state.end,
    revision,
    count: state.count,
    sum: state.sum,
    min: state.min,
    max: state.max,
    last: state.last,
    sketch: state.sketch.encode(),
    missing,
    late: state.late,
    out_of_range: state.outOfRange,
    flat: state.flat,
    duplicate: state.duplicate,
    wrong_type: state.wrongType,
    wrong_unit: state.wrongUnit,
    untrusted: state.untrusted,
  }
}

export function qualityOf(row: Pick<WindowRow, QualityColumn>): WindowQuality {
  const { missing, late, flat, duplicate, untrusted } = row
  const { out_of_range: outOfRange, wrong_type: wrongType, wrong_unit: wrongUnit } = row
  return { missing, late, outOfRange, flat, duplicate, wrongType, wrongUnit, untrusted }
}

type QualityColumn =
  | 'missing'
  | 'late'
  | 'out_of_range'
  | 'flat'
  | 'duplicate'
  | 'wrong_type'
  | 'wrong_unit'
  | 'untrusted'

/** A row as the record it is; its sketch is unpacked when somebody asks for it. */
class RowRecord implements WindowRecord {
  readonly series: SeriesKey
  readonly #row: WindowRow

  constructor(series: SeriesKey, row: WindowRow) {
    this.series = series
    this.#row = row
  }

  get start() {
    return this.#row.start
  }
  get end() {
    return this.#row.end
  }
  get revision() {
    return this.#row.revision
  }
  get count() {
    return this.#row.count
  }
  get sum() {
    return this.#row.sum
  }
  get min() {
    return this.#row.min
  }
  get max() {
    return this.#row.max
  }
  get last() {
    return this.#row.last
  }
  get sketch() {
    return Sketch.decode(this.#row.sketch).bins()
  }
  get quality() {
    return qualityOf(this.#row)
  }
}

export const recordOf = (series: SeriesKey, row: WindowRow): WindowRecord => new RowRecord(series, row)

/** Rows of one series inside `span` as one row over it. */
export function mergeRows(rows: readonly WindowRow[], span: Span, revision: number): WindowRow {
  const series = { sensor: '', entity: '' }
  const merged = mergeWindows(
    rows.map((row) => recordOf(series, row)),
    span,
  )
  const { outOfRange, wrongType, wrongUnit, ...counts } = merged.quality
  const { start, end, count, sum, min, max, last } = merged
  const sketch = Sketch.fromBins(merged.sketch).encode()
  const quality = { ...counts, out_of_range: outOfRange, wrong_type: wrongType, wrong_unit: wrongUnit }
  return { series: rows[0]!.series, start, end, revision, count, sum, min, max, last, sketch, ...quality }
}

export function insertWindow(db: Connection, r: WindowRow): void {
  db.statement('INSERT INTO windows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
    r.series,
    r.start,
    r.end,
    r.revision,
    r.count,
    r.sum,
    r.min,
    r.max,
    r.last,
    r.sketch,
    r.missing,
    r.late,
    r.out_of_range,
    r.flat,
    r.duplicate,
    r.wrong_type,
    r.wrong_unit,
    r.untrusted,
  )
}

export function updateWindow(db: Connection, r: WindowRow): void {
  db.statement(
    `UPDATE windows SET revision = ?, count = ?, sum = ?, min = ?, max = ?, last = ?, sketch = ?, missing = ?, late = ?,
       out_of_range = ?, flat = ?, duplicate = ?, wrong_type = ?, wrong_unit = ?, untrusted = ?
     WHERE series = ? AND start = ? AND "end" = ?`,
  ).run(
    r.revision,
    r.count,
    r.sum,
    r.min,
    r.max,
    r.last,
    r.sketch,
    r.missing,
    r.late,
    r.out_of_range,
    r.flat,
    r.duplicate,
    r.wrong_type,
    r.wrong_unit,
    r.untrusted,
    r.series,
    r.start,
    r.end,
  )
}

export function deleteWindow(db: Connection, { series, start, end }: WindowRow): void {
  db.statement('DELETE FROM windows WHERE series = ? AND start = ? AND "end" = ?').run(series, start, end)
}

/** The closed window around `time`, of whatever size. */
export function windowAround(db: Connection, series: number, time: number): WindowRow | undefined {
  const row = db
    .statement<[number, number], WindowRow>(
      'SELECT * FROM windows WHERE series = ? AND start <= ? ORDER BY start DESC LIMIT 1',
    )
    .get(series, time)
  return row && row.end > time ? row : undefined
}

/** Closed windows of one series that start in `[from, to)`, by start. */
export function windowsFrom(db: Connection, series: number, from: number, to: number): WindowRow[] {
  return db
    .statement<[number, number, number], WindowRow>(
      'SELECT * FROM windows WHERE series = ? AND start >= ? AND start < ? ORDER BY start',
    )
    .all(series, from, to)
}

/** What rolling up needs to know of a series. */
export interface SeriesState {
  readonly series: number
  readonly sensor: string
  /** Where its last closed window ends; before everything where there is none. */
  readonly closed: number
  /** By start. */
  readonly open: readonly WindowState[]
}

/** The state of all `series`, in as many statements as of one: a query costs more than the rows it finds. */
export function seriesStates(db: Connection, series: readonly number[]): SeriesState[] {
  const ids = JSON.stringify(series)
  const known = db
    .statement<[string], { series: number; sensor: string; closed: number | null }>(
      `SELECT s.id AS series, s.sensor,
         (SELECT w."end" FROM windows w WHERE w.series = s.id ORDER BY w.start DESC LIMIT 1) AS closed
       FROM json_each(?) JOIN series s ON s.id = value ORDER BY s.id`,
    )
    .all(ids)
  const rows = db
    .statement<[string], OpenRow>(
      'SELECT o.* FROM json_each(?) JOIN open_windows o ON o.series = value ORDER BY o.series, o.start',
    )
    .all(ids)
  const open = Map.groupBy(rows, (row) => row.series)
  return known.map(({ series: id, sensor, closed }) => ({
    series: id,
    sensor,
    closed: closed ?? -Infinity,
    open: (open.get(id) ?? []).map(stateOfOpenRow),
  }))
}

function stateOfOpenRow(row: OpenRow): WindowState {
  const state = fill(row)
  state.lastTime = row.last_time
  return state
}

/** Where the oldest open window starts. */
export function openFrom(db: Connection): number {
  return db.statement<[], number | null>('SELECT min(start) FROM open_windows').pluck().get() ?? Infinity
}

/** Series that have an open window ending at or before `until`. */
export function seriesToClose(db: Connection, until: number): number[] {
  return db
    .statement<[number], number>('SELECT DISTINCT series FROM open_windows WHERE "end" <= ? ORDER BY series')
    .pluck()
    .all(until)
}

/** Series of these sensors whose last closed window ends before `until`, and where their first open one starts. */
export function silentSeries(
  db: Connection,
  { names, until }: { readonly names: readonly string[]; readonly until: number },
): { series: number; sensor: string; closed: number; openFrom: number | null }[] {
  return db
    .statement<[string, number], { series: number; sensor: string; closed: number; openFrom: number | null }>(
      `SELECT * FROM (
         SELECT s.id AS series, s.sensor,
           (SELECT w."end" FROM windows w WHERE w.series = s.id ORDER BY w.start DESC LIMIT 1) AS closed,
           (SELECT min(o.start) FROM open_windows o WHERE o.series = s.id) AS openFrom
         FROM series s WHERE s.sensor IN (SELECT value FROM json_each(?)))
       WHERE closed < ?`,
    )
    .all(JSON.stringify(names), until)
}

export function saveOpen(db: Connection, series: number, s: WindowState): void {
  db.statement('INSERT OR REPLACE INTO open_windows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
    series,
    s.start,
    s.end,
    s.lastTime,
    s.count,
    s.sum,
    s.min,
    s.max,
    s.last,
    s.sketch.encode(),
    s.late,
    s.outOfRange,
    s.flat,
    s.duplicate,
    s.wrongType,
    s.wrongUnit,
    s.untrusted,
  )
}

export function dropOpen(db: Connection, series: number, { start, end }: WindowState): void {
  db.statement('DELETE FROM open_windows WHERE series = ? AND start = ? AND "end" = ?').run(series, start, end)
}
