import { DeviceId } from '@storecast/shared/contracts'
import { z } from 'zod'
import type { Quarantine } from '../../ingest/index.ts'
import type { RouteAudit } from '../recorder.ts'
import type { Routes } from '../route.ts'
import { PageQuery, pageOf, UnixMs } from '../schemas.ts'

const Epoch = z.object({
  device: DeviceId,
  epoch: z.int(),
  dbId: z.string(),
  reason: z.string().describe('fork: two copies of one device speak'),
  openedAt: UnixMs,
  batches: z.int().describe('Batches kept apart until someone decides'),
})
const Params = z.object({ device: DeviceId, epoch: z.coerce.number().int().nonnegative() })
const Left = z.object({ items: z.array(Epoch).describe('Copies of the device that still wait') })
const tags = ['quarantine']

/** Copies of devices, as from a cloned disk: an operator says which one is the device. */
export const quarantineRoutes =
  (quarantine: Quarantine): Routes =>
  (app) => {
    const audit: RouteAudit = { state: (client, { params: { device } }) => quarantine.of(device!, client) }
    app.get(
      '/v1/quarantine',
      {
        config: { permission: 'quarantine.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'Copies of devices that wait for a decision',
          querystring: PageQuery.extend({ device: DeviceId.optional().describe('Those of it') }),
          response: { 200: pageOf(Epoch) },
        },
      },
      ({ query: { cursor, ...query }, limit: within }) => quarantine.list({ ...query, after: cursor, within }),
    )
    app.post(
      '/v1/quarantine/:device/:epoch/release',
      {
        config: { permission: 'quarantine.decide', sites: 'params.device', audit },
        schema: {
          tags,
          summary: 'Make this copy the device, with all that was kept apart',
          params: Params,
          response: { 200: Left },
        },
      },
      async ({ params: { device, epoch } }) => {
        await quarantine.release(device, epoch)
        return { items: await quarantine.of(device) }
      },
    )
    app.post(
      '/v1/quarantine/:device/:epoch/discard',
      {
        config: { permission: 'quarantine.decide', sites: 'params.device', audit },
        schema: {
          tags,
          summary: 'Throw away what was kept apart of this copy',
          params: Params,
          response: { 200: Left },
        },
      },
      async ({ params: { device, epoch } }) => {
        await quarantine.discard(device, epoch)
        return { items: await quarantine.of(device) }
      },
    )
  }
