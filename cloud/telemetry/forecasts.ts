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

export const SCORE_KEYS = ['model', 'version', 'site', 'entity', 'day', 'weekday'] as const
/** `label:region`: by the value of a label of the site's. */
export type ScoreKey = (typeof SCORE_KEYS)[number] | `label:${string}`

/** Pooled scores of forecasts whose actuals are in; null where nothing can be said. */
export interface ForecastScores {
  readonly model?: string
  readonly version?: number
  readonly site?: string
  readonly entity?: string
  /** Local day of the span's start. */
  readonly day?: string
  /** Of that day, from 1, Monday, to 7. */
  readonly weekday?: number
  /** Value of the label that was asked for; null: the site has none. */
  readonly label?: string | null
  /** Forecasts that are scored: known and not censored. */
  readonly rows: number
  /** Left out: sales in a stock-out are a lower bound of demand. */
  readonly censored: number
  /** Not scored yet. */
  readonly waiting: number
  /** Σ|forecast − actual| / Σ actual, the forecast being the middle quantile. */
  readonly wape: number | null
  /** Σ(forecast − actual) / Σ actual: below 0, forecasts are too low. */
  readonly wpe: number | null
  /** Share of actuals from the lowest to the highest quantile. */
  readonly coverage: number | null
  /** WAPE of the seasonal-naive baseline on the same rows. */
  readonly baselineWape: number | null
}

const LOCAL = 'to_timestamp(start / 1000.0) AT TIME ZONE time_zone'
const KEY_COLUMNS: Readonly<Record<(typeof SCORE_KEYS)[number], string>> = {
  model: 'model',
  version: 'version',
  site: 'site',
  entity: 'entity',
  day: `to_char(${LOCAL}, 'YYYY-MM-DD')`,
  weekday: `extract(isodow FROM ${LOCAL})::int4`,
}
const isLabel = (key: ScoreKey): key is `label:${string}` => key.startsWith('label:')
/** Parameter 8 is the label's name. */
const columnOf = (key: ScoreKey) => (isLabel(key) ? 'labels->>$8::text AS label' : `${KEY_COLUMNS[key]} AS "${key}"`)

/**
 * Scores by any of model, version, site, product, local day, weekday and one label of the sites, pooled over the rest. Of
 * forecasts of one span and product by one version, the one issued last counts, once a site.
 */
export async function forecastScores(
  pool: Pool,
  { by, ...filter }: ForecastFilter & { readonly by: readonly ScoreKey[] },
): Promise<ForecastScores[]> {
  const keys = by.map(columnOf)
  const label = by.find(isLabel)?.slice('label:'.length)
  const places = by.map((_, index) => index + 1).join(', ')
  const { rows } = await pool.query<ForecastScores>(
    `WITH forecasts AS (
       SELECT DISTINCT ON (d.site, f.model, f.version, f.entity, f.start_at) d.site, s.time_zone, s.labels, f.model, f.version,
         f.entity, f.start_at AS start, f.quantiles[(cardinality(f.quantiles) + 1) / 2] AS point, f.quantiles[1] AS low,
         f.quantiles[cardinality(f.quantiles)] AS high, f.baseline, f.actual,
         f.scored_at IS NOT NULL AND NOT f.censored AS counts, f.scored_at IS NOT NULL AND f.censored AS censored
       FROM forecasts f JOIN devices d ON d.id = f.device JOIN sites s ON s.id = d.site
       WHERE ${MATCHES}
       ORDER BY d.site, f.model, f.version, f.entity, f.start_at, f.issued_at DESC, f.scored_at DESC NULLS LAST
     )
     SELECT ${[...keys, ''].join(', ')}
       count(*) FILTER (WHERE counts)::int4 AS rows,
       count(*) FILTER (WHERE censored)::int4 AS censored,
       count(*) FILTER (WHERE NOT counts AND NOT censored)::int4 AS waiting,
       sum(abs(point - actual)) FILTER (WHERE counts) / nullif(sum(actual) FILTER (WHERE counts), 0) AS wape,
       sum(point - actual) FILTER (WHERE counts) / nullif(sum(actual) FILTER (WHERE counts), 0) AS wpe,
       avg((actual BETWEEN low AND high)::int4) FILTER (WHERE counts)::float8 AS coverage,
       sum(abs(baseline - actual)) FILTER (WHERE counts) / nullif(sum(actual) FILTER (WHERE counts), 0) AS "baselineWape"
     FROM forecasts ${by.length > 0 ? `GROUP BY ${places} ORDER BY ${places}` : ''}`,
    label === undefined ? matching(filter) : [...matching(filter), label],
  )
  return rows
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
const MATCHES = `($1::text IS NULL OR f.model = $1) AND ($2::int8 IS NULL OR f.version = $2)
  AND ($3::text IS NULL OR d.site = $3) AND ($4::text IS NULL OR f.entity = $4) AND f.start_at >= $5 AND f.start_at < $6
  AND ${siteWithin('d.site', 7)}`
const matching = ({ model, version, site, entity, from, to, within = NO_LIMIT }: ForecastFilter) => [
  model ?? null,
  version ?? null,
  site ?? null,
  entity ?? null,
  from,
  to,
  within,
]
