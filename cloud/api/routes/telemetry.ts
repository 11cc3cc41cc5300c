import { DeviceId, EntityId, LocalDay, ModelName, ReportedState, SeriesName, SiteId } from '@storecast/shared/contracts'
import { z } from 'zod'
import { NotFoundError } from '../../platform/errors.ts'
import { SCORE_KEYS, type Telemetry } from '../../telemetry/index.ts'
import type { Routes } from '../route.ts'
import { NumberPageQuery, PageQuery, pageOf, UnixMs } from '../schemas.ts'

const Time = z.coerce.number().pipe(UnixMs)
const Span = {
  from: Time.default(0).describe('Of what begins at or after, Unix milliseconds'),
  to: Time.default(8_640_000_000_000_000).describe('Of what begins before, Unix milliseconds'),
}
const Count = z.int().nonnegative()

const Window = z.object({
  start: UnixMs,
  end: UnixMs,
  revision: Count,
  count: Count,
  sum: z.number(),
  min: z.number(),
  max: z.number(),
  last: z.number(),
  p10: z.number(),
  p50: z.number(),
  p90: z.number(),
  missing: Count,
  late: Count,
  outOfRange: Count,
  flat: Count,
  duplicate: Count,
  wrongType: Count,
  wrongUnit: Count,
  untrusted: Count,
})
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
const Gap = z.object({
  id: z.int(),
  device: DeviceId,
  epoch: z.int(),
  cause: z.string(),
  firstSeq: z.int(),
  lastSeq: z.int(),
  noticedAt: UnixMs,
})
const Waiting = z
  .object({
    records: Count,
    since: UnixMs.describe('Event time of the oldest that is not acknowledged; 0: none waits'),
    toldAt: UnixMs,
  })
  .nullable()
  .describe('What the device last said to have waiting, beyond what is under way; null: it does not say')
const Account = z.object({
  epoch: z.int(),
  reason: z.string(),
  quarantined: z.boolean(),
  openedAt: UnixMs,
  floor: z.int().describe('Every sequence below is accounted for'),
  highest: z.int(),
  outstanding: Count.describe('Sequences between that the device has yet to send: its backlog, as far as it is known'),
  records: Count,
  superseded: z.object({ revised: Count, coarsened: Count, dropped: Count }),
  lastCommitAt: UnixMs.nullable(),
  waiting: Waiting,
})
const Backlog = z.object({
  device: DeviceId,
  site: SiteId,
  epoch: z.int().nullable().describe('null before the first contact'),
  sequence: z.int().nullable().describe('The highest heard of'),
  floor: z.int().nullable().describe('Every sequence below is accounted for'),
  outstanding: Count.nullable().describe('Sequences between that have yet to come'),
  waiting: Waiting,
  lastCommitAt: UnixMs.nullable(),
  gaps: z.record(z.string(), Count).describe('Sequences whose records the cloud does not have, by cause'),
})
const DeviceEvent = z.object({
  device: DeviceId,
  id: z.uuid(),
  at: UnixMs,
  severity: z.string(),
  code: z.string(),
  message: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
})
const DeviceParams = z.object({ device: DeviceId })
const tags = ['telemetry']

export const telemetryRoutes =
  (telemetry: Telemetry, now: () => number): Routes =>
  (app) => {
    app.get(
      '/v1/devices/:device/windows',
      {
        config: { permission: 'telemetry.read', sites: 'params.device' },
        schema: {
          tags,
          summary: 'Windows of one series, oldest first',
          params: DeviceParams,
          querystring: NumberPageQuery.extend({ sensor: SeriesName, entity: EntityId.default(''), ...Span }),
          response: {
            200: pageOf(Window).extend({
              unit: z.string().nullable().describe('null: the site does not define the sensor, values are whole steps'),
            }),
          },
        },
      },
      ({ params, query: { cursor, ...query } }) => telemetry.windows({ ...params, ...query, after: cursor }),
    )
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
      '/v1/newest-data',
      {
        config: { permission: 'telemetry.read', sites: 'filtered' },
        schema: {
          tags,
          summary:
            'Up to when there is data, as the devices that were heard last tell: where a span that ends "now" ends',
          response: {
            200: z.object({
              at: UnixMs.nullable().describe('null: nothing came yet'),
              now: UnixMs.describe('By the cloud’s clock'),
            }),
          },
        },
      },
      async ({ limit }) => ({ at: await telemetry.newestData(limit), now: now() }),
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
    app.get(
      '/v1/gaps',
      {
        config: { permission: 'telemetry.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'Records that the cloud does not have, and why; newest first',
          querystring: NumberPageQuery.extend({ device: DeviceId.optional() }),
          response: { 200: pageOf(Gap) },
        },
      },
      ({ query: { cursor, limit, device }, limit: within }) => telemetry.gaps({ after: cursor, limit, device, within }),
    )
    app.get(
      '/v1/backlogs',
      {
        config: { permission: 'telemetry.read', sites: 'filtered' },
        schema: {
          tags,
          summary:
            'How far the cloud is with each device: its sequence, what waits there and since when, and gaps by cause',
          querystring: PageQuery.extend({ device: DeviceId.optional() }),
          response: { 200: pageOf(Backlog) },
        },
      },
      ({ query: { cursor, limit, device }, limit: within }) =>
        telemetry.backlogs({ after: cursor, limit, device, within }),
    )
    app.get(
      '/v1/devices/:device/backlog',
      {
        config: { permission: 'telemetry.read', sites: 'params.device' },
        schema: {
          tags,
          summary: 'What is known to exist on a device and what of it came, by epoch; newest first',
          params: DeviceParams,
          response: { 200: z.object({ epochs: z.array(Account) }) },
        },
      },
      async ({ params }) => ({ epochs: await telemetry.account(params.device) }),
    )
    app.get(
      '/v1/devices/:device/events',
      {
        config: { permission: 'telemetry.read', sites: 'params.device' },
        schema: {
          tags,
          summary: 'What happened on a device, newest first',
          params: DeviceParams,
          querystring: PageQuery,
          response: { 200: pageOf(DeviceEvent) },
        },
      },
      ({ params, query: { cursor, limit } }) => telemetry.events({ ...params, after: cursor, limit }),
    )
    app.get(
      '/v1/devices/:device/reported',
      {
        config: { permission: 'telemetry.read', sites: 'params.device' },
        schema: {
          tags,
          summary: 'What a device said of itself last',
          params: DeviceParams,
          response: { 200: z.object({ device: DeviceId, state: ReportedState, receivedAt: UnixMs }) },
        },
      },
      async ({ params: { device } }) => {
        const found = (await telemetry.reported([device])).get(device)
        if (found) return found
        throw new NotFoundError({
          code: 'device-silent',
          message: `No device ${device} has reported its state yet. See that it is enrolled and connected: GET /v1/devices/${device}.`,
        })
      },
    )
  }
