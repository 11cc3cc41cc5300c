import { DeviceId, EntityId, LocalDay, ModelName, SiteId } from '@storecast/shared/contracts'
import { z } from 'zod'
import { SCORE_KEYS, type Telemetry } from '../../telemetry/index.ts'
import type { Routes } from '../route.ts'
import { PageQuery, pageOf, Span, UnixMs } from '../schemas.ts'

const Count = z.int().nonnegative()

const Forecast = z.object({
  site: SiteId,
  device: DeviceId,
  model: ModelName,
  version: z.int(),
  entity: z.string(),
  issuedAt: UnixMs,
  start: UnixMs,
  end: UnixMs,
  quantiles: z.array(z.number()),
  mean: z.number(),
  baseline: z.number(),
  scoredAt: UnixMs.nullable(),
  actual: z.number().nullable(),
  censored: z.boolean().nullable(),
})
const ForecastFilter = {
  model: ModelName.optional(),
  version: z.coerce.number().int().positive().optional(),
  site: SiteId.optional(),
  entity: EntityId.optional(),
  ...Span,
}
const Scores = z.object({
  model: z.string().optional(),
  version: z.int().optional(),
  site: z.string().optional(),
  entity: z.string().nullable().optional().describe('The product, or the channel; null: see `others`'),
  day: z.string().optional().describe('Local day of the span’s start'),
  weekday: z.int().min(1).max(7).optional().describe('Of that day, from 1, Monday'),
  label: z.string().nullable().optional().describe('Of the site, by label:<name>; null: it has none, or see `others`'),
  attribute: z
    .string()
    .nullable()
    .optional()
    .describe('Of the product, by attribute:<name>; null: it has none, or see `others`'),
  others: Count.nullable()
    .optional()
    .describe(
      'Where only the largest have rows of their own: so many smaller ones are this row; null: it is one’s own',
    ),
  products: Count.optional().describe('Different products that were forecast; where only the largest have rows'),
  share: z
    .number()
    .nullable()
    .optional()
    .describe(
      'Of what was sold in the scored forecasts that agree in the other keys, so that their WAPE is Σ share × WAPE; where only the largest have rows',
    ),
  rows: Count.describe('Forecasts that are scored: the denominator of every score'),
  censored: Count.describe('Left out: sales in a stock-out are a lower bound of demand'),
  waiting: Count.describe('Actuals not in yet'),
  wape: z.number().nullable().describe('Σ|forecast − actual| / Σ actual'),
  wpe: z.number().nullable().describe('Σ(forecast − actual) / Σ actual'),
  coverage: z.number().nullable().describe('Share of actuals from the lowest to the highest quantile'),
  baselineWape: z.number().nullable().describe('WAPE of the seasonal-naive baseline on the same rows'),
})
const Shares = z.array(z.number().min(0).max(1))
const Calibration = z.object({
  model: ModelName,
  version: z.int(),
  rows: Count.describe('Forecasts that are scored: the denominator of every share'),
  below: Shares.describe('Share of actuals below each quantile, in the order of the model’s levels'),
  atOrBelow: Shares.describe('The same with those that are equal: of a calibrated model the level lies between both'),
})
const Version = z.coerce.number().int().positive()
const EvidenceQuery = {
  model: ModelName.optional(),
  champion: Version.optional(),
  candidate: Version.optional(),
  device: DeviceId.optional(),
  from: LocalDay.default('0001-01-01'),
  to: LocalDay.default('9999-12-31'),
}
const Evidence = z.object({
  device: DeviceId,
  site: SiteId,
  region: z.string().describe('The site’s label of that name when the device found it'),
  model: ModelName,
  champion: z.int().describe('Version that served'),
  candidate: z.int().describe('Version in shadow'),
  day: LocalDay.describe('Local day on which the spans forecast begin'),
  rows: Count.describe('Forecasts of both with their actual: what every sum is over'),
  excluded: Count.describe('Left out: sales in a stock-out are a lower bound of demand'),
  difference: z.number().describe('Σd, d = |error of the candidate| − |error of the champion|: above 0 it is worse'),
  differenceSquared: z.number().describe('Σd²'),
  largestDifference: z.number().describe('max |d|'),
  championAbsolute: z.number().describe('Σ|forecast − actual|'),
  candidateAbsolute: z.number(),
  championError: z.number().describe('Σ(forecast − actual)'),
  candidateError: z.number(),
  actual: z.number().describe('Σ actual'),
  moved: z.number().describe('Σ|forecast of the candidate − forecast of the champion|'),
  intervals: Count.describe('Rows for which both gave an interval of the same levels; 0 by older agents'),
  championCovered: Count.describe('Of those, rows whose actual lies in the interval'),
  candidateCovered: Count,
  crashes: Count.describe('Ends of the candidate’s host that were its doing'),
  latency: z
    .object({ runs: Count, p50: z.number().nullable(), p95: z.number().nullable() })
    .describe('The candidate’s runs, in milliseconds'),
})
const LabelKey = z
  .string()
  .regex(/^label:[a-z][a-z0-9_-]{0,31}$/, 'label:<name>')
  .transform((key) => key as `label:${string}`)
