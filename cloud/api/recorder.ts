import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyRequest, RouteOptions } from 'fastify'
import type { PoolClient } from 'pg'
import type { Actor, AuditLog, Call } from '../audit/index.ts'
import { canonicalJson } from '../platform/canonical.ts'
import { NotFoundError } from '../platform/errors.ts'
import { isLimited } from '../platform/label-limit.ts'
import type { Problem } from './problems.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the audit log keeps of a mutating route's calls, beside who, what and the decision. */
    audit?: RouteAudit
  }
  interface FastifyRequest {
    /** Whether the call has its entry. */
    audited: boolean
    /** Of policies that warn, for the answer's header. */
    warnings: readonly string[] | undefined
  }
}

export interface RouteAudit {
  /** The thing as the API shows it, before and after; undefined where it is not there. */
  readonly state?: (
    client: PoolClient,
    // biome-ignore lint/suspicious/noExplicitAny: each route knows the params and body that its schemas gave it.
    request: { readonly params: any; readonly body: any },
    made: unknown,
  ) => Promise<unknown>
  /** Who calls, where the call itself tells: its transaction's result is of somebody who was not known before. */
  readonly known?: (
    // biome-ignore lint/suspicious/noExplicitAny: each route knows the params and body that its schemas gave it.
    request: { readonly params: any; readonly body: any },
    made: unknown,
  ) => Pick<Actor, 'kind' | 'id'>
  /**
   * What is kept of the body: all of it where it is small and can hold no secret, or a part of it. Absent: its digest.
   */
  // biome-ignore lint/suspicious/noExplicitAny: each route knows the body that its schema gave it.
  readonly body?: 'kept' | ((body: any) => unknown)
}

/** Leaves an entry in the audit log for every call that may change something. */
export interface Recorder {
  /** Makes a mutating route's handler leave its entry. */
  wrap(route: RouteOptions): void
  /** For a call that was refused before its handler began. */
  refused(request: FastifyRequest, problem: Problem): Promise<void>
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])
const isMutating = (method: string | readonly string[]) => [method].flat().some((one) => !SAFE.has(one))

const MAX_KEPT_BODY = 16 * 1024

export function recorder(audit: AuditLog): Recorder {
  return {
    wrap(route) {
      if (!isMutating(route.method)) return
      const { handler } = route
      route.handler = async function (request, reply) {
        const call = callOf(request, route)
        request.audited = true
        return audit.recorded(call, async () => handler.call(this, request, reply))
      }
    },
    async refused(request, { status, code, detail }) {
      if (request.is404 || request.audited || !isMutating(request.method)) return
      request.audited = true
      const decision = status === 401 || status === 403 ? 'denied' : 'failed'
      await audit.append({ ...namesOf(request, request.routeOptions), decision, code, message: detail })
    },
  }
}

type Route = Pick<RouteOptions, 'url' | 'config'> | FastifyRequest['routeOptions']

const namesOf = (request: FastifyRequest, route: Route) => ({
  actor: actorOf(request),
  action: `${request.method} ${route.url}`,
  subject: request.url.split('?')[0]!.slice(0, 1024),
  ...(request.site !== undefined && { sites: [request.site] }),
})

function callOf(request: FastifyRequest, route: Route): Call {
  const { audit = {} } = route.config ?? {}
  const { state, known } = audit
  const asked = {
    ...(Object.keys(request.query as object).length > 0 && { query: request.query }),
    ...bodyOf(request.body, audit),
  }
  return {
    ...namesOf(request, route),
    ...(Object.keys(asked).length > 0 && { request: asked }),
    onDecision({ policy, verdict, messages }) {
      if (verdict !== 'warn') return
      request.warnings = [...(request.warnings ?? []), ...messages.map((message) => `${policy}: ${message}`)]
    },
    ...(known && {
      known: (made) => ({ ...known(request as { params: unknown; body: unknown }, made), from: request.ip }),
    }),
    ...(state && { state: (client, made) => state(client, request as { params: unknown; body: unknown }, made) }),
  }
}

function actorOf({ principal, ip: from }: FastifyRequest): Call['actor'] {
  if (principal?.kind === 'person') {
    const { name, token, subject, limit } = principal
    return {
      ...{ kind: 'operator', id: name, from },
      ...(token !== undefined && { token }),
      ...(subject !== undefined && { subject }),
      ...(isLimited(limit) && { limit }),
    }
  }
  if (principal?.kind === 'device') return { kind: 'device', id: principal.device, from }
  return { kind: 'unknown', id: 'unknown', from }
}

function bodyOf(body: unknown, { body: kept }: RouteAudit): object | undefined {
  if (body === undefined || body === null || body instanceof Readable) return undefined
  const text = canonicalJson(body)
  if (kept === 'kept' && text.length <= MAX_KEPT_BODY) return { body }
  const part = typeof kept === 'function' ? { body: kept(body) } : undefined
  return {
    ...part,
    bodySha256: createHash('sha256').update(text).digest('hex'),
  }
}

/** What policies warn of, as a header of the answer: JSON in ASCII. */
export const WARNINGS_HEADER = 'storecast-warnings'
const MAX_WARNINGS = 16

export const warningsHeader = (warnings: readonly string[]): string =>
  JSON.stringify(warnings.slice(0, MAX_WARNINGS)).replaceAll(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** For a state of what may not be there. */
export async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}
