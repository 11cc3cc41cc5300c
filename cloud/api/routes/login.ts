import { z } from 'zod'
import type { AuditLog } from '../../audit/index.ts'
import type { FirstAdmin, Oidc, Sessions } from '../../people/index.ts'
import { NotFoundError, UnauthenticatedError } from '../../platform/errors.ts'
import { readCookie, SESSION_COOKIE } from '../access.ts'
import type { Routes } from '../route.ts'
import { UnixMs } from '../schemas.ts'

const Session = z.object({
  token: z.string().optional().describe('Shown once; absent where the session is a cookie'),
  user: z.string(),
  expiresAt: UnixMs,
})
const tags = ['people']
const CALLBACK = '/v1/login/oidc/callback'
const LOGIN_COOKIE = 'storecast_login'

interface LoginRoutesOptions {
  readonly sessions: Sessions
  readonly first: FirstAdmin
  readonly audit: Pick<AuditLog, 'append'>
  /** Absent: no provider is configured. */
  readonly oidc: Oidc | undefined
  /** As browsers reach the cloud. */
  readonly url: () => string
}

/** How people get in, and out. */
export const loginRoutes =
  ({ sessions, first, oidc, audit, url }: LoginRoutesOptions): Routes =>
  (app) => {
    const isSecure = () => url().startsWith('https:')
    const provider = (): Oidc => {
      if (oidc) return oidc
      throw new NotFoundError({
        code: 'oidc-none',
        message: 'This cloud has no provider of logins (oidc in its configuration). Log in by name and password.',
      })
    }
    app.get(
      '/v1/login',
      {
        config: { permission: 'public' },
        schema: {
          tags,
          summary: 'Ways to log in',
          response: {
            200: z.object({
              password: z.literal(true),
              oidc: z
                .object({ issuer: z.string(), clientId: z.string(), scopes: z.array(z.string()) })
                .nullable()
                .describe('For the command line; null: no provider is configured'),
            }),
          },
        },
      },
      () => ({ password: true as const, oidc: oidc ? { ...oidc.forCli, scopes: [...oidc.forCli.scopes] } : null }),
    )
    app.post(
      '/v1/sessions/oidc',
      {
        config: {
          permission: 'public',
          audit: {
            known: (_request, made) => ({ kind: 'operator', id: (made as { user: string }).user }),
            body: () => ({}),
          },
        },
        bodyLimit: 32_768,
        schema: {
          tags,
          summary: 'Log in by an ID token that the provider gave the command line, once',
          body: z.strictObject({ idToken: z.string().min(1).max(16_384), nonce: z.string().max(128).optional() }),
          response: { 201: Session },
        },
      },
      async ({ body, ip: from }, reply) => {
        const { secret, ...session } = await provider().exchange({ ...body, from })
        return reply
          .code(201)
          .header('cache-control', 'no-store')
          .send({ token: secret, ...session })
      },
    )
    app.get(
      '/v1/login/oidc',
      { config: { permission: 'public' }, schema: { tags, summary: 'Send a browser to the provider' } },
      async ({ ip: from }, reply) => {
        const { url: at, secret } = await provider().begin({ callback: `${url()}${CALLBACK}`, from })
        return reply
          .headers({ 'cache-control': 'no-store', 'set-cookie': loginCookie(secret, isSecure()) })
          .redirect(at)
      },
    )
    app.get(
      CALLBACK,
      { config: { permission: 'public' }, schema: { tags, summary: 'Where the provider sends a browser back to' } },
      async ({ headers, raw, ip: from }, reply) => {
        // Bound to the browser that began: otherwise somebody else's login could be slipped to it.
        const begun = new RegExp(`(?:^|; )${LOGIN_COOKIE}=([\\w-]{43})(?:;|$)`).exec(headers.cookie ?? '')?.[1]
        if (begun === undefined) {
          throw new UnauthenticatedError({
            code: 'oidc-refused',
            message: 'This browser began no login. Begin one at /v1/login/oidc.',
          })
        }
        const login = { url: new URL(raw.url ?? '', url()), secret: begun, from }
        const { secret, user, expiresAt } = await provider().finish(login)
        // A browser can only be sent here by GET, of which the log keeps nothing by itself.
        const actor = { kind: 'operator', id: user, from } as const
        await audit.append({ actor, action: `GET ${CALLBACK}`, subject: CALLBACK, decision: 'allowed' })
        const cookies = [sessionCookie(secret, expiresAt, isSecure()), loginCookie('', isSecure())]
        return reply.headers({ 'cache-control': 'no-store', 'set-cookie': cookies }).redirect('/')
      },
    )
    app.post(
      '/v1/sessions',
      {
        config: {
          permission: 'public',
          audit: {
            known: (_request, made) => ({ kind: 'operator', id: (made as { user: string }).user }),
            body: ({ name, kind }) => ({ name, kind }),
          },
        },
        bodyLimit: 16_384,
        schema: {
          tags,
          summary: 'Log in by name and password: for a token, or, in a browser, for a cookie',
          body: z.strictObject({
            name: z.string().min(1).max(256),
            password: z.string().min(1).max(1024),
            kind: z.enum(['bearer', 'cookie']).default('bearer'),
          }),
          response: { 201: Session },
        },
      },
      async ({ body, ip: from }, reply) => {
        const { secret, ...session } = await sessions.begin({ ...body, from })
        reply.code(201).header('cache-control', 'no-store')
        if (body.kind === 'bearer') return reply.send({ token: secret, ...session })
        return reply.header('set-cookie', sessionCookie(secret, session.expiresAt, isSecure())).send(session)
      },
    )
    app.delete(
      '/v1/sessions/current',
      {
        config: { permission: 'self.read', sites: 'none' },
        schema: { tags, summary: 'Log out; of an API token it says nothing', response: { 204: z.null() } },
      },
      async ({ headers }, reply) => {
        const secret = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? readCookie(headers.cookie)
        if (secret !== undefined) await sessions.end(secret)
        return reply
          .header('set-cookie', sessionCookie('', 0, isSecure()))
          .code(204)
          .send(null)
      },
    )
    app.post(
      '/v1/admin-tokens',
      {
        config: { permission: 'public' },
        schema: {
          tags,
          summary: 'Exchange the code of the first start’s link for an operator’s token, once',
          body: z.strictObject({ code: z.string().min(1).max(128) }),
          response: { 201: z.object({ token: z.string() }) },
        },
      },
      async ({ body }, reply) => reply.code(201).send(await first.claim(body.code)),
    )
  }

/** Lax: it comes along when the provider sends a person back here, and not with what another page asks for. */
export const sessionCookie = (secret: string, expiresAt: number, isSecure: boolean): string =>
  `${SESSION_COOKIE}=${secret}; Path=/; HttpOnly; SameSite=Lax; Expires=${new Date(expiresAt).toUTCString()}${isSecure ? '; Secure' : ''}`

const loginCookie = (secret: string, isSecure: boolean): string =>
  `${LOGIN_COOKIE}=${secret}; Path=${CALLBACK}; HttpOnly; SameSite=Lax; Max-Age=${secret === '' ? 0 : 600}${isSecure ? '; Secure' : ''}`
