import type { Connection } from '../platform/database.ts'
import { firstIdAt } from './ids.ts'

/** Decisions stay on the device this long, in store time: as long as the forecasts they were made from. */
const KEPT_MS = 120 * 86_400_000

/** @param now store time */
export function forget(db: Connection, now: number): void {
  const end = now - KEPT_MS
  // Ids begin with the time of issue: no index on it is needed, and the table is not read through after every run.
  if (end > 0) db.statement('DELETE FROM decisions WHERE id < ?').run(firstIdAt(end))
  db.statement('DELETE FROM decision_runs WHERE issued_at < ?').run(end)
}
