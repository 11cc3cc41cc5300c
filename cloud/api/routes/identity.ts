import { DeviceId, EnrolAnswer, EnrolRequest, RenewAnswer, RenewRequest, SiteId } from '@storecast/shared/contracts'
import { z } from 'zod'
import { type Authority, type Certificates, type Claims, type Enrolment, signServer } from '../../identity/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Routes } from '../route.ts'
import { Labels, PageQuery, pageOf, UnixMs } from '../schemas.ts'

const SerialNumbers = z.array(z.string().trim().min(1).max(128)).min(1).max(10_000)
/** Each claim keeps the list of its hardware. */
const MOST_LISTED = 100_000
const Claim = z.object({
  id: z.string(),
  site: SiteId,
  labels: z.record(z.string(), z.string()),
  device: DeviceId.nullable().describe('The one device that may use it; null: any new one'),
  serialNumbers: z.array(z.string()).nullable(),
  createdAt: UnixMs,
  expiresAt: UnixMs,
  withdrawnAt: UnixMs.nullable(),
  usedAt: UnixMs.nullable(),
  usedBy: DeviceId.nullable(),
})
const NewClaims = z
  .strictObject({
    site: SiteId,
    labels: Labels.default({}),
    count: z.int().min(1).max(1000).default(1).describe('How many claims; each enrols one device'),
    expiresInSeconds: z
      .int()
      .min(60)
      .max(90 * 86_400)
      .default(7 * 86_400),
    device: DeviceId.optional().describe('The one device that may use it; needed where it is to enrol again'),
    serialNumbers: SerialNumbers.optional().describe('Hardware that may use it; absent: any'),
  })
  .refine(({ device, count }) => device === undefined || count === 1, 'one device needs one claim')
  .refine(
    ({ serialNumbers = [], count }) => serialNumbers.length * count <= MOST_LISTED,
    `count times serial numbers is more than ${MOST_LISTED}: make the claims in parts, each for its own hardware`,
  )
const Created = z.object({
  claims: z.array(z.object({ id: z.string(), claim: z.string().describe('Shown once') })),
})
const Named = z.object({ id: z.string().max(64) })
const ServerRequest = z.strictObject({
  csr: z.string().max(8192).describe('PKCS#10 in PEM'),
  names: z.array(z.string()).min(1).max(32).describe('Host names and addresses as devices reach the server'),
})
const SignedServer = z.object({
  certificate: z.string().describe('PEM, with the authority’s behind it'),
  ca: z.string().describe('By which it knows devices'),
  crl: z.string().describe('Which of them it is to refuse'),
})
const tags = ['identity']

/** For operators: claims. */
export const claimRoutes =
  (claims: Claims, anchor: () => Promise<Parameters<Claims['create']>[1]>): Routes =>
  (app) => {
    app.post(
      '/v1/claims',
      {
        // The claims' texts are secrets; their ids are not.
        config: {
          permission: 'claim.write',
          sites: 'body.site',
          audit: { state: async (_client, _request, made) => made && { claims: idsOf(made) }, body: 'kept' },
        },
        schema: { tags, summary: 'Make one-time claims for new devices', body: NewClaims, response: { 201: Created } },
      },
      async ({ body }, reply) => reply.code(201).send({ claims: [...(await claims.create(body, await anchor()))] }),
    )
    app.get(
      '/v1/claims',
      {
        config: { permission: 'claim.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'Claims, newest first',
          querystring: PageQuery,
          response: { 200: pageOf(Claim) },
        },
      },
      async ({ query: { cursor, limit }, limit: within }) => {
        const { items, ...page } = await claims.list({ after: cursor, limit, within })
        return {
          ...page,
          items: items.map((claim) => ({ ...claim, serialNumbers: claim.serialNumbers && [...claim.serialNumbers] })),
        }
      },
    )
    app.delete(
      '/v1/claims/:id',
      {
        config: {
          permission: 'claim.write',
          sites: 'filtered',
          audit: {
            state: (client, { params }) => claims.find(params.id, client),
          },
        },
        schema: { tags, summary: 'Withdraw a claim', params: Named, response: { 204: z.null() } },
      },
      async ({ params, limit }, reply) => {
        await claims.withdraw(params.id, limit)
        return reply.code(204).send(null)
      },
    )
  }

const idsOf = (made: unknown) => (made as readonly { readonly id: string }[]).map(({ id }) => id)

interface IdentityRoutesOptions {
  readonly authority: Authority
  readonly certificates: Certificates
  readonly clock: Clock
}

/** The authority and its list, for everybody; certificates for servers, for operators. */
export const identityRoutes =
  ({ authority, certificates, clock }: IdentityRoutesOptions): Routes =>
  (app) => {
    app.get(
      '/v1/identity/ca.pem',
      { config: { permission: 'public' }, schema: { tags, summary: 'Certificate of the authority' } },
      (_request, reply) => reply.type('application/x-pem-file').send(authority.certificate),
    )
    app.get(
      '/v1/identity/crl.pem',
      { config: { permission: 'public' }, schema: { tags, summary: 'Revocation list' } },
      async (_request, reply) => reply.type('application/x-pem-file').send((await certificates.list()).pem),
    )
    app.post(
      '/v1/identity/server-certificates',
      {
        config: { permission: 'server.sign', sites: 'all', audit: { body: ({ names }) => ({ names }) } },
        schema: {
          tags,
          summary: 'Sign for a server that devices reach, such as a broker',
          body: ServerRequest,
          response: { 201: SignedServer },
        },
      },
      async ({ body }, reply) => {
        const certificate = await signServer(authority, body, clock.now())
        return reply.code(201).send({ certificate, ca: authority.certificate, crl: (await certificates.list()).pem })
      },
    )
  }

/** For devices. */
export const enrolmentRoutes =
  (enrolment: Enrolment): Routes =>
  (app) => {
    app.post(
      '/v1/enrol',
      {
        config: {
          permission: 'public',
          audit: {
            known: ({ body }) => ({ kind: 'device', id: body.device }),
            state: async (_client, { body }, made) =>
              made && { device: body.device, replaced: (made as { replaced: boolean }).replaced },
            body: ({ device, serialNumber }) => ({ device, serialNumber }),
          },
        },
        bodyLimit: 32_768,
        schema: {
          tags,
          summary: 'Exchange a claim for a certificate',
          body: EnrolRequest,
          response: { 201: EnrolAnswer },
        },
      },
      async ({ body, ip }, reply) => reply.code(201).send(await enrolment.enrol(body, ip)),
    )
    app.post(
      '/v1/renew',
      {
        config: { permission: 'certificate.renew', sites: 'none' },
        bodyLimit: 32_768,
        schema: {
          tags,
          summary: 'A new certificate for the caller',
          body: RenewRequest,
          response: { 201: RenewAnswer },
        },
      },
      async ({ body, principal }, reply) => {
        if (principal?.kind !== 'device' || principal.certificate === undefined) {
          throw new Error('the listener let somebody else renew')
        }
        const { device, certificate } = principal
        return reply.code(201).send(await enrolment.renew({ device, shown: certificate, csr: body.csr }))
      },
    )
  }
