import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from '../platform/logger.ts'
import { authorize, type Guard, isLoopback, isOwnAddress } from './access.ts'
import { HttpError } from './errors.ts'
import { type LocalRequest, type Match, type Reply, type Route, RouteTable } from './routes.ts'

export interface LocalServerOptions extends Guard {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly routes: readonly Route[]
  readonly log: Logger
  /** Told of every answer, by the route's path (`unmatched` where there was none). */
  readonly onAnswered: (answer: { route: string; method: string; status: number; seconds: number }) => void
  /** Real milliseconds for a whole request to come in. */
  readonly requestMs?: number
  readonly connections?: number
}

export interface LocalServer extends AsyncDisposable {
  readonly url: string
}

/** The address is taken, not this machine's, or not ours to take. */
class ListenError extends Error {
  override readonly name = 'ListenError'
  readonly code = 'cannot-listen'
}

/**
 * The device's own HTTP: plain JSON in and out, every error as `{ "error": message, "code": code }`.
 * @throws ListenError
 */
export async function startLocalServer(options: LocalServerOptions): Promise<LocalServer> {
  const { host, port, token, staff, routes, log, requestMs = 30_000, connections = 256 } = options
  if (token === undefined && !isLoopback(host) && !(await staff?.isSet())) {
    throw new ListenError(`refusing to listen on ${host} without a token or a PIN: set one, or listen on 127.0.0.1`)
  }
  const table = new RouteTable(routes)
  const server = createServer({
    requestTimeout: requestMs,
    headersTimeout: Math.min(10_000, requestMs),
    // How often Node looks for late ones.
    connectionsCheckingInterval: Math.min(5_000, requestMs),
  })
  server.maxConnections = connections
  server.on('request', (request, response) => {
    answer(request, response, { ...options, table }).catch((err) => {
      log.error({ err }, 'an answer could not be sent')
      response.destroy()
    })
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // A request that came too slowly may be sent again, as it is; one that is no HTTP may not.
    const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request'
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n\r\n`)
  })
  const listening = Promise.withResolvers<void>()
  server.once('error', (cause) => {
    const message = `cannot listen on ${host}:${port} (${cause.message}): set http.host and http.port in the config`
    listening.reject(new ListenError(message, { cause }))
  })
  server.listen(port, host, listening.resolve)
  await listening.promise
  // As where descriptors run out: who calls later may be taken.
  server.on('error', (err) => log.warn({ err }, 'a connection could not be taken'))
  const { address, family, port: bound } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      const impatient = setTimeout(() => server.closeAllConnections(), 2000)
      await closed
      clearTimeout(impatient)
    },
  }
}

type AnswerOptions = LocalServerOptions & { readonly table: RouteTable }

async function answer(request: IncomingMessage, response: ServerResponse, options: AnswerOptions): Promise<void> {
  const began = performance.now()
  let match: Match | undefined
  let reply: Reply
  const abort = new AbortController()
  response.on('close', () => abort.abort())
  try {
    const url = urlOf(request)
    match = options.table.find(request.method ?? 'GET', url.pathname)
    const { headers, method = 'GET' } = request
    await authorize(options, { headers, method, route: match.route, isThisMachine: fromOf(request).isThisMachine })
    reply = await match.route.handle(localRequest(request, { match, url, signal: abort.signal }))
  } catch (error) {
    reply = explain(error, options.log)
  }
  send(request, response, reply)
  const seconds = (performance.now() - began) / 1000
  const route = match?.route.path ?? 'unmatched'
  options.onAnswered({ route, method: request.method ?? '', status: reply.status ?? 200, seconds })
}

function urlOf({ url = '/' }: IncomingMessage): URL {
  const parsed = URL.parse(url, 'http://localhost')
  if (parsed) return parsed
  throw new HttpError(400, { code: 'bad-url', message: `${JSON.stringify(url.slice(0, 100))} is no path` })
}

function localRequest(
  request: IncomingMessage,
  { match, url, signal }: { match: Match; url: URL; signal: AbortSignal },
): LocalRequest {
  return {
    params: match.params,
    query: url.searchParams,
    headers: request.headers,
    from: fromOf(request),
    signal,
    body: (maxBytes) => readBody(request, maxBytes),
  }
}

/** Beyond the cap this much is still read and thrown away, so that the caller hears why; then the connection is cut. */
const MOST_DISCARDED = 32 * 1024 * 1024

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes + MOST_DISCARDED) break
      if (size <= maxBytes) chunks.push(chunk)
      else chunks.length = 0
    }
  } catch (cause) {
    throw new HttpError(400, { code: 'cut-short', message: 'the body did not come to its end' }, { cause })
  }
  if (size <= maxBytes) return Buffer.concat(chunks, size)
  throw new HttpError(413, { code: 'too-large', message: `the body is over ${maxBytes} bytes: send it in parts` })
}

function fromOf({ socket }: IncomingMessage): LocalRequest['from'] {
  const { remoteAddress = '' } = socket
  return { address: remoteAddress.replace(/^::ffff:/i, ''), isThisMachine: isOwnAddress(remoteAddress) }
}

function explain(error: unknown, log: Logger): Reply {
  if (error instanceof HttpError) {
    const { status, code, message, headers } = error
    return { status, json: { error: message, code }, headers }
  }
  log.error({ err: error }, 'a request failed unexpectedly')
  return { status: 500, json: { error: 'the agent failed on this request; its log says why', code: 'internal' } }
}

function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const { status = 200, json, text, bytes, headers } = reply
  const body = json === undefined ? (text ?? bytes) : JSON.stringify(json)
  if (json !== undefined) response.setHeader('content-type', 'application/json; charset=utf-8')
  else if (text !== undefined) response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.setHeader('x-content-type-options', 'nosniff')
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value)
  // What was not read of a body would be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close')
  response.statusCode = status
  response.end(request.method === 'HEAD' ? undefined : body)
}
