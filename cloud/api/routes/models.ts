import { Readable } from 'node:stream'
import { BUNDLE_LIMITS } from '@storecast/shared/bundle'
import { Manifest, ModelName, ObjectRef } from '@storecast/shared/contracts'
import { z } from 'zod'
import { InvalidError } from '../../platform/errors.ts'
import type { Registry } from '../../registry/index.ts'
import { type RouteAudit, unlessMissing } from '../recorder.ts'
import type { Routes } from '../route.ts'
import { Labels, NumberPageQuery, PageQuery, pageOf, UnixMs } from '../schemas.ts'

/** A version’s number, of a path. */
export const Version = z.coerce.number().int().positive().max(2_147_483_647)
export const Alias = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'alias: lower-case letters, digits and "-"')
const Reason = z.string().max(500).default('')

export const ModelVersion = z.object({
  model: ModelName,
  version: z.int(),
  bundle: ObjectRef,
  manifest: Manifest,
  source: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('upload') }),
    z.object({ kind: z.literal('training'), run: z.string() }),
  ]),
  tags: z.record(z.string(), z.string()),
  aliases: z.array(z.string()),
  createdAt: UnixMs,
})
const Model = z.object({
  name: ModelName,
  versions: z.int(),
  aliases: z.record(z.string(), z.int()),
  createdAt: UnixMs,
})
const AliasChange = z.object({
  alias: z.string(),
  version: z.int().nullable(),
  previous: z.int().nullable(),
  reason: z.string(),
  at: UnixMs,
})
const ModelParams = z.object({ model: ModelName })
const VersionParams = ModelParams.extend({ version: Version })
const AliasParams = ModelParams.extend({ alias: Alias })
const tags = ['models']

/** For the audit log: the model before, and after with the version that it got. */
export const registeredVersion =
  (
    registry: Registry,
    // biome-ignore lint/suspicious/noExplicitAny: each route knows the params and body that its schemas gave it.
    modelOf: (request: { readonly params: any; readonly body: any }) => string,
  ): NonNullable<RouteAudit['state']> =>
  async (client, request, made) => {
    const name = modelOf(request)
    if (made === undefined) return unlessMissing(registry.model(name, client))
    const { version, bundle, source } = await registry.version(name, made as number, client)
    return { ...(await registry.model(name, client)), registered: { version, bundle, source } }
  }

export const modelRoutes =
  (registry: Registry): Routes =>
  (app) => {
    const model: RouteAudit = {
      state: (client, { params }) => unlessMissing(registry.model(params.model, client)),
      body: 'kept',
    }
    const registered: RouteAudit = { state: registeredVersion(registry, ({ params }) => params.model) }
    const versionTags: RouteAudit = {
      state: async (client, { params }) =>
        (await unlessMissing(registry.version(params.model, params.version, client)))?.tags,
      body: 'kept',
    }
    app.get(
      '/v1/models',
      {
        config: { permission: 'model.read', sites: 'none' },
        schema: { tags, summary: 'List models', querystring: PageQuery, response: { 200: pageOf(Model) } },
      },
      ({ query: { cursor, limit } }) => registry.models({ after: cursor, limit }),
    )
    app.get(
      '/v1/models/:model',
      {
        config: { permission: 'model.read', sites: 'none' },
        schema: { tags, summary: 'One model', params: ModelParams, response: { 200: Model } },
      },
      ({ params }) => registry.model(params.model),
    )
    app.get(
      '/v1/models/:model/versions',
      {
        config: { permission: 'model.read', sites: 'none' },
        schema: {
          tags,
          summary: 'Versions, newest first',
          params: ModelParams,
          querystring: NumberPageQuery,
          response: { 200: pageOf(ModelVersion) },
        },
      },
      ({ params, query: { cursor, limit } }) => registry.versions(params.model, { after: cursor, limit }),
    )
    app.post(
      '/v1/models/:model/versions',
      {
        bodyLimit: BUNDLE_LIMITS.archive,
        config: { permission: 'model.write', sites: 'none', audit: registered },
        schema: {
          tags,
          summary: 'Register a model bundle as the next version',
          description: 'The body is the bundle, as application/x-tar. The same bytes again give the version they have.',
          consumes: ['application/x-tar'],
          params: ModelParams,
          response: { 201: ModelVersion },
        },
      },
      async ({ params, body }, reply) => {
        if (!(body instanceof Readable)) {
          throw new InvalidError({
            code: 'bundle-missing',
            message: 'Send the bundle’s bytes as the body, with Content-Type: application/x-tar.',
          })
        }
        const source = { kind: 'upload' } as const
        return reply.code(201).send(await registry.register({ model: params.model, content: body, source }))
      },
    )
    app.get(
      '/v1/models/:model/versions/:version',
      {
        config: { permission: 'model.read', sites: 'none' },
        schema: { tags, summary: 'One version', params: VersionParams, response: { 200: ModelVersion } },
      },
      ({ params }) => registry.version(params.model, params.version),
    )
    app.put(
      '/v1/models/:model/versions/:version/tags',
      {
        config: { permission: 'model.write', sites: 'none', audit: versionTags },
        schema: {
          tags,
          summary: 'Replace the tags of a version',
          params: VersionParams,
          body: Labels,
          response: { 200: ModelVersion },
        },
      },
      ({ params, body }) => registry.setTags(params.model, params.version, body),
    )
    app.put(
      '/v1/models/:model/aliases/:alias',
      {
        config: { permission: 'model.write', sites: 'none', audit: model },
        schema: {
          tags,
          summary: 'Point an alias to a version',
          params: AliasParams,
          body: z.strictObject({ version: Version, reason: Reason }),
          response: { 200: Model },
        },
      },
      async ({ params, body }) => {
        await registry.setAlias({ ...params, ...body })
        return registry.model(params.model)
      },
    )
    app.delete(
      '/v1/models/:model/aliases/:alias',
      {
        config: { permission: 'model.write', sites: 'none', audit: model },
        schema: {
          tags,
          summary: 'Remove an alias',
          params: AliasParams,
          querystring: z.strictObject({ reason: Reason }),
          response: { 200: Model },
        },
      },
      async ({ params, query }) => {
        await registry.setAlias({ ...params, version: null, reason: query.reason })
        return registry.model(params.model)
      },
    )
    app.get(
      '/v1/models/:model/alias-history',
      {
        config: { permission: 'model.read', sites: 'none' },
        schema: {
          tags,
          summary: 'When aliases moved, and why; newest first',
          params: ModelParams,
          querystring: NumberPageQuery,
          response: { 200: pageOf(AliasChange) },
        },
      },
      ({ params, query: { cursor, limit } }) => registry.aliasHistory(params.model, { after: cursor, limit }),
    )
  }
