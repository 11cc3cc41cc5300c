import type { IncomingHttpHeaders } from 'node:http'
import type { CatalogueDocument } from '@storecast/shared/contracts'
import { z } from 'zod'
import type { StaffSessions } from '../local/access.ts'
import { HttpError } from '../local/errors.ts'
import type { LocalRequest, Reply, Route } from '../local/routes.ts'
import type { Logger } from '../platform/logger.ts'
import { fileRoutes } from './files.ts'
import { isPin } from './pin.ts'
import { type Opened, type Sessions, TABLET_MS } from './sessions.ts'
import type { Caller, Tries } from './tries.ts'

/** What a test of the network found, in the words of the doctor. */
export interface NetworkFinding {
  readonly check: string
  readonly level: 'ok' | 'warning' | 'failure'
  readonly found: string
  readonly advice?: string
}

export interface PageOptions {
  readonly device: string
  /** Undefined before it has come. */
  readonly catalogue: () => Pick<CatalogueDocument, 'site' | 'labels'> | undefined
  readonly sessions: Sessions
  readonly tries: Tries
  readonly testNetwork: () => Promise<readonly NetworkFinding[]>
  /** A `.tar.gz`. */
  readonly supportBundle: () => Promise<Buffer>
  /** Of the built page. */
  readonly folder: string
  readonly log: Logger
}

const LARGEST_SIGN_IN = 1024
/** Each holds 32 MB while its PIN is checked, one after the other; more than a few at once are no staff. */
const MOST_WAITING = 4

const SignIn = z.strictObject({ pin: z.string().max(64) })

/** The page, and what it alone asks for; the rest of it is `/v1/status`, `/v1/forecasts` and `/v1/decisions`. */
export function pageRoutes(options: PageOptions): Route[] {
  const { device, catalogue, sessions, testNetwork, supportBundle, folder } = options
  const names = cookieNames(device)
  const signIn = signingIn(options, names)
  const single = { networkTest: shared(testNetwork), bundle: shared(supportBundle) }

  return [
    ...fileRoutes(folder),
    {
      method: 'GET',
      path: '/v1/page',
      open: true,
      handle: async ({ headers }) => {
        const until = await sessions.find(cookieOf(headers, names.session))
        const { site = null, labels = {} } = catalogue() ?? {}
        const isPinSet = (await sessions.pin()) !== undefined
        return json({ device, site, language: labels.language ?? null, isPinSet, signedInUntil: iso(until) })
      },
    },
    { method: 'POST', path: '/v1/page/session', open: true, handle: signIn },
    {
      method: 'DELETE',
      path: '/v1/page/session',
      open: true,
      handle: async ({ headers }) => {
        const session = cookieOf(headers, names.session)
        if (session !== undefined) await sessions.close(session)
        return {
          status: 204,
          headers: { 'set-cookie': cookie(headers, { name: names.session, value: '', maxAge: 0 }) },
        }
      },
    },
    {
      method: 'POST',
      path: '/v1/network-test',
      staff: true,
      handle: async () => json({ findings: await single.networkTest() }),
    },
    {
      method: 'GET',
      path: '/v1/support-bundle',
      staff: true,
      handle: async () => ({
        bytes: await single.bundle(),
        headers: {
          'content-type': 'application/gzip',
          'content-disposition': `attachment; filename="storecast-${device}.tar.gz"`,
          'cache-control': 'no-store',
        },
      }),
    },
  ]
}

/** For the server's guard. */
export function staffSessions({ device, sessions }: Pick<PageOptions, 'device' | 'sessions'>): StaffSessions {
  const names = cookieNames(device)
  return {
    isSet: async () => (await sessions.pin()) !== undefined,
    isSignedIn: async (headers) => (await sessions.find(cookieOf(headers, names.session))) !== undefined,
  }
}

function signingIn({ sessions, tries, log }: PageOptions, names: CookieNames) {
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    if (waiting >= MOST_WAITING) throw busy(1000, 'others sign in at this moment')
    waiting++
    const mine = last.then(work).finally(() => waiting--)
    last = mine.catch(() => undefined)
    return mine
  }
  return async ({ headers, from, body }: LocalRequest): Promise<Reply> => {
    const shown = pinOf(await body(LARGEST_SIGN_IN))
    return inTurn(async () => {
      const pin = await sessions.pin()
      if (pin === undefined) {
        const message = 'no PIN is set on this device: "storecast-agent pin --config agent.yaml" sets one'
        throw new HttpError(409, { code: 'no-pin', message })
      }
      const held = cookieOf(headers, names.tablet)
      const caller: Caller = { ...from, tablet: await sessions.findTablet(held) }
      const wait = tries.begin(caller)
      if (wait > 0) throw busy(wait)
      if (!(await isPin(pin, shown))) {
        log.warn({ address: from.address }, 'a wrong PIN was typed on the shop page')
        throw new HttpError(401, { code: 'wrong-pin', message: 'this is not the PIN of this device' })
      }
      tries.succeeded(caller)
      const opened = await sessions.open({ pin, tablet: held })
      log.info({ address: from.address }, 'somebody signed in on the shop page')
      return { json: { signedInUntil: iso(opened.sessionEnds) }, headers: cookiesOf(headers, names, opened) }
    })
  }
}

function pinOf(body: Buffer): string {
  try {
    return SignIn.parse(JSON.parse(body.toString())).pin
  } catch (cause) {
    throw new HttpError(400, { code: 'bad-sign-in', message: 'send {"pin": "…"}' }, { cause })
  }
}

function busy(waitMs: number, why = 'too many wrong PINs'): HttpError {
  const seconds = Math.ceil(waitMs / 1000)
  const message = `${why}: wait ${seconds} s before the next one`
  return new HttpError(429, { code: 'too-many-tries', message, headers: { 'retry-after': `${seconds}` } })
}

interface CookieNames {
  readonly session: string
  readonly tablet: string
}

/** By device: ports of one machine share their cookies. */
const cookieNames = (device: string): CookieNames => ({
  session: `storecast-session-${device}`,
  tablet: `storecast-tablet-${device}`,
})

function cookieOf({ cookie = '' }: IncomingHttpHeaders, name: string): string | undefined {
  const value = cookie
    .split(/; */)
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1)
  return value === undefined || value === '' ? undefined : value
}

function cookiesOf(headers: IncomingHttpHeaders, names: CookieNames, opened: Opened): NonNullable<Reply['headers']> {
  const { session, tablet, sessionMs } = opened
  return {
    'cache-control': 'no-store',
    'set-cookie': [
      cookie(headers, { name: names.session, value: session, maxAge: sessionMs / 1000 }),
      cookie(headers, { name: names.tablet, value: tablet, maxAge: TABLET_MS / 1000 }),
    ],
  }
}

/** Behind a proxy that speaks TLS the browser says so, and then sends it over nothing else. */
function cookie(
  { origin = '' }: IncomingHttpHeaders,
  { name, value, maxAge }: { name: string; value: string; maxAge: number },
): string {
  const secure = origin.startsWith('https:') ? '; Secure' : ''
  return `${name}=${value}; Path=/; Max-Age=${Math.round(maxAge)}; HttpOnly; SameSite=Strict${secure}`
}

/** Asked several times at once, the work is done once. */
function shared<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  return () => {
    running ??= work().finally(() => {
      running = undefined
    })
    return running
  }
}

const json = (value: unknown): Reply => ({ json: value, headers: { 'cache-control': 'no-store' } })
const iso = (time: number | undefined) => (time === undefined ? null : new Date(time).toISOString())