const AttributeKey = z
  .string()
  .regex(/^attribute:[^,\0]{1,64}$/, 'attribute:<name>')
  .transform((key) => key as `attribute:${string}`)
const isOnce = (prefix: string) => (keys: readonly string[]) => keys.filter((key) => key.startsWith(prefix)).length <= 1
const ScoreKeys = z
  .string()
  .transform((text) => text.split(',').filter((key) => key !== ''))
  .pipe(
    z
      .array(z.union([z.enum(SCORE_KEYS), LabelKey, AttributeKey]))
      .refine((keys) => new Set(keys).size === keys.length, 'a key comes twice')
      .refine(isOnce('label:'), 'one label at a time')
      .refine(isOnce('attribute:'), 'one attribute at a time'),
  )
  .describe(
    `Of ${SCORE_KEYS.join(', ')}, label:<name> of the sites and attribute:<name> of the products, commas between`,
  )
const Top = z.coerce
  .number()
  .int()
  .min(1)
  .max(500)
  .optional()
  .describe(
    'Of the attribute’s values, else the label’s, else of the products: so many by what was sold have rows of their own, the others one together; default 20 of an attribute, else all',
  )
const tags = ['telemetry']

/** What models said, what came of it, and how candidates compare. */
export const forecastRoutes =
  (telemetry: Telemetry): Routes =>
  (app) => {
    app.get(
      '/v1/forecasts',
      {
        config: { permission: 'telemetry.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'Forecasts by the start of their span, with what came of them',
          querystring: PageQuery.extend(ForecastFilter),
          response: { 200: pageOf(Forecast) },
        },
      },
      ({ query: { cursor, ...query }, limit: within }) => telemetry.forecasts({ ...query, after: cursor, within }),
    )
    app.get(
      '/v1/forecast-scores',
      {
        config: { permission: 'telemetry.read', sites: 'filtered' },
        schema: {
          tags,
          summary:
            'Accuracy of forecasts, pooled by any of model, version, site, product, local day, weekday, a label of the sites and an attribute of the products',
          querystring: z.strictObject({ ...ForecastFilter, by: ScoreKeys.default(['model', 'version']), top: Top }),
          response: { 200: z.object({ items: z.array(Scores) }) },
        },
      },
      async ({ query, limit: within }) => ({ items: await telemetry.forecastScores({ ...query, within }) }),
    )
    app.get(
      '/v1/forecast-calibration',
      {
        config: { permission: 'telemetry.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'How often actuals lay below each quantile of the forecasts, by version',
          querystring: z.strictObject({ ...ForecastFilter, model: ModelName }),
          response: { 200: z.object({ items: z.array(Calibration) }) },
        },
      },
      async ({ query, limit: within }) => ({ items: await telemetry.forecastCalibration({ ...query, within }) }),
    )
    app.get(
      '/v1/evidence',
      {
        config: { permission: 'telemetry.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'How candidates in shadow compared with what served, by local day and device',
          querystring: PageQuery.extend(EvidenceQuery),
          response: { 200: pageOf(Evidence) },
        },
      },
      ({ query: { cursor, ...query }, limit: within }) => telemetry.evidence({ ...query, after: cursor, within }),
    )
  }
