import { DatasetName, ModelName, SENSITIVITIES, SensorName, WindowSize } from '@storecast/shared/contracts'
import { ORIGINS } from '@storecast/shared/features'
import { z } from 'zod'
import type { Catalogue } from '../../stewardship/index.ts'
import type { Routes } from '../route.ts'
import { PageQuery, pageOf } from '../schemas.ts'

const Listed = z.object({
  name: ModelName.describe('Of the model that defines it'),
  description: z.string(),
  version: z.int().describe('Whose definition it is: the champion’s, or where there is none the newest’s'),
  champion: z.int().nullable(),
  kind: z.enum(['daily-demand', 'sequence']),
  entity: z.enum(['product', 'site']).describe('What one row is about'),
  step: WindowSize,
  history: z.int().describe('Steps that it looks back on'),
  sensors: z.array(z.string()).describe('That it reads'),
  covariates: z.array(z.string()).describe('That have to be known ahead'),
  datasets: z
    .array(z.object({ name: DatasetName, owner: z.string(), steward: z.string(), sensitivity: z.enum(SENSITIVITIES) }))
    .describe('That name it'),
})
const Feature = z.object({
  name: z.string(),
  from: z
    .enum(ORIGINS)
    .describe(
      'history: closed days of its sensors (of days with the same covariates, of products with the same attributes); sensor: its last windows as they are; covariate: what is known ahead; static: an attribute, or a key, embedded; calendar: the day itself; unknown: not known to this release',
    ),
  sensors: z.array(z.string()),
  covariates: z.array(z.string()),
  attributes: z.array(z.string()),
})
const tags = ['stewardship']
const config = { permission: 'dataset.read', sites: 'none' } as const

/** What models see: the feature views that the registry's models define. */
export const featureViewRoutes =
  ({ featureViews }: Catalogue): Routes =>
  (app) => {
    app.get(
      '/v1/feature-views',
      {
        config,
        schema: {
          tags,
          summary: 'What the models see, one feature view a model, with the data sets that name it',
          querystring: PageQuery.extend({ sensor: SensorName.optional().describe('Those that read it') }),
          response: { 200: pageOf(Listed.extend({ features: z.int().describe('How many it has') })) },
        },
      },
      async ({ query: { cursor, limit, sensor } }) => {
        const { items, ...page } = await featureViews.list({ after: cursor, limit, sensor })
        return { ...page, items: items.map(({ features, ...view }) => ({ ...view, features: features.length })) }
      },
    )
    app.get(
      '/v1/feature-views/:model',
      {
        config,
        schema: {
          tags,
          summary: 'One feature view, with what each of its features is made of',
          params: z.object({ model: ModelName }),
          response: { 200: Listed.extend({ features: z.array(Feature) }) },
        },
      },
      ({ params }) => featureViews.get(params.model),
    )
  }
