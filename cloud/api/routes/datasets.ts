import { Dataset, DatasetName, SensorName } from '@storecast/shared/contracts'
import { z } from 'zod'
import { InvalidError } from '../../platform/errors.ts'
import type { Catalogue } from '../../stewardship/index.ts'
import { type RouteAudit, unlessMissing } from '../recorder.ts'
import type { Routes } from '../route.ts'
import { PageQuery, pageOf } from '../schemas.ts'

const DatasetParams = z.object({ dataset: DatasetName })
const tags = ['stewardship']

/** The catalogue of data sets, as documents. */
export const datasetRoutes =
  (catalogue: Catalogue): Routes =>
  (app) => {
    const audit: RouteAudit = {
      state: (client, { params }) => unlessMissing(catalogue.get(params.dataset, client)),
      body: 'kept',
    }
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
    app.get(
      '/v1/datasets/:dataset',
      {
        config: { permission: 'dataset.read', sites: 'none' },
        schema: { tags, summary: 'One data set', params: DatasetParams, response: { 200: Dataset } },
      },
      ({ params }) => catalogue.get(params.dataset),
    )
    app.put(
      '/v1/datasets/:dataset',
      {
        config: { permission: 'dataset.write', sites: 'all', audit },
        schema: {
          tags,
          summary: 'Create or replace a data set',
          params: DatasetParams,
          body: Dataset,
          response: { 200: Dataset },
        },
      },
      async ({ params, body }) => {
        if (params.dataset === body.metadata.name) return catalogue.put(body)
        throw new InvalidError({
          code: 'dataset-name',
          message: `The data set is named ${body.metadata.name} and was sent for ${params.dataset}. Send it to /v1/datasets/${body.metadata.name}.`,
        })
      },
    )
    app.delete(
      '/v1/datasets/:dataset',
      {
        config: { permission: 'dataset.write', sites: 'all', audit },
        schema: { tags, summary: 'Remove a data set from the catalogue', params: DatasetParams },
      },
      async ({ params }, reply) => {
        await catalogue.remove(params.dataset)
        return reply.code(204).send()
      },
    )
  }
