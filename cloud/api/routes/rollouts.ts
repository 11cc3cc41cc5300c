import { DeviceId, ModelName } from '@storecast/shared/contracts'
import { z } from 'zod'
import { DEVICE_STATES, type Rollouts } from '../../rollout/index.ts'
import { type RouteAudit, unlessMissing } from '../recorder.ts'
import { Labels, NumberPageQuery, PageQuery, pageOf, UnixMs } from '../schemas.ts'
import type { Routes } from '../server.ts'
import { Alias } from './models.ts'

const Count = z.int().nonnegative()
const DeviceState = z.enum(DEVICE_STATES)

const Rollout = z.object({
  id: z.string(),
  uri: z.string(),
  model: ModelName,
  version: z.int(),
  selector: z.record(z.string(), z.string()),
  minimumActive: z.number(),
  timeoutMs: z.int().nullable(),
  alias: z.string().nullable(),
  state: z.enum(['running', 'succeeded', 'failed', 'cancelled']),
  reason: z.string().nullable(),
  counts: z.object({
    active: Count,
    failed: Count,
    updating: Count,
    pending: Count,
    offline: Count,
    superseded: Count,
    retired: Count,
    devices: Count.describe('Every device that the rollout began with: the sum of the states'),
    counted: Count.describe('Those that shares are of: all but superseded and retired ones'),
  }),
  createdAt: UnixMs,
  finishedAt: UnixMs.nullable(),
})
const RolloutSpec = z.strictObject({
  model: z.string().max(100).describe('models:/demand@candidate or models:/demand/3'),
  selector: Labels.default({}).describe('Labels of the devices, frozen now; empty: every device'),
  minimumActive: z.number().min(0).max(1).default(1).describe('Share of the counted devices that must become active'),
  timeoutSeconds: z
    .int()
    .positive()
    .max(31_536_000)
    .nullable()
    .default(null)
    .describe('null: waits as long as it takes'),
  alias: Alias.nullable().default(null).describe('Alias to point at the version if the rollout succeeds'),
})
const RolloutParams = z.object({ rollout: z.string().regex(/^\d{1,15}$/, 'a rollout’s number') })
const tags = ['rollouts']

export const rolloutRoutes =
  (rollouts: Rollouts): Routes =>
  (app) => {
    const audit: RouteAudit = {
      async state(client, { params }, made) {
        const id = params.rollout ?? made
        return typeof id === 'string' ? unlessMissing(rollouts.get(id, client)) : undefined
      },
      body: 'kept',
    }
    app.get(
      '/v1/rollouts',
      {
        schema: {
          tags,
          summary: 'Rollouts, newest first',
          querystring: NumberPageQuery.extend({ model: ModelName.optional() }),
          response: { 200: pageOf(Rollout) },
        },
      },
      ({ query: { cursor, limit, model } }) => rollouts.list({ after: cursor, limit, model }),
    )
    app.post(
      '/v1/rollouts',
      {
        config: { audit },
        schema: {
          tags,
          summary: 'Point every device of a selector at a model version, and watch what becomes of it',
          body: RolloutSpec,
          response: { 201: Rollout },
        },
      },
      async ({ body: { model: uri, timeoutSeconds, ...spec } }, reply) => {
        const timeoutMs = timeoutSeconds === null ? null : timeoutSeconds * 1000
        return reply.code(201).send(await rollouts.begin({ uri, timeoutMs, ...spec }))
      },
    )
    app.get(
      '/v1/rollouts/:rollout',
      { schema: { tags, summary: 'One rollout, with its counts', params: RolloutParams, response: { 200: Rollout } } },
      ({ params }) => rollouts.get(params.rollout),
    )
    app.get(
      '/v1/rollouts/:rollout/devices',
      {
        schema: {
          tags,
          summary: 'Where each device of a rollout is now',
          params: RolloutParams,
          querystring: PageQuery.extend({ state: DeviceState.optional() }),
          response: {
            200: pageOf(z.object({ device: DeviceId, state: DeviceState, reason: z.string().optional() })),
          },
        },
      },
      ({ params, query: { cursor, limit, state } }) =>
        rollouts.devices(params.rollout, { after: cursor, limit, state }),
    )
    app.post(
      '/v1/rollouts/:rollout/cancel',
      {
        config: { audit },
        schema: {
          tags,
          summary: 'Stop watching a rollout; devices keep what they were told',
          params: RolloutParams,
          response: { 200: Rollout },
        },
      },
      ({ params }) => rollouts.cancel(params.rollout),
    )
  }
