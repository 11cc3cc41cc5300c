import type { Span } from '@storecast/shared/windows'
import type { Connection } from '../platform/database.ts'

/** A forecast's run whose products are still to be decided on. */
export interface UndecidedRun extends Span {
  readonly model: string
  readonly version: number
  readonly issuedAt: number
  /** Quantile levels, ascending. */
  readonly levels: readonly number[]
}

/** Of runs whose day is over, no more than the last are looked at. */
const LOOKED_AT_MS = 3 * 86_400_000

/** Runs of a version that were not decided on, oldest first. @param now store time */
export function undecidedRuns(
  db: Connection,
  { model, version, now }: { readonly model: string; readonly version: number; readonly now: number },
): UndecidedRun[] {
  return db
    .statement<Record<string, string | number>, Omit<UndecidedRun, 'levels'> & { readonly levels: string }>(
      `SELECT model, version, issued_at AS issuedAt, start, "end", levels FROM forecast_runs r
       WHERE model = :model AND version = :version AND issued_at > :from
         AND NOT EXISTS (SELECT 1 FROM decision_runs d WHERE d.model = r.model AND d.issued_at = r.issued_at)
       ORDER BY issued_at`,
    )
    .all({ model, version, from: now - LOOKED_AT_MS })
    .map((run) => ({ ...run, levels: JSON.parse(run.levels) as number[] }))
}
