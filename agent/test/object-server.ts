import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ObjectRef } from '@storecast/shared/contracts'

/** What a request to the object server meets instead of the object. */
export type Fault = (request: IncomingMessage, response: ServerResponse, bytes: Uint8Array) => void

export interface ObjectServer extends AsyncDisposable {
  readonly url: string
  readonly token: string
  /** What was asked for, oldest first: `<sha256>` or `<sha256> bytes=100-`. */
  readonly requests: readonly string[]
  put(bytes: Uint8Array | string): ObjectRef
  /** Serves a file under a path of its own, to everybody. */
  putFile(path: string, bytes: Uint8Array): void
  /** The next requests for an object, or for the file of a path, meet these, one each; afterwards it is served again. */
  fail(name: string, ...faults: readonly Fault[]): void
  /** Every request for it meets this, until that is disposed of. */
  failing(name: string, fault: Fault): Disposable
}

/** `GET /v1/objects/{sha256}` as the cloud serves it, from memory, with bearer token and `Range`; and open files beside. */
export async function startObjectServer({ port = 0, token = 'device-token' } = {}): Promise<ObjectServer> {
  const objects = new Map<string, Uint8Array>()
  const files = new Map<string, Uint8Array>()
  const faults = new Map<string, Fault[]>()
  const lasting = new Map<string, Fault>()
  const requests: string[] = []
  const server = createServer((request, response) => {
    const name = request.url?.replace('/v1/objects/', '') ?? ''
    requests.push(request.headers.range === undefined ? name : `${name} ${request.headers.range}`)
    const bytes = files.get(name) ?? objects.get(name)
    if (!name.startsWith('/') && request.headers.authorization !== `Bearer ${token}`)
      return void response.writeHead(401).end()
    if (bytes === undefined) return void response.writeHead(404).end()
    const fault = lasting.get(name) ?? faults.get(name)?.shift()
    if (fault) return fault(request, response, bytes)
    serve(request, response, bytes)
  })
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    requests,
    put(content) {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      objects.set(sha256, bytes)
      return { sha256, bytes: bytes.length }
    },
    putFile(path, bytes) {
      files.set(path, bytes)
    },
    fail(name, ...next) {
      faults.set(name, [...(faults.get(name) ?? []), ...next])
    },
    failing(name, fault) {
      lasting.set(name, fault)
      return { [Symbol.dispose]: () => void lasting.delete(name) }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

function serve(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN)
  if (Number.isNaN(from)) return void response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
  if (from >= bytes.length) return void response.writeHead(416).end()
  const range = { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }
  response.writeHead(206, { ...range, 'content-length': bytes.length - from }).end(bytes.subarray(from))
}

/** Promises everything, sends `count` bytes from where it was asked to, and cuts the connection. */
export const cutAfter =
  (count: number): Fault =>
  (request, response, bytes) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const headers = from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}
    response.writeHead(from > 0 ? 206 : 200, { ...headers, 'content-length': bytes.length - from })
    response.write(bytes.subarray(from, from + count), () => request.socket.destroy())
  }
/** Begins to answer and then says nothing more. */
export const stall: Fault = (_, response, bytes) => {
  response.writeHead(200, { 'content-length': bytes.length })
  response.write(bytes.subarray(0, 1))
}
export const status =
  (code: number): Fault =>
  (_, response) =>
    void response.writeHead(code).end()
/** Serves these bytes, whole, under the other's name. */
export const insteadOf =
  (other: Uint8Array): Fault =>
  (_, response) =>
    void response.writeHead(200).end(other)
/** Serves the whole object and does not know of ranges. */
export const whole: Fault = (_, response, bytes) => void response.writeHead(200).end(bytes)
