import { z } from 'zod'
import type { AppliedDocuments } from '../../governance/index.ts'
import type { Page } from '../../platform/paging.ts'
import type { RouteAudit } from '../recorder.ts'
import type { Routes } from '../route.ts'
import { PageQuery, pageOf, UnixMs } from '../schemas.ts'

const Name = z.string().regex(/^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/, 'lower-case letters, digits, "-" and "_" only')
const Kind = z.string().regex(/^[A-Z][A-Za-z]{0,31}$/, 'a kind, as Policy')
const Applied = z.object({ kind: Kind, name: Name, document: z.record(z.string(), z.unknown()), at: UnixMs })
const SetParams = z.object({ set: Name })
const DocumentParams = SetParams.extend({ kind: Kind, name: Name })
const tags = ['fleet as code']

/** What `storecast apply` remembers between two runs: it removes only what its own files had made. */
export const appliedRoutes =
  (applied: AppliedDocuments): Routes =>
  (app) => {
    const audit: RouteAudit = { state: (client, { params }) => applied.get(params, client) }
    app.get(
      '/v1/applied/:set',
      {
        config: { permission: 'code.read', sites: 'all' },
        schema: {
          tags,
          summary: 'Documents that a set of files owns, as they were last applied',
          params: SetParams,
          querystring: PageQuery,
          response: { 200: pageOf(Applied) },
        },
      },
      async ({ params, query: { cursor, limit } }) =>
        (await applied.list(params.set, { after: cursor, limit })) as Page<z.infer<typeof Applied>>,
    )
    app.put(
      '/v1/applied/:set/:kind/:name',
      {
        config: { permission: 'code.write', sites: 'all', audit },
        schema: {
          tags,
          summary: 'Remember a document as applied',
          params: DocumentParams,
          body: Applied.shape.document,
          response: { 200: Applied },
        },
      },
      async ({ params, body }) => (await applied.put(params, body)) as z.infer<typeof Applied>,
    )
    app.delete(
      '/v1/applied/:set/:kind/:name',
      {
        config: { permission: 'code.write', sites: 'all', audit },
        schema: { tags, summary: 'The set owns the document no longer', params: DocumentParams },
      },
      async ({ params }, reply) => {
        await applied.forget(params)
        return reply.code(204).send()
      },
    )
  }
