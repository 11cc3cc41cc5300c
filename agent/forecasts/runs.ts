import type { CalibrationState } from '@storecast/shared/forecasts'
import type { Span } from '@storecast/shared/windows'
import type { Connection } from '../platform/database.ts'
import { unpackFloats } from './floats.ts'
import { type ForecastTables, SERVED } from './tables.ts'

/** A finished run of a model's schedule. */
export interface ForecastRun extends Span {
  readonly model: string
  readonly version: number
  readonly issuedAt: number
  readonly madeAt: number
  /** Quantile levels, ascending. */
  readonly levels: readonly number[]
  readonly calibration: CalibrationState | null
}

interface RunRow {
  readonly model: string
  readonly version: number
  readonly issued_at: number
  readonly made_at: number
  readonly start: number
  readonly end: number
  readonly levels: string
  readonly calibration: string
}

const fromRow = ({ issued_at, made_at, levels, calibration, ...row }: RunRow): ForecastRun => ({
  ...row,
  issuedAt: issued_at,
  madeAt: made_at,
  levels: JSON.parse(levels) as number[],
  calibration: JSON.parse(calibration) as CalibrationState | null,
})

/** The newest run of a model, issued at or before `until`; undefined where it has none. */
export function lastRun(db: Connection, model: string, until = Number.MAX_SAFE_INTEGER): ForecastRun | undefined {
  const sql = 'SELECT * FROM forecast_runs WHERE model = ? AND issued_at <= ? ORDER BY issued_at DESC LIMIT 1'
  const row = db.statement<[string, number], RunRow>(sql).get(model, until)
  return row && fromRow(row)
}

/** Runs issued at or after `from`, oldest first. */
export function runsSince(
  db: Connection,
  model: string,
  from: number,
  { runs }: ForecastTables = SERVED,
): ForecastRun[] {
  const sql = `SELECT * FROM ${runs} WHERE model = ? AND issued_at >= ? ORDER BY issued_at`
  return db.statement<[string, number], RunRow>(sql).all(model, from).map(fromRow)
}

/** Runs of `sequence` models issued by `time` for spans around it, the newest first. */
export function runsCovering(db: Connection, time: number): ForecastRun[] {
  const sql = `SELECT * FROM forecast_runs WHERE issued_at <= :time AND start <= :time AND "end" > :time AND calibration = 'null'
    ORDER BY issued_at DESC`
  return db.statement<{ time: number }, RunRow>(sql).all({ time }).map(fromRow)
}

/** One forecast as it is stored. */
export interface StoredForecast {
  readonly entity: string
  readonly quantiles: Float32Array
  readonly raw: Float32Array
  readonly mean: number
  readonly profile: Float32Array
  readonly baseline: number
  readonly actual: number | null
  readonly censored: boolean
}

type ForecastRow = Omit<StoredForecast, 'quantiles' | 'raw' | 'profile' | 'censored'> & {
  readonly quantiles: Uint8Array
  readonly raw: Uint8Array
  readonly profile: Uint8Array
  readonly censored: number | null
}

/** The forecasts of a run, by entity; of one entity where it is given. */
export function* forecastsOf(
  db: Connection,
  { model, version, issuedAt }: Pick<ForecastRun, 'model' | 'version' | 'issuedAt'>,
  {
    entity = null,
    tables = SERVED,
  }: { readonly entity?: string | null | undefined; readonly tables?: ForecastTables } = {},
): Generator<StoredForecast> {
  const rows = db
    .statement<Record<string, string | number | null>, ForecastRow>(
      `SELECT entity, quantiles, raw, mean, profile, baseline, actual, censored FROM ${tables.forecasts}
       WHERE model = :model AND version = :version AND issued_at = :issuedAt AND (:entity IS NULL OR entity = :entity)`,
    )
    .all({ model, version, issuedAt, entity })
  for (const { quantiles, raw, profile, censored, ...row } of rows) {
    yield {
      ...row,
      quantiles: unpackFloats(quantiles),
      raw: unpackFloats(raw),
      profile: unpackFloats(profile),
      censored: censored === 1,
    }
  }
}
