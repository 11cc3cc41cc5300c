import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { type ClientTls, httpsOptions } from '../identity/index.ts'
import { TrustFrozen } from './errors.ts'

/** Until when a server may take its time, in real time. */
export interface FetchLimits {
  /** Milliseconds without a byte. */
  readonly stallMs: number
  /** A file may take this long, … */
  readonly graceMs: number
  /** … and as much longer as its greatest length takes at this rate: slower is refused, however steadily it trickles. */
  readonly bytesPerSecond: number
}

export const FETCH_LIMITS: FetchLimits = { stallMs: 15_000, graceMs: 20_000, bytesPerSecond: 4096 }

export interface FetchOptions {
  /** More is refused, also before it has come where the server announces it. */
  readonly maxBytes: number
  readonly limits: FetchLimits
  readonly tls: ClientTls
  readonly signal: AbortSignal
}

/** The server answered, with something else than the file. */
export class UnexpectedStatus extends Error {
  override readonly name = 'UnexpectedStatus'
  readonly status: number
  constructor(url: string, status: number) {
    super(`${url}: the server answers ${status}`)
    this.status = status
  }
}

/**
 * One small file over HTTP(S), whole or not at all; redirects are not followed.
 * @throws UnexpectedStatus
 * @throws TrustFrozen `endless-data`, `slow-retrieval`, `repository-unreachable`
 */
export async function fetchCapped(url: string, options: FetchOptions): Promise<Buffer> {
  const { maxBytes, limits, signal } = options
  const deadlineMs = limits.graceMs + (maxBytes / limits.bytesPerSecond) * 1000
  const slow = (ms: number, what: string) =>
    new TrustFrozen('slow-retrieval', `${url}: ${what} in ${ms / 1000} s: the line or the server is too slow`)
  const over = new AbortController()
  const deadline = setTimeout(() => over.abort(slow(deadlineMs, 'the file did not come')), deadlineMs)
  const ending = AbortSignal.any([signal, over.signal])
  try {
    const response = await open(url, { ...options, signal: ending })
    response.setTimeout(limits.stallMs, () => response.destroy(slow(limits.stallMs, 'not a byte came')))
    if (response.statusCode !== 200) {
      response.destroy()
      throw new UnexpectedStatus(url, response.statusCode ?? 0)
    }
    const endless = () => new TrustFrozen('endless-data', `${url}: more than the ${maxBytes} bytes that it may have`)
    if (Number(response.headers['content-length'] ?? 0) > maxBytes) {
      response.destroy()
      throw endless()
    }
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > maxBytes) throw endless()
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } catch (error) {
    if (over.signal.aborted) throw over.signal.reason
    signal.throwIfAborted()
    if (error instanceof TrustFrozen || error instanceof UnexpectedStatus) throw error
    const { message, code } = error as NodeJS.ErrnoException
    throw new TrustFrozen('repository-unreachable', `${url}: ${message || code}`, { cause: error })
  } finally {
    clearTimeout(deadline)
  }
}

function open(url: string, { limits, tls, signal }: FetchOptions): Promise<IncomingMessage> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const line = url.startsWith('https:') ? httpsOptions(tls) : { agent: false as const }
    const outgoing = request(url, { ...line, signal }, resolve)
    outgoing.setTimeout(limits.stallMs, () =>
      outgoing.destroy(new TrustFrozen('slow-retrieval', `${url}: no answer in ${limits.stallMs / 1000} s`)),
    )
    outgoing.on('error', reject)
    outgoing.end()
  })
}
