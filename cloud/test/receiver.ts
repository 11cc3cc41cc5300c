import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface HeardCall {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes.
  readonly body: any
}

export interface TestReceiver extends AsyncDisposable {
  readonly url: string
  /** Calls that were answered with success. */
  readonly taken: HeardCall[]
  /** All calls. */
  readonly heard: HeardCall[]
  /** Callers that went before they were answered. */
  readonly left: HeardCall[]
  /** What calls are answered with from now on, and those that wait; null: they wait. */
  answer(status: number | null, headers?: Readonly<Record<string, string>>): void
}

/** A web server that alerts are sent to. */
export async function testReceiver(port = 0): Promise<TestReceiver> {
  const heard: HeardCall[] = []
  const taken: HeardCall[] = []
  const left: HeardCall[] = []
  let status: number | null = 200
  let extra: Readonly<Record<string, string>> = {}
  let waiting: (() => void)[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const { method = '', url: path = '', headers } = request
      response.on('close', () => response.writableEnded || left.push(call))
      const call = { method, path, headers, body: text === '' ? undefined : JSON.parse(text) }
      heard.push(call)
      const respond = () => {
        if (status === null) {
          waiting.push(respond)
          return
        }
        if (response.destroyed) return
        if (status < 300) taken.push(call)
        response.writeHead(status, extra).end(status < 300 ? 'ok' : 'the receiver says no')
      }
      respond()
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    taken,
    left,
    answer(next, headers = {}) {
      status = next
      extra = headers
      const those = waiting
      waiting = []
      for (const respond of those) respond()
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
