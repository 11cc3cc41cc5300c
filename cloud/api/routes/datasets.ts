import {
  Dataset,
  DatasetName,
  Priority,
  QualityRules,
  SENSITIVITIES,
  SensorDefinition,
  SensorName,
  SiteId,
} from '@storecast/shared/contracts'
import { z } from 'zod'
import type { Catalogue } from '../../stewardship/index.ts'
import { documentRoutes } from '../documents.ts'
import type { Routes } from '../route.ts'
import { Flag, PageQuery, pageOf } from '../schemas.ts'

const tags = ['stewardship']

const Variant = z
  .object({
    ...SensorDefinition.shape,
    quality: QualityRules,
    priority: Priority,
    sites: z.int().describe('That define it so'),
    example: SiteId.describe('One of these sites'),
  })
  .describe('As some of the sites define it, with what holds where they say nothing')
const Sensor = z.object({
  name: SensorName,
  sites: z.int().describe('That define it'),
  definitions: z.int().describe('Different ones among these sites'),
  variants: z.array(Variant).describe('The definitions, that of most sites first; 20 at most'),
  datasets: z
    .array(
      z.object({
        name: DatasetName,
        owner: z.string(),
        steward: z.string(),
        sensitivity: z.enum(SENSITIVITIES),
        sites: z.int().describe('For which it counts: it is the first by name whose labels they have'),
      }),
    )
    .describe('That hold it, by name'),
  unheld: z.int().describe('Sites for which no data set counts: nobody is asked when it goes wrong there'),
  tasks: z.int().describe('Stewardship tasks that are not closed'),
})

/** The catalogue: data sets, as documents, and what sites measure. */
export const datasetRoutes =
  (catalogue: Catalogue): Routes =>
  (app) => {
    app.get(
      '/v1/datasets',
      {
        config: { permission: 'dataset.read', sites: 'none' },
        schema: {
          tags,
          summary: 'Data sets: what they hold, whose they are, who looks after them',
          querystring: PageQuery.extend({ sensor: SensorName.optional().describe('Those that hold it') }),
          response: { 200: pageOf(Dataset) },
        },
      },
      ({ query: { cursor, limit, sensor } }) => catalogue.list({ after: cursor, limit, sensor }),
    )
    documentRoutes(app, {
      ...{ path: '/v1/datasets', parameter: 'dataset', called: 'data set', misnamed: 'dataset-name', tags },
      ...{ name: DatasetName, document: Dataset, shown: Dataset, write: 'dataset.write' },
      read: { permission: 'dataset.read', sites: 'none' },
      summaries: {
        one: 'One data set',
        put: 'Create or replace a data set',
        remove: 'Remove a data set from the catalogue',
      },
      kept: catalogue,
      state: (client, name) => catalogue.get(name, client),
    })
    app.get(
      '/v1/sensors',
      {
        config: { permission: 'dataset.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'What the sites measure, one entry a name: how it is defined, whose data it is, who looks after it',
          querystring: PageQuery.extend({
            q: z.string().trim().min(1).max(48).optional().describe('Those whose names have this in them'),
            held: Flag.optional().describe(
              'true: those that a data set counts for at each of their sites; false: those that none does at some',
            ),
          }),
          response: { 200: pageOf(Sensor) },
        },
      },
      ({ query: { cursor, limit, q, held }, limit: within }) =>
        catalogue.sensors.list({ after: cursor, limit, text: q, held, within }),
    )
    app.get(
      '/v1/sensors/:sensor',
      {
        config: { permission: 'dataset.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'One sensor, as the sites define it',
          params: z.object({ sensor: SensorName }),
          response: { 200: Sensor },
        },
      },
      ({ params, limit: within }) => catalogue.sensors.get(params.sensor, within),
    )
  }
