import { z } from 'zod'
import type { AuditLog } from '../../audit/index.ts'
import type { Routes } from '../route.ts'
import { NumberPageQuery, pageOf } from '../schemas.ts'

const Hash = z.string().describe('SHA-256 of the entry as RFC 8785 JSON, hex')
const Row = z.object({
  number: z.int(),
  hash: Hash,
  entry: z
    .record(z.string(), z.unknown())
    .describe('Who, what, before, after, decision; `previous` is the hash of the entry before'),
})
const Subject = z.string().max(500).regex(/^\//, 'a path, as /v1/rollouts/lager-1')
const tags = ['audit']

/** Reading the audit log. Its chain is checked by the reader: a cloud that was taken over would call any log whole. */
export const auditRoutes =
  (audit: AuditLog): Routes =>
  (app) => {
    app.get(
      '/v1/audit',
      {
        config: { permission: 'audit.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'Entries of the audit log',
          querystring: NumberPageQuery.extend({
            order: z.enum(['newest', 'oldest']).default('newest').describe('Which come first'),
            action: z.string().max(200).optional().describe('For example PUT /v1/sites/:site'),
            actor: z.string().max(200).optional(),
            subject: z
              .union([Subject, z.array(Subject).max(8)])
              .optional()
              .describe('Path that was called, /v1/rollouts/lager-1, with what lies below it; several: any of them'),
            decision: z.enum(['allowed', 'denied', 'failed']).optional(),
          }),
          response: { 200: pageOf(Row) },
        },
      },
      async ({ query: { cursor, subject, ...query }, limit: within }) => {
        const subjects = subject === undefined ? undefined : [subject].flat()
        const { items, ...rest } = await audit.list({ after: cursor, ...query, subjects, within })
        return { items: items.map((row) => ({ ...row, entry: { ...row.entry } })), ...rest }
      },
    )
    app.get(
      '/v1/audit/head',
      {
        config: { permission: 'audit.read', sites: 'all' },
        schema: {
          tags,
          summary: 'Number and hash of the newest entry; keep it elsewhere, and a cut tail shows',
          response: { 200: z.object({ number: z.int(), hash: Hash }) },
        },
      },
      () => audit.head(),
    )
  }
