import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import type { ObjectRef } from '@storecast/shared/contracts'
import { type Credentials, httpsOptions } from '../identity/index.ts'
import { RefusedUpdateError, TransientUpdateError } from './errors.ts'
import type { IncomingObject, ObjectStore } from './objects.ts'

export interface DownloadOptions {
  /** Base URL of the cloud's HTTP API. */
  readonly api: string
  readonly credentials: Pick<Credentials, 'token' | 'tls'>
  readonly ref: ObjectRef
  readonly store: ObjectStore
  readonly signal: AbortSignal
  /** Mean rate kept to, in bytes a second: a store's line also carries its tills. */
  readonly bytesPerSecond: number
  /** Given up when no byte came for this long, in real milliseconds. */
  readonly stallMs: number
  /** Whether the device shows who it is over TLS alone. */
  readonly requireTls: boolean
}

/**
 * Fetches one object into the store: one attempt, which goes on where the last one stopped. Never holds more than a chunk
 * in memory, and never writes more than `ref.bytes`. When it returns, the object lies whole on disk with the digest asked for.
 * @throws TransientUpdateError what was received is kept for the next attempt
 * @throws RefusedUpdateError the server has something else under this name
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { ref, store, signal } = options
  const name = `object ${ref.sha256.slice(0, 12)}`
  if (options.requireTls && !options.api.startsWith('https:')) {
    throw new RefusedUpdateError(
      'insecure-api',
      `${name}: ${options.api} is not https, as this device's broker is mqtts`,
    )
  }
  await using incoming = await store.receive(ref.sha256)
  if (incoming.size > ref.bytes) await incoming.restart()
  const resumed = incoming.size > 0

  if (incoming.size < ref.bytes) {
    try {
      await accept(await open(options, incoming.size), incoming, options)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof RefusedUpdateError) await incoming.restart()
      throw explain(error, name)
    }
    if (incoming.size < ref.bytes) {
      const soFar = `${incoming.size} of ${ref.bytes} bytes`
      throw new TransientUpdateError(
        'download-truncated',
        `${name}: the connection ended after ${soFar}; goes on next time`,
      )
    }
  }
  if (await incoming.finish()) return
  const message = `${name}: ${ref.bytes} bytes came with another digest`
  if (resumed) throw new TransientUpdateError('digest-mismatch', `${message} in several parts; fetched anew next time`)
  throw new RefusedUpdateError(
    'digest-mismatch',
    `${message}: store it again in the cloud, then publish a new generation`,
  )
}

function open({ api, credentials, ref, signal, stallMs }: DownloadOptions, from: number): Promise<IncomingMessage> {
  const url = new URL(`v1/objects/${ref.sha256}`, api.endsWith('/') ? api : `${api}/`)
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const { token, tls } = credentials
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(from > 0 && { range: `bytes=${from}-` }),
    }
    const options = { headers, signal, ...(url.protocol === 'https:' ? httpsOptions(tls) : { agent: false as const }) }
    const outgoing = request(url, options, (response) => {
      outgoing.setTimeout(stallMs, () => response.destroy(new StalledError(silence)))
      resolve(response)
    })
    const silence = `no byte came for ${stallMs / 1000} s`
    outgoing.setTimeout(stallMs, () => outgoing.destroy(new StalledError(silence)))
    outgoing.on('error', reject)
    outgoing.end()
  })
}

/** Checks what the server says it sends, then writes it. */
async function accept(response: IncomingMessage, incoming: IncomingObject, options: DownloadOptions): Promise<void> {
  const { ref, bytesPerSecond, stallMs, signal } = options
  try {
    await startAt(response, incoming, ref)
    const began = performance.now()
    let received = 0
    for await (const chunk of chunksOf(response)) {
      if (incoming.size + chunk.length > ref.bytes) throw wrongSize(ref, `more than ${ref.bytes}`)
      await incoming.append(chunk)
      received += chunk.length
      const early = (received / bytesPerSecond) * 1000 - (performance.now() - began)
      if (early < 1) continue
      // A pause of ours is no silence of theirs.
      response.setTimeout(0)
      await pause(early, undefined, { signal })
      response.setTimeout(stallMs)
    }
    if (response.complete && incoming.size < ref.bytes && isFramed(response)) throw wrongSize(ref, `${incoming.size}`)
  } finally {
    response.destroy()
  }
}

/** The body's chunks; a connection cut short ends them, as a server that stops early does. */
async function* chunksOf(response: IncomingMessage): AsyncIterable<Buffer> {
  try {
    yield* response as AsyncIterable<Buffer>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
  }
}

/** Whether a body that ended early can be told from one that is short. */
const isFramed = ({ headers }: IncomingMessage) => 'content-length' in headers || 'transfer-encoding' in headers

/** Leaves `incoming` at the offset the response begins with. */
async function startAt(response: IncomingMessage, incoming: IncomingObject, ref: ObjectRef): Promise<void> {
  const { statusCode, headers } = response
  if (statusCode === 200) {
    const length = headers['content-length']
    if (length !== undefined && Number(length) !== ref.bytes) throw wrongSize(ref, length)
    if (incoming.size > 0) await incoming.restart()
    return
  }
  if (statusCode === 206) {
    const [, from, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers['content-range'] ?? '') ?? []
    if (Number(total) !== ref.bytes) throw wrongSize(ref, total ?? 'an unknown number of')
    if (Number(from) === incoming.size) return
  }
  if (statusCode === 206 || statusCode === 416) {
    await incoming.restart()
    throw new TransientUpdateError('range-refused', 'the server did not go on where we stopped; fetched anew next time')
  }
  if (statusCode === 401 || statusCode === 403) {
    throw new TransientUpdateError(
      'unauthorized',
      `the cloud does not let this device in (${statusCode}): enrol the device again`,
    )
  }
  if (statusCode === 404) throw new TransientUpdateError('object-missing', 'the cloud does not have it (404)')
  throw new TransientUpdateError('http-status', `the cloud answered ${statusCode}`)
}

function wrongSize(ref: ObjectRef, found: string): RefusedUpdateError {
  return new RefusedUpdateError(
    'size-mismatch',
    `object ${ref.sha256.slice(0, 12)}: the cloud has ${found} bytes where the desired state says ${ref.bytes}`,
  )
}

class StalledError extends Error {}

function explain(error: unknown, name: string): Error {
  if (error instanceof RefusedUpdateError) return error
  if (error instanceof TransientUpdateError) {
    return new TransientUpdateError(error.code, `${name}: ${error.message}`, { cause: error })
  }
  const { message, code } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC') {
    return new TransientUpdateError('disk-full', `${name}: no space left on the device's disk: free some`, {
      cause: error,
    })
  }
  const stable = error instanceof StalledError ? 'download-stalled' : 'download-interrupted'
  return new TransientUpdateError(stable, `${name}: ${message}; the rest is asked for next time`, { cause: error })
}
