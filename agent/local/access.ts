import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { HttpError } from './errors.ts'
import type { Route } from './routes.ts'

/** Who has signed in on the shop's page. */
export interface StaffSessions {
  /** Whether somebody could sign in at all. */
  isSet(): Promise<boolean>
  /** Whether the request's cookie is that of a session. */
  isSignedIn(headers: IncomingHttpHeaders): Promise<boolean>
}

export interface Guard {
  /** What programs show; undefined: none does. */
  readonly token: string | undefined
  readonly staff?: StaffSessions | undefined
}

export interface Call {
  readonly headers: IncomingHttpHeaders
  readonly method: string
  readonly route: Pick<Route, 'open' | 'staff'>
  /** The caller's address is this machine's own. */
  readonly isThisMachine: boolean
}

const LOOPBACK_HOSTS = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i
/** A proxy on this machine makes every caller look like one of it. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']

/**
 * A program shows the token and may do everything. Staff show the session of the page and may do what the page does; what
 * changes something must come from the page itself, not from one that some other server sent. Where there is no token,
 * programs of this machine need none; a browser on it must not be talked into calling it by a page of another origin or
 * by a foreign name that resolves to 127.0.0.1.
 * @throws HttpError 401, 403
 */
export async function authorize({ token, staff }: Guard, call: Call): Promise<void> {
  const { headers, route, method } = call
  if (route.open) {
    requireOwnPage(call)
    if (token !== undefined || isLocalCaller(call) || (await staff?.isSet())) return
    throw notLocal()
  }
  // InfluxDB's clients say "Token" where everybody else says "Bearer".
  const shown = /^(?:Bearer|Token) +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (shown !== undefined && token !== undefined) {
    if (isSameSecret(shown, token)) return
    throw notAuthorized('token-wrong')
  }
  if (route.staff && (await staff?.isSignedIn(headers))) return requireOwnPage(call)
  if (token === undefined && isLocalCaller(call)) return
  if (route.staff && (await staff?.isSet())) {
    const message = `sign in on the page with the PIN, or send the device token, for ${method} of this`
    throw new HttpError(401, { code: 'not-signed-in', message })
  }
  throw token === undefined ? notLocal() : notAuthorized('token-missing')
}

/** Whether a page, if it is one that calls, is the one that this server sent. A program sends neither header. */
const isOwnPage = ({ host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean => {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  return origin === undefined || origin.replace(/^https?:\/\//, '') === host
}

/** What is only read may be asked for by anybody's link: nobody else's page sees the answer. */
function requireOwnPage({ method, headers }: Call): void {
  if (method === 'GET' || method === 'HEAD') return
  const { origin, 'sec-fetch-site': site } = headers
  // Every browser says at least one of them with such a call.
  const isTold = origin !== undefined || site === 'same-origin'
  if (isTold && isOwnPage(headers)) return
  throw new HttpError(403, { code: 'foreign-origin', message: "only the shop's own page may ask for this" })
}

function isLocalCaller({ headers, isThisMachine }: Call): boolean {
  const { host = '', origin, 'sec-fetch-site': site } = headers
  const isForeignPage =
    (origin !== undefined && !LOOPBACK_HOSTS.test(origin.replace(/^https?:\/\//, ''))) || site === 'cross-site'
  const isProxied = PROXY_HEADERS.some((name) => headers[name] !== undefined)
  return isThisMachine && LOOPBACK_HOSTS.test(host) && !isForeignPage && !isProxied
}

const notLocal = () =>
  new HttpError(403, { code: 'foreign-origin', message: 'without a token, only local callers are served' })

function notAuthorized(code: 'token-missing' | 'token-wrong'): HttpError {
  const message = 'send the device token: "Authorization: Bearer <token>"'
  return new HttpError(401, { code, message, headers: { 'www-authenticate': 'Bearer' } })
}

/** Takes the same time wherever the two differ. */
function isSameSecret(a: string, b: string): boolean {
  const digest = (secret: string) => createHash('sha256').update(secret).digest()
  return timingSafeEqual(digest(a), digest(b))
}

/** Whether only this machine can reach a listening address. */
export const isLoopback = (host: string): boolean => host === '::1' || LOOPBACK_HOSTS.test(host)

/** Of a socket's other end. */
export const isOwnAddress = (address: string | undefined): boolean =>
  address !== undefined && /^(?:::ffff:)?127\.|^::1$/i.test(address)
