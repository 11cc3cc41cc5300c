import type { Pool } from 'pg'
import { type ForecastFilter, MATCHES, matching } from './forecasts.ts'

export const SCORE_KEYS = ['model', 'version', 'site', 'entity', 'day', 'weekday'] as const
/** `label:region`: by a label of the sites; `attribute:category`: by an attribute of the products, as the sites' catalogues have it now. */
export type ScoreKey = (typeof SCORE_KEYS)[number] | `label:${string}` | `attribute:${string}`

/** Pooled scores of forecasts whose actuals are in; null where nothing can be said. */
export interface ForecastScores {
  readonly model?: string
  readonly version?: number
  readonly site?: string
  readonly entity?: string | null
  /** Local day of the span's start. */
  readonly day?: string
  /** Of that day, from 1, Monday, to 7. */
  readonly weekday?: number
  /** Value of the label that was asked for; null: the site has none, or see `others`. */
  readonly label?: string | null
  /** Value of the attribute that was asked for; null: the product has none, or see `others`. */
  readonly attribute?: string | null
  /** Where only the largest have rows of their own: so many smaller ones are this row; null: it is one's own. */
  readonly others?: number | null
  /** Different products that were forecast. */
  readonly products?: number
  /** Of what was sold in scored forecasts that agree in the other keys: the weight of this row's WAPE in that of all of them. */
  readonly share?: number | null
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

export interface ScoresQuery extends ForecastFilter {
  readonly by: readonly ScoreKey[]
  /**
   * Of the attribute's values, else the label's, else of the products: so many by what was sold have rows of their own, the
   * others one together. Default: 20 of an attribute, else all.
   */
  readonly top?: number | undefined
}

const DEFAULT_TOP = 20
const LOCAL = 'to_timestamp(start / 1000.0) AT TIME ZONE time_zone'
const KEY_COLUMNS: Readonly<Record<(typeof SCORE_KEYS)[number], string>> = {
  model: 'model',
  version: 'version',
  site: 'site',
  entity: 'entity',
  day: `to_char(${LOCAL}, 'YYYY-MM-DD')`,
  weekday: `extract(isodow FROM ${LOCAL})::int4`,
}
const isOf = (prefix: 'label' | 'attribute') => (key: ScoreKey) => key.startsWith(`${prefix}:`)
/** The key whose values may be too many. */
const foldedOf = (by: readonly ScoreKey[]) =>
  by.find(isOf('attribute')) ?? by.find(isOf('label')) ?? by.find((key) => key === 'entity')

/** Of forecasts: what scores are made of, so that they add up. */
const SUMS = `count(*) FILTER (WHERE counts) AS rows, count(*) FILTER (WHERE censored) AS censored,
  count(*) FILTER (WHERE NOT counts AND NOT censored) AS waiting, sum(actual) FILTER (WHERE counts) AS actual,
  sum(abs(point - actual)) FILTER (WHERE counts) AS absolute, sum(point - actual) FILTER (WHERE counts) AS error,
  count(*) FILTER (WHERE counts AND actual BETWEEN low AND high) AS covered,
  sum(abs(baseline - actual)) FILTER (WHERE counts) AS naive`

const SCORES = `sum(rows)::int4 AS rows, sum(censored)::int4 AS censored, sum(waiting)::int4 AS waiting,
  sum(absolute) / nullif(sum(actual), 0) AS wape, sum(error) / nullif(sum(actual), 0) AS wpe,
  (sum(covered) / nullif(sum(rows), 0))::float8 AS coverage, sum(naive) / nullif(sum(actual), 0) AS "baselineWape"`

/**
 * Scores by any of model, version, site, product, local day, weekday, one label of the sites and one attribute of the products,
 * pooled over the rest. Of forecasts of one span and product by one version, the one issued last counts, once a site.
 */
export async function forecastScores(pool: Pool, { by, top, ...filter }: ScoresQuery): Promise<ForecastScores[]> {
  const values: unknown[] = matching(filter)
  const parameter = (value: unknown) => `$${values.push(value)}`
  const [label, attribute] = (['label', 'attribute'] as const).map((prefix) => by.find(isOf(prefix)))
  const expressionOf = (key: ScoreKey) => {
    if (key === label) return `labels->>${parameter(key.slice('label:'.length))}::text`
    if (key === attribute) return `attributes->>${parameter(key.slice('attribute:'.length))}::text`
    return KEY_COLUMNS[key as keyof typeof KEY_COLUMNS]
  }
  const nameOf = (key: ScoreKey) => (key === label ? 'label' : key === attribute ? 'attribute' : key)
  const keys = by.map((key, at) => ({ key, name: nameOf(key), column: `key${at}`, expression: expressionOf(key) }))
  const most = top ?? (attribute === undefined ? undefined : DEFAULT_TOP)
  const folded = most === undefined ? undefined : keys.find(({ key }) => key === foldedOf(by))
  const rest = keys.flatMap(({ column }) => (column === folded?.column ? [] : [column]))
  // In the sums after them comes the product, in the answer whether a row is several values.
  const places = [...keys.keys(), ...(folded ? [keys.length] : [])].map((at) => at + 1).join(', ')
  const { rows } = await pool.query<ForecastScores>(
    `WITH forecasts AS (
       SELECT DISTINCT ON (d.site, f.model, f.version, f.entity, f.start_at) d.site, s.time_zone, s.labels, f.model, f.version,
         f.entity, f.start_at AS start, f.quantiles[(cardinality(f.quantiles) + 1) / 2] AS point, f.quantiles[1] AS low,
         f.quantiles[cardinality(f.quantiles)] AS high, f.baseline, f.actual,
         f.scored_at IS NOT NULL AND NOT f.censored AS counts, f.scored_at IS NOT NULL AND f.censored AS censored
       FROM forecasts f JOIN devices d ON d.id = f.device JOIN sites s ON s.id = d.site
       WHERE ${MATCHES}
       ORDER BY d.site, f.model, f.version, f.entity, f.start_at, f.issued_at DESC, f.scored_at DESC NULLS LAST
     ), sums AS (
       SELECT ${keys.map(({ expression, column }) => `${expression} AS ${column}, `).join('')} ${folded ? 'entity AS product,' : ''} ${SUMS}
       FROM forecasts ${attribute === undefined ? '' : 'LEFT JOIN products USING (site, entity)'}
       ${places === '' ? '' : `GROUP BY ${places}`}
     ) ${folded && most !== undefined ? `, largest AS (${largestSql(folded.column, parameter(most))})` : ''}
     SELECT ${keys.map(({ name, column }) => `${column === folded?.column ? 'large' : column} AS "${name}", `).join('')}
       ${folded ? foldedSql(folded.column, rest) : ''} ${SCORES}
     FROM sums ${folded ? `LEFT JOIN largest ON large = ${folded.column}` : ''}
     ${places === '' ? '' : `GROUP BY ${places} ORDER BY ${places}`}`,
    values,
  )
  return rows.map(({ isOthers, ...scores }: ForecastScores & { isOthers?: boolean }) => scores)
}

const largestSql = (column: string, most: string) =>
  `SELECT ${column} AS large FROM sums WHERE ${column} IS NOT NULL GROUP BY 1
   ORDER BY coalesce(sum(actual), 0) DESC, sum(rows) DESC, 1 LIMIT ${most}`

/** @param rest the other keys: within each of their values, shares add up to 1 */
const foldedSql = (column: string, rest: readonly string[]) =>
  `large IS NULL AND ${column} IS NOT NULL AS "isOthers",
   nullif(count(DISTINCT ${column}) FILTER (WHERE large IS NULL), 0)::int4 AS others,
   count(DISTINCT product)::int4 AS products,
   sum(actual) / nullif(sum(sum(actual)) OVER (${rest.length > 0 ? `PARTITION BY ${rest.join(', ')}` : ''}), 0) AS share,`
