import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type ApiTokens, grantsByRole, type Person, ROLES, type Users } from '../../people/index.ts'
import type { Clock } from '../../platform/clock.ts'
import { InvalidError } from '../../platform/errors.ts'
import { type RouteAudit, unlessMissing } from '../recorder.ts'
import type { Routes } from '../route.ts'
import { Labels, PageQuery, pageOf, UnixMs } from '../schemas.ts'

const Roles = z
  .array(z.enum(ROLES))
  .min(1)
  .max(ROLES.length)
  .refine((roles) => new Set(roles).size === roles.length, 'a role comes twice')
const Limit = Labels.describe('Labels that a site must have for the account to see it; empty: every site')
const UserName = z.string().regex(/^[A-Za-z0-9][\w.@+-]{0,127}$/, 'letters, digits and . _ @ + - only')
export const Password = z.string().min(12, 'at least 12 characters').max(256)
const User = z.object({
  name: z.string(),
  roles: z.array(z.enum(ROLES)),
  limit: Limit,
  origin: z.enum(['local', 'oidc']).describe('oidc: a provider vouches for them, and says roles and limit'),
  subject: z.string().nullable().describe('At the provider, issuer#subject'),
  createdAt: UnixMs,
  disabledAt: UnixMs.nullable(),
})
const ApiToken = z.object({
  id: z.string(),
  name: z.string(),
  owner: z.string().nullable().describe('null: of the first operator, or of the program that started the cloud'),
  roles: z.array(z.enum(ROLES)),
  limit: Limit,
  createdAt: UnixMs,
  expiresAt: UnixMs.nullable(),
  lastUsedAt: UnixMs.nullable().describe('To the minute'),
  revokedAt: UnixMs.nullable(),
})
const DAY_MS = 86_400_000
const TokenSpec = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'letters, digits and . _ - only'),
  roles: Roles,
  limit: Limit.default({}),
  expiresInDays: z.int().min(1).max(3650).nullable().default(90).describe('null: never'),
})
const Self = z.object({
  name: z.string(),
  token: z.string().nullable().describe('Name of the API token that was shown'),
  subject: z.string().nullable(),
  permissions: z.array(z.string()),
  limit: Limit,
})
const UserParams = z.object({ user: z.string().min(1).max(256) })
const TokenParams = z.object({ token: z.string().regex(/^[0-9a-f]{12}$/, 'a token’s id') })
const tags = ['people']

interface PeopleRoutesOptions {
  readonly users: Users
  readonly tokens: ApiTokens
  readonly clock: Clock
}

