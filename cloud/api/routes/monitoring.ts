import { ModelName, SiteId } from '@storecast/shared/contracts'
import { z } from 'zod'
import type { Sites } from '../../devices/index.ts'
import type { DriftResult, Monitoring } from '../../monitoring/index.ts'
import { type RouteAudit, unlessMissing } from '../recorder.ts'
import type { Routes } from '../route.ts'
import { NumberPageQuery, PageQuery, pageOf, UnixMs } from '../schemas.ts'

const Count = z.number().nonnegative()
const Share = z.number().min(0).max(1)
const Counts = z.record(z.string(), Count)
const MonitoringRun = z.object({
  id: z.string(),
  manual: z.boolean().describe('Asked for, not by the schedule'),
  until: UnixMs.nullable().describe('Only what had closed by then'),
  state: z.enum(['queued', 'running', 'succeeded', 'failed']),
  attempts: z.int(),
  createdAt: UnixMs,
  finishedAt: UnixMs.nullable(),
  summary: z
    .object({ devices: Count, drift: Counts, performance: Counts })
    .nullable()
    .describe('Devices with data, and results by verdict'),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
})
const Statistic = z.object({
  value: z.number(),
  threshold: z.number().describe('Of a single comparison of these sizes, at the level'),
  p: Share.describe('Of as large a value without drift'),
})
const DriftVerdict = z.enum(['drift', 'minor', 'stable', 'insufficient'])
const Kind = z.enum(['feature', 'target', 'sensor'])
const About = {
  run: z.string(),
  scope: z.string().describe('device, fleet, or the label that devices are grouped by'),
  name: z.string().describe('The device, or the label’s value; empty for the fleet'),
}
const Span = { from: UnixMs, to: UnixMs, devices: Count }
const Drift = z.object({
  ...About,
  kind: Kind,
  model: z.string().describe('Empty for a sensor'),
  version: z.int().describe('0 for a sensor'),
  column: z.string().describe('The feature, "target", or the sensor'),
  ...Span,
  rows: Count.describe('Values in the sample'),
  effective: z.number().describe('Independent values that would say as much'),
  statistics: z
    .object({
      psi: Statistic,
      ks: Statistic,
      wasserstein: Statistic.describe('In standard deviations of the reference'),
    })
    .nullable(),
  p: Share.nullable().describe('Of the three statistics together'),
  q: Share.nullable().describe('Adjusted for all comparisons of the run: at most the level is a discovery'),
  verdict: DriftVerdict,
  reason: z.string().nullable().describe('Why nothing could be said'),
  previousPsi: z.number().nullable().describe('PSI of the run before'),
  bins: z
    .object({
      edges: z.array(z.number()).describe('Largest value of every bin but the last'),
      reference: z.array(Share),
      current: z.array(Share),
    })
    .nullable()
    .describe('Shares of what was compared, where asked for and where something was'),
})
const Nullable = z.number().nullable()
const Scores = z.object({
  mae: Nullable,
  rmse: Nullable,
  wape: Nullable.describe('Σ|forecast − actual| / Σ actual'),
  bias: Nullable.describe('Σ(forecast − actual) / Σ actual'),
  coverage: Nullable.describe('Share of actuals from the lowest to the highest quantile'),
  baselineWape: Nullable.describe('WAPE of the seasonal naive on the same rows'),
})
const PerformanceVerdict = z.enum(['below-baseline', 'worse', 'as-validated', 'insufficient'])
const Performance = z.object({
  ...About,
  model: ModelName,
  version: z.int(),
  horizon: z.string(),
  ...Span,
  rows: Count.describe('Forecasts that are scored'),
  leftOut: Count.describe('Forecasts of days with a stock-out'),
  days: z
    .array(Scores.extend({ day: z.string().describe('Local date'), rows: Count }))
    .nullable()
    .describe('The same of every day, where asked for'),
  scores: Scores,
  validation: z
    .object({
      wape: z.number(),
      of: z.enum(['sites', 'training']).describe('The same sites’ held-out days, or all that was trained on'),
      coverage: Nullable,
      baselineWape: Nullable,
    })
    .nullable(),
  p: Share.nullable(),
  q: Share.nullable(),
  verdict: PerformanceVerdict,
  reason: z.string().nullable(),
})

