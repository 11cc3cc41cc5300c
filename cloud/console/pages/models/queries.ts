import { queryOptions } from '@tanstack/react-query'
import { api, ask, type Got, type Item } from '../../api/client.ts'

export type ModelVersion = Got<'/v1/models/{model}/versions/{version}'>
export type Evaluation = Got<'/v1/models/{model}/versions/{version}/evaluation'>
export type Approval = Got<'/v1/models/{model}/versions/{version}/approval'>
export type Scores = Got<'/v1/forecast-scores'>['items'][number]
export type Calibration = Got<'/v1/forecast-calibration'>['items'][number]
export type Attribute = Item<'/v1/product-attributes'>
export type Rollout = Item<'/v1/rollouts'>

export const modelQuery = (model: string) =>
  queryOptions({
    queryKey: ['model', model],
    queryFn: ({ signal }) => ask(api.GET('/v1/models/{model}', { params: { path: { model } }, signal })),
  })

export const versionQuery = (model: string, version: number) =>
  queryOptions({
    queryKey: ['model', model, version],
    // What `ask` gives has lost the lengths of tuples on its way.
    queryFn: async ({ signal }) =>
      (await ask(
        api.GET('/v1/models/{model}/versions/{version}', { params: { path: { model, version } }, signal }),
      )) as ModelVersion,
  })

/** What the bundle says: it never changes. */
export const evaluationQuery = (model: string, version: number) =>
  queryOptions({
    queryKey: ['model-evaluation', model, version],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) =>
      ask(
        api.GET('/v1/models/{model}/versions/{version}/evaluation', { params: { path: { model, version } }, signal }),
      ),
  })

export const approvalQuery = (model: string, version: number) =>
  queryOptions({
    queryKey: ['trust', model, version],
    queryFn: ({ signal }) =>
      ask(api.GET('/v1/models/{model}/versions/{version}/approval', { params: { path: { model, version } }, signal })),
  })

/** Devices by version, of one model or of all. Its kind is the devices': they say what they serve. */
export const servingQuery = (model?: string) =>
  queryOptions({
    queryKey: ['device', 'serving', model],
    queryFn: async ({ signal }) => {
      const query = model === undefined ? {} : { model }
      return (await ask(api.GET('/v1/serving', { params: { query }, signal }))).items
    },
  })

/** How forecasts did in service. */
export const scoresQuery = (
  model: string,
  by: 'version' | `version,${string}`,
  { version, top }: { readonly version?: number; readonly top?: number | undefined } = {},
) =>
  queryOptions({
    queryKey: ['forecast', 'scores', model, by, version, top],
    staleTime: 60_000,
    queryFn: async ({ signal }) => {
      const query = {
        model,
        by: by as never,
        ...(version !== undefined && { version }),
        ...(top !== undefined && { top }),
      }
      return (await ask(api.GET('/v1/forecast-scores', { params: { query }, signal }))).items
    },
  })

/** What products of the sites are told apart by. */
export const attributesQuery = queryOptions({
  queryKey: ['site', 'product-attributes'],
  staleTime: 60_000,
  queryFn: async ({ signal }) =>
    (await ask(api.GET('/v1/product-attributes', { params: { query: { limit: 500 } }, signal }))).items,
})

export const calibrationQuery = (model: string) =>
  queryOptions({
    queryKey: ['forecast', 'calibration', model],
    staleTime: 60_000,
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/v1/forecast-calibration', { params: { query: { model } }, signal }))).items,
  })
