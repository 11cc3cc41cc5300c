import { DeviceId } from '@storecast/shared/contracts'
import { z } from 'zod'
import type { Quarantine } from '../../ingest/index.ts'
import { type LabelLimit, NO_LIMIT } from '../../platform/label-limit.ts'
import type { RouteAudit } from '../recorder.ts'
import type { Routes } from '../route.ts'
import { UnixMs } from '../schemas.ts'

const Epoch = z.object({
  device: DeviceId,
  epoch: z.int(),
  dbId: z.string(),
  reason: z.string().describe('fork: two copies of one device speak'),
  openedAt: UnixMs,
  batches: z.int().describe('Batches kept apart until someone decides'),
})
const Params = z.object({ device: DeviceId, epoch: z.coerce.number().int().nonnegative() })
const Done = z.object({ items: z.array(Epoch) })
const tags = ['quarantine']

/** Copies of devices, as from a cloned disk: an operator says which one is the device. */
export const quarantineRoutes =
  (quarantine: Quarantine): Routes =>
  (app) => {
    const list = async ({ limit }: { readonly limit: LabelLimit }) => ({ items: [...(await quarantine.list(limit))] })
    const audit: RouteAudit = {
      state: async (client, { params: { device } }) =>
        (await quarantine.list(NO_LIMIT, client)).filter((epoch) => epoch.device === device),
    }
    app.get(
      '/v1/quarantine',
      {
        config: { permission: 'quarantine.read', sites: 'filtered' },
        schema: { tags, summary: 'Copies of devices that wait for a decision', response: { 200: Done } },
      },
      list,
    )
    app.post(
      '/v1/quarantine/:device/:epoch/release',
      {
        config: { permission: 'quarantine.decide', sites: 'params.device', audit },
        schema: {
          tags,
          summary: 'Make this copy the device, with all that was kept apart',
          params: Params,
          response: { 200: Done },
        },
      },
      async ({ params, limit }) => {
        await quarantine.release(params.device, params.epoch)
        return list({ limit })
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
          response: { 200: Done },
        },
      },
      async ({ params, limit }) => {
        await quarantine.discard(params.device, params.epoch)
        return list({ limit })
      },
    )
  }
