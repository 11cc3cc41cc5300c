import { createHash, X509Certificate } from 'node:crypto'
import { request } from 'node:https'
import { isIP } from 'node:net'
import { connect, type DetailedPeerCertificate } from 'node:tls'
import type { z } from 'zod'
import { httpsOptions } from './connect.ts'
import type { ClientTls } from './credentials.ts'
import { IdentityRefused, IdentityUnavailable } from './errors.ts'

const ANSWER_MS = 30_000
const LARGEST_ANSWER = 1024 * 1024
const LARGEST_CHAIN = 8

/**
 * The certificate, in PEM, with the digest that the claim names, from what the cloud shows. Nothing is sent: whoever
 * answers may be anybody until the next connection is checked against it.
 * @throws IdentityUnavailable
 */
export function fetchAuthority(url: string, digest: string, signal: AbortSignal): Promise<string> {
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = connect({
    host,
    port: Number(port || 443),
    rejectUnauthorized: false,
    ...(isIP(host) === 0 && { servername: host }),
  })
  const fail = (error: Error) => {
    socket.destroy()
    reject(error)
  }
  const stop = () => fail(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  socket.setTimeout(ANSWER_MS, () => fail(away(url, new Error(`no answer for ${ANSWER_MS / 1000} s`))))
  socket.once('error', (error) => fail(away(url, error)))
  socket.once('secureConnect', () => {
    let at: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
    for (let depth = 0; at?.raw && depth < LARGEST_CHAIN; depth++) {
      const { raw } = at
      if (createHash('sha256').update(raw).digest('hex') === digest) {
        socket.destroy()
        return resolve(new X509Certificate(raw).toString())
      }
      if (at.issuerCertificate === at) break
      at = at.issuerCertificate
    }
    const message = `${url} does not show the authority that the claim names: it is not the cloud of the claim, or its authority was replaced`
    fail(new IdentityUnavailable('authority-unknown', message))
  })
  return promise.finally(() => signal.removeEventListener('abort', stop))
}

/**
 * One POST over TLS, to a server of the given authority.
 * @throws IdentityUnavailable, or IdentityRefused with the cloud's own code
 */
export async function post<T>(
  url: string,
  call: {
    readonly body: unknown
    readonly tls: ClientTls
    readonly answer: z.ZodType<T>
    readonly signal: AbortSignal
  },
): Promise<T> {
  let status: number
  let text: string
  try {
    ;({ status, text } = await send(url, call))
  } catch (error) {
    call.signal.throwIfAborted()
    throw away(url, error as Error)
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new IdentityUnavailable('answer-invalid', `${url} answered ${status} with something else than JSON`, {
      cause,
    })
  }
  if (status >= 200 && status < 300) {
    const parsed = call.answer.safeParse(json)
    if (parsed.success) return parsed.data
    throw new IdentityUnavailable('answer-invalid', `${url} answered something else than was asked for`, {
      cause: parsed.error,
    })
  }
  const { code, detail } = json as { code?: unknown; detail?: unknown }
  const said = typeof detail === 'string' ? detail.slice(0, 500) : `status ${status}`
  if (status === 429 || status >= 500) throw new IdentityUnavailable('cloud-away', `${url}: ${said}`)
  throw new IdentityRefused(typeof code === 'string' ? code.slice(0, 64) : 'refused', said)
}

interface Sent {
  readonly body: unknown
  readonly tls: ClientTls
  readonly signal: AbortSignal
}

function send(url: string, { body, tls, signal }: Sent): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const options = { ...httpsOptions(tls), method: 'POST', signal, headers: { 'content-type': 'application/json' } }
    const outgoing = request(url, options, (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        chunks.push(chunk)
        if (size > LARGEST_ANSWER) response.destroy(new Error(`it answers more than ${LARGEST_ANSWER} bytes`))
      })
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
    })
    outgoing.setTimeout(ANSWER_MS, () => outgoing.destroy(new Error(`no answer for ${ANSWER_MS / 1000} s`)))
    outgoing.on('error', reject)
    outgoing.end(JSON.stringify(body))
  })
}

const away = (url: string, cause: Error) =>
  new IdentityUnavailable(
    'cloud-away',
    `${url} cannot be asked: ${cause.message || (cause as NodeJS.ErrnoException).code}`,
    {
      cause,
    },
  )
