import { DeviceId } from '@storecast/shared/contracts'
import { z } from 'zod'
import type { SupportBundles } from '../../devices/index.ts'
import { nameOf } from '../access.ts'
import { type RouteAudit, unlessMissing } from '../recorder.ts'
import type { Routes } from '../route.ts'
import { PageQuery, pageOf, UnixMs } from '../schemas.ts'

const Bundle = z.object({
  id: z.uuid(),
  device: DeviceId,
  askedBy: z.string(),
  askedAt: UnixMs,
  receivedAt: UnixMs.nullable().describe('Null: the device has not sent it yet'),
  bytes: z.int().nullable(),
  expiresAt: UnixMs,
})
const DeviceParams = z.object({ device: DeviceId })
const BundleParams = DeviceParams.extend({ bundle: z.uuid() })
const tags = ['devices']
/** Base64 of the largest archive, and a little. */
const MOST_BODY = 1_500_000

/** For people: ask a device for status, config, log and its doctor's words, and fetch what it sent. */
export const supportRoutes =
  (bundles: SupportBundles): Routes =>
  (app) => {
    const audit: RouteAudit = {
      async state(client, { params }, made) {
        return typeof made === 'string' ? unlessMissing(bundles.get(params.device, made, client)) : undefined
      },
    }
    app.post(
      '/v1/devices/:device/support-bundles',
      {
        config: { permission: 'device.diagnose', sites: 'params.device', audit },
        schema: {
          tags,
          summary: 'Ask a device for a support bundle; it answers when it is connected',
          params: DeviceParams,
          response: { 202: Bundle },
        },
      },
      async ({ params, principal }, reply) => reply.code(202).send(await bundles.ask(params.device, nameOf(principal))),
    )
    app.get(
      '/v1/devices/:device/support-bundles',
      {
        config: { permission: 'device.diagnose', sites: 'params.device' },
        schema: {
          tags,
          summary: 'Support bundles of a device, newest first',
          params: DeviceParams,
          querystring: PageQuery,
          response: { 200: pageOf(Bundle) },
        },
      },
      ({ params, query: { cursor, limit } }) => bundles.list(params.device, { after: cursor, limit }),
    )
    app.get(
      '/v1/devices/:device/support-bundles/:bundle',
      {
        config: { permission: 'device.diagnose', sites: 'params.device' },
        schema: { tags, summary: 'One support bundle', params: BundleParams, response: { 200: Bundle } },
      },
      ({ params }) => bundles.get(params.device, params.bundle),
    )
    app.get(
      '/v1/devices/:device/support-bundles/:bundle/content',
      {
        config: { permission: 'device.diagnose', sites: 'params.device' },
        schema: { tags, summary: 'What the device sent, a .tar.gz', params: BundleParams },
      },
      async ({ params }, reply) =>
        reply
          .type('application/gzip')
          .header('cache-control', 'no-store')
          .send(await bundles.content(params.device, params.bundle)),
    )
  }

/** For devices. */
export const supportUploadRoutes =
  (bundles: SupportBundles): Routes =>
  (app) => {
    app.post(
      '/v1/support-bundles/:bundle',
      {
        bodyLimit: MOST_BODY,
        config: {
          permission: 'support.send',
          sites: 'none',
          audit: { body: ({ archive }) => ({ base64: archive.length }) },
        },
        schema: {
          tags,
          summary: 'The support bundle that was asked for',
          params: z.object({ bundle: z.uuid() }),
          body: z.strictObject({ archive: z.base64().max(MOST_BODY) }),
          response: { 200: z.object({}) },
        },
      },
      async ({ params, body, principal }) => {
        if (principal?.kind !== 'device') throw new Error('the listener let somebody else send')
        await bundles.receive(principal.device, params.bundle, Buffer.from(body.archive, 'base64'))
        return {}
      },
    )
  }
