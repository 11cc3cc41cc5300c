import { TLSSocket } from 'node:tls'
import type { FastifyRequest } from 'fastify'
import type { Pool } from 'pg'
import { unknownAlert } from '../alerts/index.ts'
import { unknownDevice, unknownSite } from '../devices/index.ts'
import type { Principal } from '../people/index.ts'
import { ForbiddenError } from '../platform/errors.ts'
import {
  isLimited,
  type LabelLimit,
  liesWithin,
  NO_LIMIT,
  siteLiesWithin,
  siteWithin,
} from '../platform/label-limit.ts'
import { unknownTask } from '../stewardship/index.ts'
import { type AccessCheck, readCookie, requirePermission } from './access.ts'
import type { App, SitesOf } from './route.ts'

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | undefined
    /** What of the fleet the caller may see; lists and handlers that look for things by themselves take it. */
    limit: LabelLimit
    /** The site that the call is about, where the route says so. */
    site: string | undefined
    /** Who calls, asked anew: of a call that lasts. @throws UnauthenticatedError */
    identifyAgain(): Promise<Principal>
  }
}

/** Lets through who may call a route, for what lies within the caller's label limit. */
export function guard(app: App, { access, pool }: { access: AccessCheck; pool: Pool }): void {
  app.decorateRequest('principal', undefined)
  app.decorateRequest('site', undefined)
  app.decorateRequest('limit', { getter: limitOf })
  app.decorateRequest('identifyAgain', function (this: FastifyRequest) {
    return identify(access, this)
  })
  app.addHook('onRequest', async (request) => {
    if (request.is404) return
    const { permission, sites } = request.routeOptions.config
    if (permission === 'public') return
    // Known before anything is refused: the audit log says to whom.
    request.principal = await identify(access, request)
    requirePermission(request.principal, permission)
    if (sites !== 'all' || !isLimited(request.limit)) return
    throw new ForbiddenError({
      code: 'limited',
      message: `This is about every site, and your account is limited to ${limitText(request.limit)}. Ask somebody without a limit.`,
    })
  })
  // Once params and body are known to be what they should.
  app.addHook('preHandler', async (request) => {
    const { sites } = request.routeOptions.config
    const named = sites && namedBy(sites, request)
    if (named) request.site = await requireWithin(pool, named, request.limit)
  })
}

function identify(access: AccessCheck, request: FastifyRequest): Promise<Principal> {
  const { socket } = request.raw
  const { permission } = request.routeOptions.config
  if (permission === 'public') throw new Error('a public route asks who calls')
  return access.identify(
    {
      authorization: request.headers.authorization,
      cookie: cookieOf(request),
      certificate: socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined,
    },
    permission,
  )
}

/**
 * A cookie comes along with whatever a browser sends here, also at another page's bidding; so it counts only where the browser
 * says that one of our own pages asks, or that a person typed the address to read something.
 */
const cookieOf = (request: FastifyRequest): string | undefined =>
  isOwnPages(request) ? readCookie(request.headers.cookie) : undefined

function isOwnPages({ headers, method, host }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || (site === 'none' && method === 'GET')
  // Under plain HTTP, and before 2023, browsers tell the origin of what writes; what reads, no other page is shown.
  const { origin } = headers
  return origin === undefined ? method === 'GET' : URL.parse(origin)?.host === host
}

function limitOf(this: FastifyRequest): LabelLimit {
  return this.principal?.kind === 'person' ? this.principal.limit : NO_LIMIT
}

export const limitText = (limit: LabelLimit): string =>
  Object.entries(limit)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')

/** For a site as the caller wants it. @throws ForbiddenError `beyond-limit` */
export function requireLiesWithin(site: { readonly id: string; readonly labels: LabelLimit }, limit: LabelLimit): void {
  if (siteLiesWithin(site, limit)) return
  throw new ForbiddenError({
    code: 'beyond-limit',
    message: `Site ${site.id} would lie outside of what your account is limited to. Give it the label ${limitText(limit)}.`,
  })
}

/** For a selector of sites, which has to hold the limit's terms itself. @throws ForbiddenError `beyond-limit` */
export function requireNamesLimit(selector: Readonly<Record<string, string>>, limit: LabelLimit): void {
  if (liesWithin(selector, limit)) return
  throw new ForbiddenError({
    code: 'beyond-limit',
    message: `The selector names sites outside of what your account is limited to. Add ${limitText(limit)} to it.`,
  })
}

interface Place {
  /** Site of the thing whose id is parameter 1, and whether it lies within the limit that is parameter 2. */
  readonly sql: string
  /** Says that there is no such thing, as one hears it where there is none. */
  readonly unknown: (id: string) => never
}

const PLACES = {
  site: {
    sql: `SELECT s.id AS site, ${siteWithin('s.id', 2)} AS within FROM sites s WHERE s.id = $1`,
    unknown: unknownSite,
  },
  device: {
    sql: `SELECT d.site, ${siteWithin('d.site', 2)} AS within FROM devices d WHERE d.id = $1`,
    unknown: unknownDevice,
  },
  alert: {
    sql: `SELECT a.site, ${siteWithin('a.site', 2)} AS within FROM alerts a WHERE a.id = $1`,
    unknown: unknownAlert,
  },
  task: {
    sql: `SELECT t.site, ${siteWithin('t.site', 2)} AS within FROM stewardship_tasks t WHERE t.id = $1`,
    unknown: unknownTask,
  },
} satisfies Readonly<Record<string, Place>>

/** What of a route's parameters or body tells where it is; undefined for the others, which see to it themselves. */
function namedBy(sites: SitesOf, request: FastifyRequest): { kind: keyof typeof PLACES; id: string } | undefined {
  const [where, kind] = sites.split('.') as ['params' | 'body', keyof typeof PLACES | undefined]
  if (kind === undefined) return undefined
  return { kind, id: String((request[where] as Record<string, unknown>)[kind]) }
}

/**
 * @returns the site that it is about; undefined for a thing that is of no one site
 * @throws NotFoundError for what lies outside, as for what is not there; a site that is not there may be created
 */
async function requireWithin(
  pool: Pool,
  { kind, id }: { kind: keyof typeof PLACES; id: string },
  limit: LabelLimit,
): Promise<string | undefined> {
  const { sql, unknown }: Place = PLACES[kind]
  const { rows } = await pool.query<{ site: string | null; within: boolean }>(sql, [id, limit])
  const [found] = rows
  if (found?.within) return found.site ?? undefined
  return found || kind !== 'site' ? unknown(id) : id
}
