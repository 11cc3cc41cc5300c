import { DeviceSelector, LabelName, ModelName } from '@storecast/shared/contracts'
import { z } from 'zod'
import type { Kpis } from '../../kpis/index.ts'
import type { Routes } from '../route.ts'
import { UnixMs } from '../schemas.ts'

const Time = z.coerce.number().pipe(UnixMs)
const Figure = {
  value: z.number().nullable().describe('numerator / denominator; null where that is 0'),
  numerator: z.number(),
  denominator: z.number(),
}
const Kpi = z.object({
  id: z.string(),
  title: z.string(),
  unit: z.string(),
  formula: z.string(),
  source: z.string().describe('Where its figures come from: self-measured series, or records'),
  clock: z
    .enum(['shops', 'cloud', 'both'])
    .describe('By whose clock its facts fall into the span: the shops’, or the cloud’s, see `cloudTo`'),
  model: z.string().nullable().describe('null: of the whole fleet'),
  ...Figure,
  target: z.object({ below: z.number().optional(), above: z.number().optional() }).nullable(),
  met: z.boolean().nullable(),
  trend: z.array(z.object({ day: z.string(), ...Figure })).describe('By local day'),
  groups: z.array(z.object({ group: z.string().nullable(), ...Figure })),
})
const Interval = z.object({
  estimate: z.number(),
  low: z.number().nullable().describe('null: of a single shop nothing is known'),
  high: z.number().nullable(),
})
const Cohort = z.object({
  shops: z.int().describe('With a figure before and after'),
  leftOut: z.int().describe('With a figure on one side only'),
  before: z.object(Figure),
  after: z.object(Figure),
  change: Interval.nullable().describe('Mean over shops of after − before'),
})
const Comparison = z.object({
  id: z.string(),
  title: z.string(),
  unit: z.string(),
  formula: z.string(),
  source: z.string(),
  model: z.string().nullable(),
  from: UnixMs,
  change: UnixMs,
  to: UnixMs,
  method: z.string(),
  level: z.number().describe('Of the intervals'),
  treated: Cohort,
  control: Cohort.nullable(),
  againstControl: Interval.nullable().describe('Mean change of the treated less that of the control'),
})
const Term = z
  .string()
  .max(128)
  .regex(/^[a-z][a-z0-9_-]{0,31}=[^\p{C}]{0,64}$/u, 'a label and its value: cohort=pilot')
  .transform((text) => {
    const at = text.indexOf('=')
    return { label: text.slice(0, at), value: text.slice(at + 1) }
  })
const By = z
  .string()
  .regex(/^(?:site|label:.{1,32})$/, 'site, or label:region')
  .refine((by) => by === 'site' || LabelName.safeParse(by.slice(6)).success, 'a label’s name after "label:"')
  .transform((by) => by as 'site' | `label:${string}`)

export const kpiRoutes =
  (kpis: Kpis): Routes =>
  (app) => {
    app.get(
      '/v1/kpis',
      {
        config: { permission: 'telemetry.read', sites: 'filtered' },
        schema: {
          tags: ['telemetry'],
          summary: 'KPIs of a span, each with its formula, target, trend and source',
          querystring: z
            .strictObject({
              from: Time,
              to: Time,
              cloudTo: Time.optional().describe(
                'Where a span of the same length ends by the cloud’s clock, for what the cloud itself does: its rollouts, its CPU; default `to`. For the last days of which there is data: `now` of /v1/newest-data',
              ),
              model: ModelName.optional(),
              by: By.optional(),
            })
            .refine(({ from, to }) => from < to, 'from: before to'),
          response: { 200: z.object({ items: z.array(Kpi) }) },
        },
      },
      async ({ query, limit: within }) => ({
        items: (await kpis.list({ ...query, within, selector: DeviceSelector.parse({}) })).map((kpi) => ({
          ...kpi,
          trend: [...kpi.trend],
          groups: [...kpi.groups],
        })),
      }),
    )
    app.get(
      '/v1/kpis/:kpi/comparison',
      {
        config: { permission: 'telemetry.read', sites: 'filtered' },
        schema: {
          tags: ['telemetry'],
          summary: 'What a change made of a KPI: before and after it, against shops that did not have it',
          params: z.object({ kpi: z.string().max(64) }),
          querystring: z
            .strictObject({
              from: Time,
              change: Time.describe('Before is [from, change), after [change, to)'),
              to: Time,
              model: ModelName.optional(),
              treated: Term.optional().describe('Label of the shops that had the change; every shop without it'),
              control: Term.optional().describe('Label of the shops that had it not'),
            })
            .refine(({ from, change, to }) => from < change && change < to, 'from before change before to'),
          response: { 200: Comparison },
        },
      },
      ({ params, query, limit: within }) => kpis.compare({ ...params, ...query, within }),
    )
  }
