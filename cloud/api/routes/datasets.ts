import { Dataset, DatasetName, SensorName } from '@storecast/shared/contracts'
import type { Catalogue } from '../../stewardship/index.ts'
import { documentRoutes } from '../documents.ts'
import type { Routes } from '../route.ts'
import { PageQuery, pageOf } from '../schemas.ts'

const tags = ['stewardship']

/** The catalogue of data sets, as documents. */
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
  }