const ResultQuery = PageQuery.extend({
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,1024}$/, 'not a cursor; use the "next" of the page before')
    .optional(),
  run: z
    .string()
    .regex(/^(all|\d{1,15})$/, 'a run’s number, or "all"')
    .optional()
    .describe('Default: the newest run that succeeded; "all": over time, newest first'),
  scope: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'device, fleet, or a label')
    .optional(),
  name: z.string().max(64).optional(),
  model: ModelName.optional(),
})
const RunParams = z.object({ run: z.string().regex(/^\d{1,15}$/, 'a monitoring run’s number') })
const SiteParams = z.object({ site: SiteId })
const tags = ['monitoring']

/** Drift of data, and how forecasts do. */
export const monitoringRoutes =
  (monitoring: Monitoring, sites: Pick<Sites, 'get'>): Routes =>
  (app) => {
    const audit: RouteAudit = {
      state: (client, _request, made) =>
        typeof made === 'string' ? unlessMissing(monitoring.get(made, client)) : Promise.resolve(undefined),
      body: 'kept',
    }
    app.get(
      '/v1/drift',
      {
        config: { permission: 'telemetry.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'How far the data of devices, labels and the fleet is from what was frozen',
          querystring: ResultQuery.extend({
            kind: Kind.optional(),
            column: z.string().max(128).optional(),
            verdict: DriftVerdict.optional(),
            bins: z.stringbool().default(false).describe('With what was compared, by bin'),
          }),
          response: { 200: pageOf(Drift) },
        },
      },
      async ({ query: { cursor, ...query }, limit: within }) => {
        const { items, ...rest } = await monitoring.drift({ ...query, after: cursor, within })
        return { items: items.map(({ bins, ...one }) => ({ ...one, bins: bins && plainBins(bins) })), ...rest }
      },
    )
    app.get(
      '/v1/performance',
      {
        config: { permission: 'telemetry.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'How forecasts did, against validation and the seasonal-naive baseline',
          querystring: ResultQuery.extend({
            verdict: PerformanceVerdict.optional(),
            days: z.stringbool().default(false).describe('With the scores of every day'),
          }),
          response: { 200: pageOf(Performance) },
        },
      },
      ({ query: { cursor, ...query }, limit: within }) => monitoring.performance({ ...query, after: cursor, within }),
    )
    app.get(
      '/v1/monitoring-runs',
      {
        config: { permission: 'telemetry.read', sites: 'none' },
        schema: {
          tags,
          summary: 'Runs that looked for drift, newest first',
          querystring: NumberPageQuery,
          response: { 200: pageOf(MonitoringRun) },
        },
      },
      ({ query: { cursor, limit } }) => monitoring.list({ after: cursor, limit }),
    )
    app.get(
      '/v1/monitoring-runs/:run',
      {
        config: { permission: 'telemetry.read', sites: 'none' },
        schema: { tags, summary: 'One of them', params: RunParams, response: { 200: MonitoringRun } },
      },
      ({ params }) => monitoring.get(params.run),
    )
    app.post(
      '/v1/monitoring-runs',
      {
        config: { permission: 'monitoring.write', sites: 'all', audit },
        schema: {
          tags,
          summary: 'Look for drift now',
          body: z.strictObject({ until: UnixMs.nullable().default(null).describe('Only at what had closed by then') }),
          response: { 202: MonitoringRun },
        },
      },
      async ({ body }, reply) => reply.code(202).send(await monitoring.begin(body.until)),
    )
    app.delete(
      '/v1/sites/:site/drift-references',
      {
        config: { permission: 'monitoring.write', sites: 'params.site', audit: { body: 'kept' } },
        schema: {
          tags,
          summary: 'Have what a site’s sensors measure now become what is usual, from the next run on',
          params: SiteParams,
          response: { 200: z.object({ forgotten: Count }) },
        },
      },
      async ({ params: { site } }) => {
        await sites.get(site)
        return { forgotten: await monitoring.forgetReferences(site) }
      },
    )
  }

const plainBins = ({ edges, reference, current }: NonNullable<DriftResult['bins']>) => ({
  edges: [...edges],
  reference: [...reference],
  current: [...current],
})
