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
  /** What calls are answered with from now on. */
  answer(status: number, headers?: Readonly<Record<string, string>>): void
}

/** A web server that alerts are sent to. */
export async function testReceiver(port = 0): Promise<TestReceiver> {
  const heard: HeardCall[] = []
  const taken: HeardCall[] = []
  let answer: { readonly status: number; readonly headers: Readonly<Record<string, string>> } = {
    status: 200,
    headers: {},
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const { method = '', url: path = '', headers } = request
      const call = { method, path, headers, body: text === '' ? undefined : JSON.parse(text) }
      heard.push(call)
      if (answer.status < 300) taken.push(call)
      response.writeHead(answer.status, answer.headers).end(answer.status < 300 ? 'ok' : 'the receiver says no')
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    taken,
    answer(status, headers = {}) {
      answer = { status, headers }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
