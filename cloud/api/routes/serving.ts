import { DeviceId, ModelName, SiteId } from '@storecast/shared/contracts'
import { z } from 'zod'
import type { Registry } from '../../registry/index.ts'
import type { Telemetry } from '../../telemetry/index.ts'
import type { Routes } from '../route.ts'
import { Flag, PageQuery, pageOf, UnixMs } from '../schemas.ts'

const Count = z.int().nonnegative()

/** What a device serves of a model beside what it should. */
export const Standing = {
  desiredVersion: z.int().nullable().describe('The version that it should serve now; null: none of the model'),
  servingVersion: z.int().nullable().describe('The version that it last said to serve; null: none, or it has not said'),
  phase: z.string().nullable().describe('Of its update of the model, as it said last'),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  online: z.boolean(),
  reportedAt: UnixMs.nullable(),
}
const tags = ['models']

/** Which versions are in service where. */
export const servingRoutes =
  (telemetry: Telemetry, registry: Pick<Registry, 'model'>): Routes =>
  (app) => {
    app.get(
      '/v1/serving',
      {
        config: { permission: 'device.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'How many devices in service serve each version of the models, and how many should',
          querystring: z.strictObject({ model: ModelName.optional() }),
          response: {
            200: z.object({
              items: z.array(
                z.object({
                  model: ModelName,
                  version: z.int(),
                  serving: Count.describe('Devices that last said to serve it'),
                  desired: Count.describe('Devices that should serve it'),
                }),
              ),
            }),
          },
        },
      },
      async ({ query: { model }, limit: within }) => ({ items: await telemetry.serving({ model, within }) }),
    )
    app.get(
      '/v1/models/:model/devices',
      {
        config: { permission: 'device.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'What devices in service serve of a model, and should; by device',
          params: z.object({ model: ModelName }),
          querystring: PageQuery.extend({
            version: z.coerce.number().int().positive().optional().describe('Devices that serve it, or should'),
            differs: Flag.default(false).describe('Only devices that serve another version than they should'),
          }),
          response: { 200: pageOf(z.object({ device: DeviceId, site: SiteId, ...Standing })) },
        },
      },
      async ({ params: { model }, query: { cursor, ...query }, limit: within }) => {
        await registry.model(model)
        return telemetry.servingDevices({ model, ...query, after: cursor, within })
      },
    )
  }
