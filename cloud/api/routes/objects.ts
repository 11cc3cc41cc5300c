import { Sha256 } from '@storecast/shared/contracts'
import { z } from 'zod'
import type { Devices, Sites } from '../../devices/index.ts'
import { ForbiddenError } from '../../platform/errors.ts'
import { isLimited } from '../../platform/label-limit.ts'
import { type Objects, objectUnknown } from '../../platform/objects.ts'
import type { Registry } from '../../registry/index.ts'
import { parseRange } from '../range.ts'
import type { Routes } from '../route.ts'

interface ObjectRoutesOptions {
  readonly objects: Objects
  readonly devices: Pick<Devices, 'mayRead'>
  readonly sites: Pick<Sites, 'haveDocument'>
  readonly registry: Pick<Registry, 'hasBundle'>
}

export const objectRoutes =
  ({ objects, devices, sites, registry }: ObjectRoutesOptions): Routes =>
  (app) => {
    app.route({
      method: ['GET', 'HEAD'],
      url: '/v1/objects/:sha256',
      exposeHeadRoute: false,
      config: { permission: 'object.read', sites: 'filtered' },
      schema: {
        tags: ['objects'],
        summary: 'A model bundle, document or data set by its digest; `Range` is honoured',
        description:
          'A device reads what its desired state points to, a person everything, or, with a label limit, models and what their sites have.',
        params: z.object({ sha256: Sha256 }),
      },
      handler: async (request, reply) => {
        const { sha256 } = request.params
        const { principal, limit } = request
        if (principal?.kind === 'device' && !(await devices.mayRead(principal.device, sha256))) {
          throw new ForbiddenError({
            code: 'object-not-desired',
            message: `The desired state of ${principal.device} does not point to object ${sha256}. Fetch what the newest desired state names.`,
          })
        }
        const size = await objects.size(sha256)
        // A data set is of many sites, and so of nobody's with a limit.
        const within =
          !isLimited(limit) || (await sites.haveDocument(sha256, limit)) || (await registry.hasBundle(sha256))
        if (size === undefined || !within) throw objectUnknown(sha256)
        const etag = `"${sha256}"`
        reply.headers({
          'accept-ranges': 'bytes',
          etag,
          // The name is the content: it may be kept for ever, by the one who may read it.
          'cache-control': 'private, max-age=31536000, immutable',
        })
        if (request.headers['if-none-match'] === etag) return reply.code(304).send()
        const ifRange = request.headers['if-range']
        const range = ifRange === undefined || ifRange === etag ? parseRange(request.headers.range, size) : undefined
        if (range === 'unsatisfiable') {
          return reply.code(416).header('content-range', `bytes */${size}`).send()
        }
        reply.type('application/octet-stream')
        if (range) {
          reply.code(206).header('content-range', `bytes ${range.first}-${range.last}/${size}`)
        }
        reply.header('content-length', range ? range.last - range.first + 1 : size)
        if (request.method === 'HEAD') return reply.send()
        return reply.send(await objects.read(sha256, range))
      },
    })
  }
