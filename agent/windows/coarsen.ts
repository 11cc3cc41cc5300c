import { randomUUID } from 'node:crypto'
import { type Calendar, calendarOf, type Span, type ZoneStretches } from '@storecast/shared/windows'
import { type Connection, usedBytes } from '../platform/database.ts'
import { recordEvent } from '../platform/events.ts'
import { COARSE_SIZES, type CoarseSize, coarsenedUntil, markCoarsened } from './marks.ts'
import { deleteWindow, insertWindow, mergeRows, openFrom, type WindowRow, windowsFrom } from './rows.ts'

export interface CoarsenRequest {
  readonly zone: ZoneStretches
  /** Store time. */
  readonly now: number
  /** Windows that end later keep their size; so do those of a day in which one is still open. */
  readonly before: number
  /** Windows merged that are enough for one transaction. */
  readonly enough: number
}

export interface CoarsenResult {
  /** Everything before the limit already is as coarse as it gets: nothing was done. */
  readonly exhausted: boolean
  readonly usedBytes: number
}

/**
 * Merges windows of the oldest local day that still holds some finer than an hour into hours; where there is none, of the
 * oldest that holds some finer than a day into days. Only whole coarse windows, from all their fine ones; what was given
 * up is told in an event.
 */
export function coarsen(db: Connection, { zone, now, before, enough }: CoarsenRequest): CoarsenResult {
  const local = calendarOf(zone)
  for (const into of COARSE_SIZES) {
    const day = oldestDay(db, local, into)
    if (!day || day.end > Math.min(before, openFrom(db))) continue
    const merged = coarsenDay(db, local, { day, into, enough })
    if (merged < enough) markCoarsened(db, into, day.end)
    if (merged > 0) tellCoarsened(db, { now, day, into, merged, date: local.localDay(day.start) })
    return { exhausted: false, usedBytes: usedBytes(db) }
  }
  return { exhausted: true, usedBytes: usedBytes(db) }
}

interface Coarsened {
  readonly now: number
  readonly day: Span
  readonly date: string
  readonly into: CoarseSize
  readonly merged: number
}

function tellCoarsened(db: Connection, { now, day, date, into, merged }: Coarsened): void {
  recordEvent(db, {
    id: randomUUID(),
    at: now,
    severity: 'info',
    code: 'windows-coarsened',
    message: `Space is short: ${merged} windows of ${date} were merged into windows of ${into}.`,
    detail: { from: day.start, to: day.end, into, windows: merged },
  })
}

/** The first local day at or after the mark that holds a window finer than `into`. */
function oldestDay(db: Connection, zone: Calendar, into: CoarseSize): Span | undefined {
  const from = coarsenedUntil(db, into)
  let oldest = Infinity
  for (const series of allSeries(db)) {
    const windows = db.statement<[number, number, number], { start: number; end: number }>(
      'SELECT start, "end" FROM windows WHERE series = ? AND start >= ? AND start < ? ORDER BY start',
    )
    for (const window of windows.iterate(series, from, oldest)) {
      if (isWhole(window, zone.windowAt(window.start, into))) continue
      oldest = window.start
      break
    }
  }
  return oldest === Infinity ? undefined : zone.windowAt(oldest, '1d')
}

/** @returns the number of windows merged away: at least `enough`, or all there were */
function coarsenDay(db: Connection, zone: Calendar, { day, into, enough }: DayToCoarsen): number {
  let merged = 0
  for (const series of allSeries(db)) {
    if (merged >= enough) break
    const rows = windowsFrom(db, series, day.start, day.end)
    for (const [start, fine] of Map.groupBy(rows, (row) => zone.windowAt(row.start, into).start)) {
      const span = zone.windowAt(start, into)
      // Already done, or of the site's former time zone and across the boundary: such windows stay.
      if (fine.every((row) => isWhole(row, span)) || fine.some((row) => !isInside(row, span))) continue
      replace(db, fine, mergeRows(fine, span, 1))
      merged += fine.length
    }
  }
  return merged
}

interface DayToCoarsen {
  readonly day: Span
  readonly into: CoarseSize
  readonly enough: number
}

const isWhole = (window: Span, coarse: Span): boolean => window.start === coarse.start && window.end >= coarse.end

const isInside = (window: Span, coarse: Span): boolean => window.start >= coarse.start && window.end <= coarse.end

/** The coarse window first: what covers the fine ones is there when they go. */
function replace(db: Connection, fine: readonly WindowRow[], coarse: WindowRow): void {
  insertWindow(db, coarse)
  for (const row of fine) deleteWindow(db, row)
}

function allSeries(db: Connection): number[] {
  return db.statement<[], number>('SELECT id FROM series ORDER BY id').pluck().all()
}
