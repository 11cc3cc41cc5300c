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
  model: z.string().nullable().describe('null: of the whole fleet'),
  ...Figure,
  target: z.object({ below: z.number().optional(), above: z.number().optional() }).nullable(),
  met: z.boolean().nullable(),
  trend: z.array(z.object({ day: z.string(), ...Figure })).describe('By local day'),
  groups: z.array(z.object({ group: z.string().nullable(), ...Figure })),
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
            .strictObject({ from: Time, to: Time, model: ModelName.optional(), by: By.optional() })
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
  }
