import { Readable } from 'node:stream'
import { ModelName, ObjectRef } from '@storecast/shared/contracts'
import { z } from 'zod'
import { InvalidError, TooLargeError } from '../../platform/errors.ts'
import { PART_BYTES, type Registry, type Uploads } from '../../registry/index.ts'
import type { RouteAudit } from '../recorder.ts'
import type { Routes } from '../route.ts'
import { Labels, UnixMs } from '../schemas.ts'
import { ModelVersion, registeredVersion } from './models.ts'

const Upload = z.object({
  id: z.uuid(),
  ...ObjectRef.shape,
  offset: z.int().nonnegative().describe('How many bytes are here: where the next part goes'),
  expiresAt: UnixMs,
})
const UploadParams = z.object({ upload: z.uuid() })
const tags = ['models']

/** Bundles in parts, for lines that break: what came stays for a day, and goes on where it stopped. */
export const uploadRoutes =
  (uploads: Uploads, registry: Registry): Routes =>
  (app) => {
    const registered: RouteAudit = { state: registeredVersion(registry, ({ body }) => body?.model), body: 'kept' }
    app.post(
      '/v1/uploads',
      {
        config: { permission: 'model.write', sites: 'none', audit: { body: 'kept' } },
        schema: {
          tags,
          summary: 'Begin an upload; the same digest again gives the one that was begun, and where it goes on',
          body: ObjectRef,
          response: { 201: Upload },
        },
      },
      async ({ body }, reply) => reply.code(201).send(await uploads.begin(body)),
    )
    app.get(
      '/v1/uploads/:upload',
      {
        config: { permission: 'model.write', sites: 'none' },
        schema: { tags, summary: 'How far an upload is', params: UploadParams, response: { 200: Upload } },
      },
      ({ params }) => uploads.get(params.upload),
    )
    app.patch(
      '/v1/uploads/:upload',
      {
        bodyLimit: PART_BYTES,
        config: { permission: 'model.write', sites: 'none', audit: {} },
        schema: {
          tags,
          summary: 'Add the next part',
          description: `The body is at most ${PART_BYTES} bytes, as application/octet-stream.`,
          consumes: ['application/octet-stream'],
          params: UploadParams,
          querystring: z.strictObject({ offset: z.coerce.number().int().nonnegative() }),
          response: { 200: Upload },
        },
      },
      async ({ params, query: { offset }, body }) =>
        uploads.append(params.upload, { offset, bytes: await partOf(body) }),
    )
    app.post(
      '/v1/uploads/:upload/version',
      {
        config: { permission: 'model.write', sites: 'none', audit: registered },
        schema: {
          tags,
          summary: 'Register an upload that is complete as the model’s next version',
          params: UploadParams,
          body: z.strictObject({ model: ModelName, tags: Labels.default({}) }),
          response: { 201: ModelVersion },
        },
      },
      async ({ params, body }, reply) => {
        const source = { kind: 'upload' } as const
        return reply
          .code(201)
          .send(await uploads.take(params.upload, (content) => registry.register({ ...body, content, source })))
      },
    )
  }

/** Capped while it comes: bytes are parsed by nobody on the way here. */
async function partOf(body: unknown): Promise<Buffer> {
  if (!(body instanceof Readable)) {
    throw new InvalidError({
      code: 'part-missing',
      message: 'Send the part’s bytes as the body, with Content-Type: application/octet-stream.',
    })
  }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += (chunk as Buffer).length
    if (size > PART_BYTES) {
      throw new TooLargeError({ code: 'upload-too-large', message: `A part has at most ${PART_BYTES} bytes.` })
    }
    chunks.push(chunk as Buffer)
  }
  if (size === 0) throw new InvalidError({ code: 'part-missing', message: 'The part is empty. Send some bytes.' })
  return Buffer.concat(chunks)
}
