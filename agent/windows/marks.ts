import type { Connection } from '../platform/database.ts'
import type { WindowRow } from './rows.ts'

/** From fine to coarse: everything old becomes hours before any hour becomes part of a day. */
export const COARSE_SIZES = ['1h', '1d'] as const
export type CoarseSize = (typeof COARSE_SIZES)[number]

/** Everything that starts before is at least as coarse as `size`. */
export function coarsenedUntil(db: Connection, size: CoarseSize): number {
  return db.statement<[string], number>('SELECT until FROM coarsened WHERE size = ?').pluck().get(size) ?? 0
}

export function markCoarsened(db: Connection, size: CoarseSize, until: number): void {
  db.statement('INSERT OR REPLACE INTO coarsened(size, until) VALUES (?, ?)').run(size, until)
}

/** New windows may lie behind the marks (a late import): they are to be found again. */
export function lowerMarks(db: Connection, stored: readonly WindowRow[]): void {
  const oldest = stored.reduce((start, row) => Math.min(start, row.start), Infinity)
  if (oldest < Infinity) db.statement('UPDATE coarsened SET until = ? WHERE until > ?').run(oldest, oldest)
}
