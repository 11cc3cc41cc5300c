import type { Connection } from '../platform/database.ts'
import type { WindowRow } from './rows.ts'

/** From fine to coarse. */
export const COARSE_SIZES = ['1h', '1d'] as const
export type CoarseSize = (typeof COARSE_SIZES)[number]

/** All windows of the series that start before are at least as coarse as `size`. */
export function coarsenedUntil(db: Connection, series: number, size: CoarseSize): number {
  const sql = 'SELECT until FROM coarse_until WHERE series = ? AND size = ?'
  return db.statement<[number, string], number>(sql).pluck().get(series, size) ?? 0
}

export function markCoarsened(db: Connection, { series, size, until }: CoarseMark): void {
  db.statement('INSERT OR REPLACE INTO coarse_until(series, size, until) VALUES (?, ?, ?)').run(series, size, until)
}

interface CoarseMark {
  readonly series: number
  readonly size: CoarseSize
  readonly until: number
}

/** New windows may lie behind the marks (a late import): they are to be found again. */
export function lowerMarks(db: Connection, stored: readonly WindowRow[]): void {
  const newest = db.statement<[], number | null>('SELECT max(until) FROM coarse_until').pluck().get() ?? 0
  for (const { series, start } of stored) {
    if (start >= newest) continue
    db.statement('UPDATE coarse_until SET until = ? WHERE series = ? AND until > ?').run(start, series, start)
  }
}
