import { z } from 'zod'
import type { Gates } from '../../governance/index.ts'
import { type Trust, trustSummary } from '../../trust/index.ts'
import type { RouteAudit } from '../recorder.ts'
import type { Routes } from '../route.ts'
import { UnixMs } from '../schemas.ts'

const KeyIds = z.array(z.string()).describe('Ids of keys, as the root names them')
const Versioned = z.object({ version: z.int(), expires: UnixMs })
const InForce = Versioned.extend({ keys: KeyIds, threshold: z.int() })
const Standing = z.object({
  version: z.int(),
  state: z.enum(['in-force', 'draft']),
  signedBy: KeyIds,
  threshold: z.int(),
  waitsFor: z.enum(['signatures', 'targets', 'root']).optional(),
})
const Standings = z.object({ root: Standing.nullable(), targets: Standing.nullable() })
const TrustStatus = z.object({
  mode: z
    .enum(['development', 'production'])
    .describe('development: the cloud approves what is registered by itself, and nobody vouches for it'),
  state: z.enum(['ready', 'waiting-for-root', 'waiting-for-targets', 'other-cloud-keys', 'expired']),
  message: z.string(),
  root: InForce.extend({ sha256: z.string(), development: z.boolean() }).nullable(),
  targets: InForce.extend({ approved: z.int(), revoked: z.int() }).nullable(),
  snapshot: Versioned.nullable(),
  timestamp: Versioned.nullable(),
  cloudKeys: z
    .object({
      snapshot: z.string(),
      timestamp: z.string(),
      desired: z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), kid: z.string() }),
    })
    .describe('Public halves of the keys that this cloud signs with'),
  drafts: Standings,
})

const Base64 = z.base64()
const Submission = z
  .strictObject({
    roots: z.array(Base64).max(256).optional().describe('Root metadata, in version order'),
    targets: Base64.optional().describe('Targets metadata'),
    files: z.array(Base64).max(8).optional().describe('The small targets that it signs for'),
  })
  .describe('Signed metadata, byte for byte, in base64')
/** Root and targets metadata at their largest, in base64. */
const MAX_SUBMISSION_BYTES = 16 * 1024 * 1024

const DraftParams = z.object({ role: z.enum(['root', 'targets']) })
const FileParams = z.object({ file: z.string().max(128) })
const tags = ['trust']

/** The repository of The Update Framework, for devices and for the people who sign. */
export const trustRoutes =
  (trust: Trust, gates: Pick<Gates, 'approve'>): Routes =>
  (app) => {
    const audit: RouteAudit = { state: (client) => trustSummary(client) }
    app.get(
      '/v1/trust',
      {
        config: { permission: 'trust.read', sites: 'none' },
        schema: { tags, summary: 'What devices trust, and who signs for it', response: { 200: TrustStatus } },
      },
      () => trust.status(),
    )
    app.post(
      '/v1/trust/metadata',
      {
        bodyLimit: MAX_SUBMISSION_BYTES,
        config: { permission: 'trust.sign', sites: 'all', audit },
        schema: {
          tags,
          summary: 'Send signed root or targets metadata; with too few signatures it is kept as a draft',
          body: Submission,
          response: { 200: Standings },
        },
      },
      async ({ body: { roots, targets, files } }) => {
        const signed = targets === undefined ? undefined : decoded(targets)
        if (signed) await gates.approve(signed)
        return trust.push({ roots: roots?.map(decoded), targets: signed, files: files?.map(decoded) })
      },
    )
    app.get(
      '/v1/trust/drafts/:role',
      {
        config: { permission: 'trust.read', sites: 'none' },
        schema: { tags, summary: 'Metadata that waits for signatures', params: DraftParams },
      },
      async ({ params }, reply) => reply.type('application/json').send(await trust.draft(params.role)),
    )
    app.delete(
      '/v1/trust/drafts/:role',
      {
        config: { permission: 'trust.sign', sites: 'all', audit },
        schema: { tags, summary: 'Discard metadata that waits for signatures', params: DraftParams },
      },
      async ({ params }, reply) => {
        await trust.discardDraft(params.role)
        return reply.code(204).send()
      },
    )
    // Public: it holds public keys and digests, and a device must be able to ask before it can prove who it is.
    app.get(
      '/v1/tuf/metadata/:file',
      {
        config: { permission: 'public' },
        schema: { tags, summary: 'Metadata: timestamp.json, or {version}.{role}.json', params: FileParams },
      },
      async ({ params: { file } }, reply) => {
        const kept = file === 'timestamp.json' ? 'no-cache' : 'public, max-age=31536000, immutable'
        const bytes = await trust.metadata(file)
        return reply.headers({ 'cache-control': kept }).type('application/json').send(bytes)
      },
    )
    app.get(
      '/v1/tuf/targets/:file',
      {
        config: { permission: 'public' },
        schema: { tags, summary: 'A small target, {sha256}.{name}', params: FileParams },
      },
      async ({ params: { file } }, reply) => {
        const bytes = await trust.target(file)
        return reply
          .headers({ 'cache-control': 'public, max-age=31536000, immutable' })
          .type('application/json')
          .send(bytes)
      },
    )
  }

const decoded = (base64: string): Buffer => Buffer.from(base64, 'base64')
