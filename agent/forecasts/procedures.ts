import type { CalibrationState } from '@storecast/shared/forecasts'
import type { Span } from '@storecast/shared/windows'
import type { Connection } from '../platform/database.ts'
import { packFloats } from './floats.ts'

/** Part of a run: N forecasts, arrays entity-major. */
export interface RecordForecasts extends Span {
  readonly model: string
  readonly version: number
  readonly issuedAt: number
  readonly entities: readonly string[]
  /** Calibrated and raw, [N×Q]. */
  readonly quantiles: Float32Array
  readonly raw: Float32Array
  /** Calibrated, [N]. */
  readonly mean: Float32Array
  /** [N×P] */
  readonly profile: Float32Array
  /** [N] */
  readonly baseline: Float32Array
}

/** The end of a run: all its forecasts are there. */
export interface FinishRun extends Span {
  readonly model: string
  readonly version: number
  readonly issuedAt: number
  readonly madeAt: number
  readonly levels: readonly number[]
  readonly calibration: CalibrationState | null
}

/** What came of forecasts; NaN: not known any more. */
export interface ScoreForecasts {
  readonly model: string
  readonly version: number
  readonly issuedAt: number
  readonly scoredAt: number
  readonly entities: readonly string[]
  /** [N] */
  readonly actual: Float32Array
  readonly censored: Uint8Array
}

/**
 * A run that is made again replaces its forecasts. One statement takes all rows (SQLite cuts them out of the arrays and a
 * JSON text): binding them one by one takes twice as long.
 */
function record(db: Connection, batch: RecordForecasts): void {
  const { model, version, issuedAt, start, end, entities, quantiles, raw, mean, profile, baseline } = batch
  const count = entities.length
  if (count === 0) return
  db.statement(
    `INSERT INTO forecasts(model, version, issued_at, entity, start, "end", quantiles, raw, mean, profile, baseline)
     SELECT :model, :version, :issuedAt, value ->> 0, :start, :end,
       substr(:quantiles, key * :q + 1, :q), substr(:raw, key * :q + 1, :q), value ->> 1,
       substr(:profile, key * :p + 1, :p), value ->> 2
     FROM json_each(:rows) WHERE true
     ON CONFLICT DO UPDATE SET start = excluded.start, "end" = excluded."end", quantiles = excluded.quantiles,
       raw = excluded.raw, mean = excluded.mean, profile = excluded.profile, baseline = excluded.baseline`,
  ).run({
    ...{ model, version, issuedAt, start, end },
    quantiles: packFloats(quantiles),
    raw: packFloats(raw),
    profile: packFloats(profile),
    // Bytes of a row.
    q: BigInt((quantiles.length / count) * 4),
    p: BigInt((profile.length / count) * 4),
    rows: JSON.stringify(entities.map((entity, i) => [entity, mean[i], baseline[i]])),
  })
}

function finish(db: Connection, run: FinishRun): void {
  const { model, version, issuedAt, start, end, madeAt, levels, calibration } = run
  db.statement(
    `INSERT OR REPLACE INTO forecast_runs(model, issued_at, version, start, "end", made_at, levels, calibration)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(model, issuedAt, version, start, end, madeAt, JSON.stringify(levels), JSON.stringify(calibration))
}

function score(db: Connection, batches: readonly ScoreForecasts[]): void {
  const update = db.statement(
    `UPDATE forecasts SET scored_at = iif(value ->> 1 IS NULL, NULL, :scoredAt), actual = value ->> 1, censored = value ->> 2
     FROM json_each(:rows)
     WHERE model = :model AND version = :version AND issued_at = :issuedAt AND entity = value ->> 0`,
  )
  for (const { model, version, issuedAt, scoredAt, entities, actual, censored } of batches) {
    // JSON has no NaN: what is not known becomes null.
    const rows = entities.map((entity, i) => [entity, actual[i], Number.isNaN(actual[i]) ? null : censored[i]])
    update.run({ model, version, issuedAt, scoredAt, rows: JSON.stringify(rows) })
  }
}

/** Forecasts of runs that did not end, of one model or of all: it failed on the way, or the agent was killed. */
function discard(db: Connection, model: string | null): void {
  db.statement(
    `DELETE FROM forecasts WHERE (:model IS NULL OR model = :model) AND NOT EXISTS (SELECT 1 FROM forecast_runs r
       WHERE r.model = forecasts.model AND r.issued_at = forecasts.issued_at AND r.version = forecasts.version)`,
  ).run({ model })
}

/** Runs issued before, with their forecasts. */
function prune(db: Connection, before: number): void {
  const runs = db
    .statement<[number], { model: string; version: number; issued_at: number }>(
      'SELECT model, version, issued_at FROM forecast_runs WHERE issued_at < ?',
    )
    .all(before)
  for (const { model, version, issued_at } of runs) {
    db.statement('DELETE FROM forecasts WHERE model = ? AND version = ? AND issued_at = ?').run(
      model,
      version,
      issued_at,
    )
    db.statement('DELETE FROM forecast_runs WHERE model = ? AND issued_at = ?').run(model, issued_at)
  }
}

export const forecastProcedures = {
  'forecasts.record': record,
  'forecasts.finish': finish,
  'forecasts.score': score,
  'forecasts.discard': discard,
  'forecasts.prune': prune,
}