/** Users, and their tokens. */
export const peopleRoutes =
  ({ users, tokens, clock }: PeopleRoutesOptions): Routes =>
  (app) => {
    const userAudit: RouteAudit = {
      state: (client, { params, body }) => unlessMissing(users.get(params.user ?? body.name, client)),
      body: ({ password, ...kept }) => ({ ...kept, ...(password !== undefined && { password: 'changed' }) }),
    }
    app.get(
      '/v1/users',
      {
        config: { permission: 'user.read', sites: 'all' },
        schema: { tags, summary: 'Users, by name', querystring: PageQuery, response: { 200: pageOf(User) } },
      },
      ({ query: { cursor, limit } }) => users.list({ after: cursor && decoded(cursor), limit }).then(encoded),
    )
    app.post(
      '/v1/users',
      {
        config: { permission: 'user.write', sites: 'all', audit: userAudit },
        schema: {
          tags,
          summary: 'Add a user',
          body: z.strictObject({
            name: UserName,
            password: Password.optional().describe('Absent: the user has none, and cannot log in yet'),
            roles: Roles,
            limit: Limit.default({}),
          }),
          response: { 201: User },
        },
      },
      async ({ body }, reply) => reply.code(201).send(await users.add(body)),
    )
    app.get(
      '/v1/users/:user',
      {
        config: { permission: 'user.read', sites: 'all' },
        schema: { tags, summary: 'One user', params: UserParams, response: { 200: User } },
      },
      ({ params }) => users.get(params.user),
    )
    app.patch(
      '/v1/users/:user',
      {
        config: { permission: 'user.write', sites: 'all', audit: userAudit },
        schema: {
          tags,
          summary: 'Change roles, limit or password of a user, or disable them',
          params: UserParams,
          body: z
            .strictObject({ roles: Roles, limit: Limit, password: Password, disabled: z.boolean() })
            .partial()
            .refine((body) => Object.keys(body).length > 0, 'nothing to change'),
          response: { 200: User },
        },
      },
      ({ params, body }) => users.change(params.user, body),
    )
    app.get(
      '/v1/roles',
      {
        config: { permission: 'self.read', sites: 'none' },
        schema: {
          tags,
          summary: 'Roles, and what each lets people do',
          response: {
            200: z.object({
              roles: z.array(z.enum(ROLES)),
              permissions: z.array(
                z.object({
                  permission: z.string(),
                  lets: z.string().describe('What it lets one do: it “lets one …”'),
                  roles: z.array(z.enum(ROLES)).describe('Those that have it'),
                }),
              ),
            }),
          },
        },
      },
      () => ({ roles: [...ROLES], permissions: grantsByRole() }),
    )
    app.get(
      '/v1/self',
      {
        config: { permission: 'self.read', sites: 'none' },
        schema: { tags, summary: 'Who one is, and what one may do', response: { 200: Self } },
      },
      (request) => {
        const { name, token = null, subject = null, grants, limit } = personOf(request)
        return { name, token, subject, permissions: [...grants].sort(), limit }
      },
    )
    app.put(
      '/v1/self/password',
      {
        config: { permission: 'self.write', sites: 'none', audit: { body: () => ({ password: 'changed' }) } },
        schema: {
          tags,
          summary: 'Change one’s own password; every session ends',
          body: z.strictObject({ password: Password }),
          response: { 200: User },
        },
      },
      async (request) => {
        const { user, token } = personOf(request)
        if (user === null || token !== undefined) {
          throw new InvalidError({
            code: 'no-password',
            message:
              'A token has no password, and cannot change its owner’s. Log in with the password, and change it then.',
          })
        }
        return users.change(user, { password: request.body.password })
      },
    )
    app.get(
      '/v1/tokens',
      {
        config: { permission: 'self.read', sites: 'none' },
        schema: {
          tags,
          summary: 'One’s own tokens; with all=true, everybody’s, for those who may see users',
          querystring: PageQuery.extend({ all: z.stringbool().default(false) }),
          response: { 200: pageOf(ApiToken) },
        },
      },
      (request) => {
        const { cursor, limit, all } = request.query
        return tokens.list({ after: cursor, limit, owner: all ? othersOf(request, 'user.read') : ownerOf(request) })
      },
    )
    app.post(
      '/v1/tokens',
      {
        config: {
          permission: 'self.write',
          sites: 'none',
          audit: {
            state: async (client, _request, made) =>
              made === undefined ? undefined : tokens.get((made as { id: string }).id, undefined, client),
            body: 'kept',
          },
        },
        schema: {
          tags,
          summary: 'Make a token that can do no more than oneself',
          body: TokenSpec,
          response: { 201: z.object({ token: ApiToken, secret: z.string().describe('Shown once') }) },
        },
      },
      async (request, reply) => {
        const { expiresInDays, ...spec } = request.body
        const expiresAt = expiresInDays === null ? null : clock.now() + expiresInDays * DAY_MS
        return reply.code(201).send(await tokens.make({ ...spec, expiresAt }, personOf(request)))
      },
    )
    app.delete(
      '/v1/tokens/:token',
      {
        config: {
          permission: 'self.write',
          sites: 'none',
          audit: { state: (client, { params }) => unlessMissing(tokens.get(params.token, undefined, client)) },
        },
        schema: {
          tags,
          summary: 'Withdraw a token of one’s own; those who may change users withdraw anybody’s',
          params: TokenParams,
          response: { 200: ApiToken },
        },
      },
      (request) => tokens.revoke(request.params.token, othersOf(request, 'user.write')),
    )
  }

function personOf({ principal }: Pick<FastifyRequest, 'principal'>): Person {
  if (principal?.kind === 'person') return principal
  throw new Error('a route for people was called by something else')
}

const ownerOf = (request: Pick<FastifyRequest, 'principal'>) => personOf(request).user

/** Everybody's for somebody who may and has no limit, one's own for others. */
function othersOf(request: Pick<FastifyRequest, 'principal'>, permission: 'user.read' | 'user.write') {
  const { grants, limit, user } = personOf(request)
  return grants.has(permission) && Object.keys(limit).length === 0 ? undefined : user
}

/** Names may hold what a cursor may not. */
const decoded = (cursor: string) => Buffer.from(cursor, 'base64url').toString()
const encoded = <T>({ items, next }: { items: T[]; next?: string }) => ({
  items,
  ...(next !== undefined && { next: Buffer.from(next).toString('base64url') }),
})
