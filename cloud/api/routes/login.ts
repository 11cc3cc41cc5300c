import { z } from 'zod'
import type { FirstAdmin, Sessions } from '../../people/index.ts'
import { readCookie, SESSION_COOKIE } from '../access.ts'
import { CLAIM_PAGE, CLAIM_POLICY } from '../claim-page.ts'
import type { Routes } from '../route.ts'
import { UnixMs } from '../schemas.ts'

const Session = z.object({
  token: z.string().optional().describe('Shown once; absent where the session is a cookie'),
  user: z.string(),
  expiresAt: UnixMs,
})
const tags = ['people']

interface LoginRoutesOptions {
  readonly sessions: Sessions
  readonly first: FirstAdmin
  /** Browsers reach the cloud by HTTPS. */
  readonly isSecure: () => boolean
}

/** How people get in, and out. */
export const loginRoutes =
  ({ sessions, first, isSecure }: LoginRoutesOptions): Routes =>
  (app) => {
    app.post(
      '/v1/sessions',
      {
        config: { permission: 'public', audit: { body: ({ name, kind }) => ({ name, kind }) } },
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
    app.get('/claim', { config: { permission: 'public' }, schema: { hide: true } }, (_request, reply) =>
      reply
        .headers({
          'content-security-policy': CLAIM_POLICY,
          'referrer-policy': 'no-referrer',
          'cache-control': 'no-store',
        })
        .type('text/html; charset=utf-8')
        .send(CLAIM_PAGE),
    )
  }

/** Lax: it comes along when the provider sends a person back here, and not with what another page asks for. */
export const sessionCookie = (secret: string, expiresAt: number, isSecure: boolean): string =>
  `${SESSION_COOKIE}=${secret}; Path=/; HttpOnly; SameSite=Lax; Expires=${new Date(expiresAt).toUTCString()}${isSecure ? '; Secure' : ''}`
