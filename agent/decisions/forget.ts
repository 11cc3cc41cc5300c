import type { Connection } from '../platform/database.ts'

/** Decisions stay on the device this long, in store time: as long as the forecasts they were made from. */
const KEPT_MS = 120 * 86_400_000

/** @param now store time */
export function forget(db: Connection, now: number): void {
  db.statement('DELETE FROM decisions WHERE issued_at < ?').run(now - KEPT_MS)
  db.statement('DELETE FROM decision_runs WHERE issued_at < ?').run(now - KEPT_MS)
}
