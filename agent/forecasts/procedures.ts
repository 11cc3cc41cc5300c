import type { CalibrationState } from '@storecast/shared/forecasts'
import type { Span } from '@storecast/shared/windows'
import type { Connection } from '../platform/database.ts'
import { forgetParts } from '../windows/index.ts'
import { crashed, type Day, settleEvidence, timed } from './evidence.ts'
import { packFloats } from './floats.ts'
import { measureInputs } from './measure-inputs.ts'
import { measureScores, type ScoredSteps } from './measure-scores.ts'
import { type ForecastTables, SERVED, SHADOW } from './tables.ts'

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
  /** Of a model that forecasts step by step: what was measured of those that are not NaN. */
  readonly steps?: ScoredSteps
}

/**
 * A run that is made again replaces its forecasts. One statement takes all rows, which SQLite cuts out of whole arrays:
 * binding them one by one takes twice as long.
 */
function record(db: Connection, { forecasts }: ForecastTables, batch: RecordForecasts): void {
  const { model, version, issuedAt, start, end, entities, quantiles, raw, mean, profile, baseline } = batch
  const count = entities.length
  if (count === 0) return
  db.statement(
    `INSERT INTO ${forecasts}(model, version, issued_at, entity, start, "end", quantiles, raw, mean, profile, baseline)
     SELECT :model, :version, :issuedAt, value, :start, :end,
       substr(:quantiles, key * :q + 1, :q), substr(:raw, key * :q + 1, :q),
       CAST(substr(:mean, key * ${DIGITS} + 1, ${DIGITS}) AS REAL), substr(:profile, key * :p + 1, :p),
       CAST(substr(:baseline, key * ${DIGITS} + 1, ${DIGITS}) AS REAL)
     FROM json_each(:entities) WHERE true
     ON CONFLICT DO UPDATE SET start = excluded.start, "end" = excluded."end", quantiles = excluded.quantiles,
       raw = excluded.raw, mean = excluded.mean, profile = excluded.profile, baseline = excluded.baseline`,
  ).run({
    ...{ model, version, issuedAt, start, end },
    entities: JSON.stringify(entities),
    quantiles: packFloats(quantiles),
    raw: packFloats(raw),
    profile: packFloats(profile),
    mean: decimals(mean),
    baseline: decimals(baseline),
    // Bytes of a row; integers, or the products above would be REAL.
    q: BigInt((quantiles.length / count) * 4),
    p: BigInt((profile.length / count) * 4),
  })
}

/** Wide enough for any float32 in nine digits, which tell it from every other: -1.17549435e-38. */
const DIGITS = 16

/** Numbers as text of one width, for SQL to cut. As bytes: in a text SQLite would count characters. */
const decimals = (values: Float32Array): Buffer =>
  Buffer.from(Array.from(values, (value) => value.toExponential(8).padEnd(DIGITS)).join(''))

function finish(db: Connection, run: FinishRun): void {
  const { model, version, issuedAt, start, end, madeAt, levels, calibration } = run
  db.statement(
    `INSERT OR REPLACE INTO forecast_runs(model, issued_at, version, start, "end", made_at, levels, calibration)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(model, issuedAt, version, start, end, madeAt, JSON.stringify(levels), JSON.stringify(calibration))
  settleEvidence(db, run)
}

/** The end of a run in shadow, and how long the candidate took. */
export interface FinishShadowRun extends FinishRun, Day {
  readonly latencyMs: number
}

function finishShadow(db: Connection, run: FinishShadowRun): void {
  const { model, version, issuedAt, start, end, madeAt, levels, calibration, day } = run
  db.statement(
    `INSERT OR REPLACE INTO shadow_runs(model, issued_at, version, start, "end", made_at, levels, calibration, day)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(model, issuedAt, version, start, end, madeAt, JSON.stringify(levels), JSON.stringify(calibration), day)
  timed(db, run)
  settleEvidence(db, run)
}

function score(db: Connection, { forecasts }: ForecastTables, batches: readonly ScoreForecasts[]): void {
  const update = db.statement(
    `UPDATE ${forecasts} SET scored_at = iif(value ->> 1 IS NULL, NULL, :scoredAt), actual = value ->> 1, censored = value ->> 2
     FROM json_each(:rows)
     WHERE model = :model AND version = :version AND issued_at = :issuedAt AND entity = value ->> 0`,
  )
  for (const batch of batches) {
    const { model, version, issuedAt, scoredAt, entities, actual, censored } = batch
    // JSON has no NaN: what is not known becomes null.
    const rows = entities.map((entity, i) => [entity, actual[i], Number.isNaN(actual[i]) ? null : censored[i]])
    update.run({ model, version, issuedAt, scoredAt, rows: JSON.stringify(rows) })
    if (forecasts !== SERVED.forecasts) continue
    settleEvidence(db, { model, issuedAt })
    measureScores(db, batch, scoredAt)
  }
}

/** Forecasts of runs that did not end, of one model or of all: it failed on the way, or the agent was killed. */
function discard(db: Connection, { forecasts, runs }: ForecastTables, model: string | null): void {
  db.statement(
    `DELETE FROM ${forecasts} AS f WHERE (:model IS NULL OR model = :model) AND NOT EXISTS (SELECT 1 FROM ${runs} r
       WHERE r.model = f.model AND r.issued_at = f.issued_at AND r.version = f.version)`,
  ).run({ model })
}

/** Runs issued before, with their forecasts. */
function pruneRuns(db: Connection, { forecasts, runs }: ForecastTables, before: number): void {
  const old = db
    .statement<[number], { model: string; version: number; issued_at: number }>(
      `SELECT model, version, issued_at FROM ${runs} WHERE issued_at < ?`,
    )
    .all(before)
  for (const { model, version, issued_at } of old) {
    db.statement(`DELETE FROM ${forecasts} WHERE model = ? AND version = ? AND issued_at = ?`).run(
      model,
      version,
      issued_at,
    )
    db.statement(`DELETE FROM ${runs} WHERE model = ? AND issued_at = ?`).run(model, issued_at)
  }
}

function prune(db: Connection, before: number): void {
  for (const tables of [SERVED, SHADOW]) pruneRuns(db, tables, before)
  db.statement('DELETE FROM evidence WHERE at < ?').run(before)
  forgetParts(db, before)
}

export const forecastProcedures = {
  'forecasts.record': (db: Connection, batch: RecordForecasts) => record(db, SERVED, batch),
  'forecasts.finish': finish,
  'forecasts.score': (db: Connection, batches: readonly ScoreForecasts[]) => score(db, SERVED, batches),
  'forecasts.discard': (db: Connection, model: string | null) => discard(db, SERVED, model),
  'forecasts.measureInputs': measureInputs,
  'forecasts.prune': prune,
  'shadow.record': (db: Connection, batch: RecordForecasts) => record(db, SHADOW, batch),
  'shadow.finish': finishShadow,
  'shadow.score': (db: Connection, batches: readonly ScoreForecasts[]) => score(db, SHADOW, batches),
  'shadow.discard': (db: Connection, model: string | null) => discard(db, SHADOW, model),
  'shadow.crashed': crashed,
}
