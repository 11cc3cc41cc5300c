import { randomUUID } from 'node:crypto'
import { type Calendar, calendarOf, type Span, type ZoneStretches } from '@storecast/shared/windows'
import type { Connection } from '../platform/database.ts'
import { recordEvent } from '../platform/events.ts'
import { type CoarseSize, coarsenedUntil, markCoarsened } from './marks.ts'
import { deleteWindow, insertWindow, mergeRows, openFrom, type WindowRow, windowsFrom } from './rows.ts'

export interface CoarsenRequest {
  readonly zone: ZoneStretches
  /** Store time. */
  readonly now: number
  /** Windows that end later keep their size; so do those of a day in which one is still open. */
  readonly before: number
  readonly into: CoarseSize
  readonly series: readonly number[]
  /** Windows merged that are enough for one transaction. */
  readonly enough: number
  /** Told before windows go; what it returns is told of the one that stands in their place. */
  readonly replacing?: (fine: readonly WindowRow[]) => (coarse: WindowRow) => void
}

/**
 * Merges windows of the oldest local day in which one of the series has some finer than `into`. Only whole coarse windows,
 * from all their fine ones; what was given up is told in an event.
 * @returns the number of windows merged away; undefined where nothing is left to merge
 */
export function coarsen(db: Connection, request: CoarsenRequest): number | undefined {
  const { zone, now, before, into, series, enough } = request
  const local = calendarOf(zone)
  const day = oldestDay(db, local, request)
  if (!day || day.end > Math.min(before, openFrom(db))) return undefined
  const merged = coarsenDay(db, local, { ...request, day })
  if (merged < enough) for (const id of series) markCoarsened(db, { series: id, size: into, until: day.end })
  if (merged > 0) tellCoarsened(db, { now, day, into, merged, date: local.localDay(day.start) })
  return merged
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

/** The first local day that holds a window finer than `into`, of any of the series. */
function oldestDay(db: Connection, zone: Calendar, { series, into }: CoarsenRequest): Span | undefined {
  let oldest = Infinity
  for (const id of series) {
    const windows = db.statement<[number, number, number], Span>(
      'SELECT start, "end" FROM windows WHERE series = ? AND start >= ? AND start < ? ORDER BY start',
    )
    for (const window of windows.iterate(id, coarsenedUntil(db, id, into), oldest)) {
      if (isWhole(window, zone.windowAt(window.start, into))) continue
      oldest = window.start
      break
    }
  }
  return oldest === Infinity ? undefined : zone.windowAt(oldest, '1d')
}

/** @returns the number of windows merged away: at least `enough`, or all there were */
function coarsenDay(db: Connection, zone: Calendar, request: CoarsenRequest & { readonly day: Span }): number {
  const { day, into, series, enough, replacing } = request
  let merged = 0
  for (const id of series) {
    if (merged >= enough) break
    const rows = windowsFrom(db, id, day.start, day.end)
    for (const [start, fine] of Map.groupBy(rows, (row) => zone.windowAt(row.start, into).start)) {
      const span = zone.windowAt(start, into)
      // Already done, or of the site's former time zone and across the boundary: such windows stay.
      if (fine.every((row) => isWhole(row, span)) || fine.some((row) => !isInside(row, span))) continue
      const replaced = replacing?.(fine)
      const coarse = mergeRows(fine, span, 1)
      replace(db, fine, coarse)
      replaced?.(coarse)
      merged += fine.length
    }
  }
  return merged
}

const isWhole = (window: Span, coarse: Span): boolean => window.start === coarse.start && window.end >= coarse.end

const isInside = (window: Span, coarse: Span): boolean => window.start >= coarse.start && window.end <= coarse.end

/** The coarse window first: what covers the fine ones is there when they go. */
function replace(db: Connection, fine: readonly WindowRow[], coarse: WindowRow): void {
  insertWindow(db, coarse)
  for (const row of fine) deleteWindow(db, row)
}
