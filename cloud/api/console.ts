import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import statics from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { NotFoundError } from '../platform/errors.ts'
import { readText } from '../platform/files.ts'
import type { App } from './route.ts'

/** The built console. */
const BUILT = join(import.meta.dirname, '../console/dist')
/** Where the page wants each answer's nonce. */
const NONCE = /__NONCE__/g
/** A mistyped call of the API or a missing file is no page. */
const NO_PAGE = /^\/(v1|assets|metrics|healthz)(\/|\?|$)/

/**
 * This origin's files alone, no inline script, in nobody's frame. What styles the component kit makes while it runs carry the
 * answer's nonce.
 */
const policyOf = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

/** Answers where a browser asks for a page; undefined: it asks for none. */
export type PageAnswer = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>

/**
 * Serves the console's files, and its one page at every address that is none of the API's, as they are now: it may be built anew
 * under a cloud that runs.
 * @returns answers what no route takes; NotFoundError `console-not-built` where nothing was built
 */
export async function serveConsole(app: App): Promise<PageAnswer> {
  await serveFiles(app)
  return async ({ method, url, headers }, reply) => {
    if (method !== 'GET' || NO_PAGE.test(url) || !headers.accept?.includes('text/html')) return undefined
    const page = await readText(join(BUILT, 'index.html'))
    if (page === undefined) {
      throw new NotFoundError({
        code: 'console-not-built',
        message: 'The console is not built here. Run "npm run pages".',
      })
    }
    const nonce = randomBytes(16).toString('base64')
    return reply
      .headers({
        'content-security-policy': policyOf(nonce),
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        // With `no-referrer` browsers without `Sec-Fetch-Site` call their own page's origin "null".
        'referrer-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
        'cache-control': 'no-store',
      })
      .type('text/html; charset=utf-8')
      .send(page.replace(NONCE, nonce))
  }
}

async function serveFiles(app: App): Promise<void> {
  // Adds `reply.sendFile` and no route: each of ours states its permission.
  const plain = app as unknown as FastifyInstance
  await plain.register(statics, { root: join(BUILT, 'assets'), serve: false, preCompressed: true })
  app.get('/assets/:file', { config: { permission: 'public' }, schema: { hide: true } }, (request, reply) => {
    const { file } = request.params as { file: string }
    // Names hold a digest of the content, but for the icon's.
    const isOfContent = /-[\w-]{8}\.\w+$/.test(file)
    return reply
      .header('x-content-type-options', 'nosniff')
      .sendFile(file, { maxAge: isOfContent ? '365d' : '1h', immutable: isOfContent })
  })
}
