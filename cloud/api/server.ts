import { createServer as createHttp, type RequestListener, type Server } from 'node:http'
import { createServer as createHttps, type Server as HttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import swagger from '@fastify/swagger'
import fastify, { type FastifyReply, LogController } from 'fastify'
import {
  createJsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import type { AuditLog } from '../audit/index.ts'
import type { ListenerTls } from '../identity/index.ts'
import { SetupError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { AccessCheck } from './access.ts'
import { type PageAnswer, serveConsole } from './console.ts'
import { guard } from './guard.ts'
import type { Metrics } from './metrics.ts'
import { Problem, problem, problemOf } from './problems.ts'
import { type Recorder, recorder, WARNINGS_HEADER, warningsHeader } from './recorder.ts'
import { type App, type Routes, requireStated } from './route.ts'

const DEFAULT_BODY_BYTES = 1024 * 1024
/** A slow sender holds a socket, no more; uploads of bundles take their time. */
const REQUEST_MS = 600_000
/** Longer than proxies keep an idle connection, most of them a minute: none sends into one that is being closed. */
const IDLE_MS = 75_000

interface BaseOptions extends Pick<ApiOptions, 'log' | 'trustedProxies'> {
  readonly sendProblem: SendProblem
  readonly serverFactory: (handler: RequestListener) => Server
}

const base = ({ log, trustedProxies = [], sendProblem, serverFactory }: BaseOptions) =>
  fastify({
    serverFactory,
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: DEFAULT_BODY_BYTES,
    routerOptions: { maxParamLength: 256 },
    // What fails before a route is found, as a path with a broken escape.
    frameworkErrors: (error, _request, reply) => sendProblem(reply, problemOf(error)),
  }).withTypeProvider<ZodTypeProvider>()

export interface Api extends AsyncDisposable {
  readonly url: string
  /** For new connections of a listener that began with TLS. */
  setTls(tls: ListenerTls): void
}

interface ApiOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly version: string
  /** Addresses and ranges whose `X-Forwarded-For` says who calls; absent: the socket's other end does. */
  readonly trustedProxies?: readonly string[] | undefined
  /** HTTPS; a client's certificate is asked for and handed to `access`. Absent: HTTP. */
  readonly tls?: ListenerTls
  readonly access: AccessCheck
  readonly audit: AuditLog
  readonly metrics: Metrics
  readonly log: Log
  readonly routes: readonly Routes[]
  /** Serves the console too. */
  readonly console?: boolean
}

/**
 * The HTTP API: types, validation and the OpenAPI description come from the same zod schemas.
 * @throws SetupError `http-listen` where the port cannot be had.
 */
export async function startApi(options: ApiOptions): Promise<Api> {
  const { host, port, tls, access, metrics, log, routes, trustedProxies = [] } = options
  const record = recorder(options.audit)
  const sendProblem = problemSender(metrics)
  let secure: HttpsServer | undefined
  const serverFactory = (handler: RequestListener) => {
    if (!tls) return createHttp({ requestTimeout: REQUEST_MS, keepAliveTimeout: IDLE_MS }, handler)
    // Who has no certificate yet may enrol: what a route asks for is checked with the request.
    secure = createHttps(
      { ...tls, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2', requestTimeout: REQUEST_MS },
      handler,
    )
    return secure
  }
  const app = base({ log, trustedProxies, sendProblem, serverFactory })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  // Bundles stream through; the store caps them while they come.
  app.addContentTypeParser(['application/octet-stream', 'application/x-tar'], (_request, payload, done) => {
    done(null, payload)
  })
  describe(app, options.version)
  guard(app, { access, pool: options.audit.database.pool })
  count(app, metrics)
  app.decorateRequest('audited', false)
  app.decorateRequest('warnings', undefined)
  app.addHook('onSend', async ({ warnings }, reply, payload) => {
    if (warnings) reply.header(WARNINGS_HEADER, warningsHeader(warnings))
    return payload
  })
  app.addHook('onRoute', requireStated)
  app.addHook('onRoute', record.wrap)
  const page = options.console ? await serveConsole(app) : undefined
  answerErrors(app, { log, record, send: sendProblem, page })
  app.after(() => {
    for (const add of routes) add(app)
    app.get('/v1/openapi.json', { config: { permission: 'public' }, schema: { hide: true } }, () => app.swagger())
  })
  try {
    await app.listen({ host, port })
  } catch (cause) {
    await app.close()
    if (!(cause as NodeJS.ErrnoException).syscall) throw cause
    throw new SetupError({
      code: 'http-listen',
      message: `The HTTP API cannot listen on ${host}:${port} (${(cause as NodeJS.ErrnoException).code}). Choose another port.`,
      cause,
    })
  }
  const bound = (app.server.address() as AddressInfo).port
  const url = `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${bound}`
  log.info({ url }, 'the HTTP API listens')
  return {
    url,
    setTls: (next) => secure?.setSecureContext(next),
    async [Symbol.asyncDispose]() {
      const closed = app.close()
      app.server.closeAllConnections()
      await closed
    },
  }
}

function describe(app: App, version: string): void {
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Storecast', version, description: 'Sites, devices, models, training, rollouts and telemetry.' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: createJsonSchemaTransform({ skipList: [] }),
    transformObject: jsonSchemaTransformObject,
  })
  app.addHook('onRoute', (route) => {
    route.schema ??= {}
    const { schema } = route
    const refusal = Problem.describe('What was wrong, where, and what to do')
    schema.response = { ...(schema.response as object | undefined), '4xx': refusal }
    const { permission, sites } = route.config ?? {}
    if (permission === 'public') schema.security = []
    Object.assign(schema, { 'x-permission': permission, 'x-sites': sites })
  })
}

function count(app: App, metrics: Metrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    metrics.requests.inc({ method: request.method, route, status: reply.statusCode })
    if (request.routeOptions.config.isEndless) return
    metrics.seconds.observe({ route }, reply.elapsedTime / 1000)
  })
}

type SendProblem = (reply: FastifyReply, body: Problem) => unknown

/** Every refusal leaves here: one shape, counted by its code. */
const problemSender =
  (metrics: Metrics): SendProblem =>
  (reply, body) => {
    metrics.problems.inc({ code: body.code })
    if (body.status === 401) reply.header('www-authenticate', 'Bearer')
    if (body.status === 503) reply.header('retry-after', '5')
    if (body.status === 429) reply.header('retry-after', '60')
    return reply.code(body.status).type('application/problem+json').serializer(JSON.stringify).send(body)
  }

interface Answers {
  readonly log: Log
  readonly record: Recorder
  readonly send: SendProblem
  readonly page: PageAnswer | undefined
}

function answerErrors(app: App, { log, record, send, page }: Answers): void {
  app.setErrorHandler(async (error, request, reply) => {
    const body = problemOf(error)
    const at = { method: request.method, route: request.routeOptions.url }
    if (body.status >= 500) log.error({ error, ...at }, body.detail)
    // The refusal stands whether or not it can be written down.
    await record.refused(request, body).catch((error) => log.error({ error, ...at }, 'a refusal was not recorded'))
    return send(reply, body)
  })
  app.setNotFoundHandler(async (request, reply) => {
    const answered = await page?.(request, reply)
    if (answered) return answered
    const what = `${request.method} ${request.url.split('?')[0]!.slice(0, 200)}`
    return send(reply, problem(404, 'route-unknown', `There is no ${what}. The description is at /v1/openapi.json.`))
  })
}
