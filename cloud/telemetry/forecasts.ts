import { DeviceId, EntityId, ModelName } from '@storecast/shared/contracts'
import type { Pool } from 'pg'
import { z } from 'zod'
import { type LabelLimit, NO_LIMIT, siteWithin } from '../platform/label-limit.ts'
import { fromCursor, type Page, type PageRequest, toCursor, toPage } from '../platform/paging.ts'

export interface ForecastView {
  readonly site: string
  readonly device: string
  readonly model: string
  readonly version: number
  readonly entity: string
  readonly issuedAt: number
  readonly start: number
  readonly end: number
  readonly quantiles: number[]
  readonly mean: number
  readonly baseline: number
  readonly scoredAt: number | null
  readonly actual: number | null
  readonly censored: boolean | null
}

export interface ForecastFilter {
  readonly model?: string | undefined
  readonly version?: number | undefined
  readonly site?: string | undefined
  readonly entity?: string | undefined
  /** Of the span's start, unix ms: `[from, to)`. */
  readonly from: number
  readonly to: number
  /** What lies outside is left out. */
  readonly within?: LabelLimit | undefined
}

/** Start, device, model, version, entity, issue time. */
const Position = z.tuple([z.int(), DeviceId, ModelName, z.int(), EntityId, z.int()])

/** Forecasts in the order of their spans, with what came of them. */
export async function listForecasts(
  pool: Pool,
  { after, limit, ...filter }: ForecastFilter & PageRequest,
): Promise<Page<ForecastView>> {
  const { rows } = await pool.query<ForecastView>(
    `SELECT d.site, f.device, f.model, f.version, f.entity, f.issued_at AS "issuedAt", f.start_at AS start,
       f.end_at AS end, f.quantiles, f.mean, f.baseline, f.scored_at AS "scoredAt", f.actual, f.censored
     FROM forecasts f JOIN devices d ON d.id = f.device
     WHERE ${MATCHES}
       AND ($8::jsonb IS NULL OR (f.start_at, f.device, f.model, f.version, f.entity, f.issued_at)
         > (($8->>0)::int8, $8->>1, $8->>2, ($8->>3)::int8, $8->>4, ($8->>5)::int8))
     ORDER BY f.start_at, f.device, f.model, f.version, f.entity, f.issued_at LIMIT $9`,
    [...matching(filter), after === undefined ? null : JSON.stringify(fromCursor(after, Position)), limit + 1],
  )
  return toPage(rows, limit, ({ start, device, model, version, entity, issuedAt }) =>
    toCursor([start, device, model, version, entity, issuedAt]),
  )
}

/** How often actuals lay below each of a version's quantiles. */
export interface ForecastCalibration {
  readonly model: string
  readonly version: number
  /** Forecasts that are scored, as in `ForecastScores`. */
  readonly rows: number
  /** Share of actuals below each quantile, in the order of the forecasts'; counts tie, so that the truth lies between both. */
  readonly below: number[]
  readonly atOrBelow: number[]
}

/** By model and version; the same rows as `forecastScores` counts. Versions whose forecasts have no scores yet are left out. */
export async function forecastCalibration(pool: Pool, filter: ForecastFilter): Promise<ForecastCalibration[]> {
  const { rows } = await pool.query<ForecastCalibration>(
    `WITH newest AS (
       SELECT DISTINCT ON (d.site, f.model, f.version, f.entity, f.start_at) f.model, f.version, f.quantiles, f.actual,
         f.scored_at IS NOT NULL AND NOT f.censored AS counts
       FROM forecasts f JOIN devices d ON d.id = f.device
       WHERE ${MATCHES}
       ORDER BY d.site, f.model, f.version, f.entity, f.start_at, f.issued_at DESC, f.scored_at DESC NULLS LAST
     ), levels AS (
       SELECT model, version, nth, count(*)::int4 AS rows, avg((actual < quantile)::int4)::float8 AS below,
         avg((actual <= quantile)::int4)::float8 AS at_or_below
       FROM newest CROSS JOIN unnest(quantiles) WITH ORDINALITY AS q (quantile, nth) WHERE counts GROUP BY 1, 2, 3
     )
     SELECT model, version, max(rows) AS rows, array_agg(below ORDER BY nth) AS below,
       array_agg(at_or_below ORDER BY nth) AS "atOrBelow"
     FROM levels GROUP BY 1, 2 ORDER BY 1, 2`,
    matching(filter),
  )
  return rows
}

/** `f` forecasts, `d` devices; parameters 1 to 7. */
export const MATCHES = `($1::text IS NULL OR f.model = $1) AND ($2::int8 IS NULL OR f.version = $2)
  AND ($3::text IS NULL OR d.site = $3) AND ($4::text IS NULL OR f.entity = $4) AND f.start_at >= $5 AND f.start_at < $6
  AND ${siteWithin('d.site', 7)}`
/** Parameters 1 to 7. */
export const matching = ({ model, version, site, entity, from, to, within = NO_LIMIT }: ForecastFilter) => [
  model ?? null,
  version ?? null,
  site ?? null,
  entity ?? null,
  from,
  to,
  within,
]
