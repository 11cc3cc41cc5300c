import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type {
  ContextConfigDefault,
  FastifyInstance,
  FastifySchema,
  RouteGenericInterface,
  RouteHandlerMethod,
  RouteOptions,
  RouteShorthandOptions,
} from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Permission } from '../people/index.ts'
import type { Log } from '../platform/log.ts'
import type { RouteAudit } from './recorder.ts'

/**
 * How a label limit bears upon a route:
 * - `none`: nothing in it belongs to a site;
 * - `all`: it is about every site, and so for people without a limit;
 * - `filtered`: its handler leaves out what lies outside of `request.limit`, and says 404 of it;
 * - the others name where the thing stands that the call is about, which must lie at a site within.
 */
export type SitesOf =
  | 'none'
  | 'all'
  | 'filtered'
  | 'params.site'
  | 'params.device'
  | 'params.alert'
  | 'params.task'
  | 'body.site'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What one must be allowed to call the route; `public` asks for nothing. */
    permission: Permission | 'public'
    /** Stated by every route that is not public. */
    sites?: SitesOf
    /** Answers as long as the caller listens: how long that took says nothing. */
    isEndless?: true
  }
}

export type App = FastifyInstance<Server, IncomingMessage, ServerResponse, Log, ZodTypeProvider>

/** What every route states of itself. */
type RouteConfig =
  | { readonly permission: 'public'; readonly audit?: RouteAudit }
  | { readonly permission: Permission; readonly sites: SitesOf; readonly audit?: RouteAudit; readonly isEndless?: true }

type Options<S extends FastifySchema> = Omit<
  RouteShorthandOptions<
    Server,
    IncomingMessage,
    ServerResponse,
    RouteGenericInterface,
    ContextConfigDefault,
    S,
    ZodTypeProvider,
    Log
  >,
  'config'
> & { readonly config: RouteConfig }
type Handler<S extends FastifySchema> = RouteHandlerMethod<
  Server,
  IncomingMessage,
  ServerResponse,
  RouteGenericInterface,
  ContextConfigDefault,
  S,
  ZodTypeProvider,
  Log
>
type Method = <const S extends FastifySchema>(url: string, options: Options<S>, handler: Handler<S>) => unknown

/** Where the parts of the API add their routes: none without saying who may call it. */
export interface Router {
  readonly get: Method
  readonly post: Method
  readonly put: Method
  readonly patch: Method
  readonly delete: Method
  readonly route: <const S extends FastifySchema>(
    options: Options<S> & Pick<RouteOptions, 'method' | 'url'> & { readonly handler: Handler<S> },
  ) => unknown
}

/** Adds the routes of one part of the API. */
export type Routes = (app: Router) => void

/** What types cannot hold back, as a route that a plugin adds. */
export function requireStated({ method, url, config, schema }: RouteOptions): void {
  const permission = config?.permission
  const what = `the route ${[method].flat().join(', ')} ${url}`
  if (permission === undefined) throw new Error(`${what} does not state its permission`)
  if (permission === 'public') return
  if (config?.sites === undefined) throw new Error(`${what} does not state how label limits bear upon it`)
  if (schema?.hide) throw new Error(`${what} is hidden from the description, by which the tests find every route`)
  const [where, name] = config.sites.split('.')
  if (where === 'params' && !url.includes(`:${name}`)) throw new Error(`${what} has no parameter :${name}`)
}
