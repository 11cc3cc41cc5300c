import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A cloud whose console can be replaced by another build of the same pages, or go away; see `replacedConsole`. */
export interface ReplacedConsole extends AsyncDisposable {
  readonly url: string
  /** From now on every file of the console has another name, and the old ones are gone. */
  upgrade(): void
  /** Cuts who is connected, and answers nobody until it is over. */
  away(isAway: boolean): void
}

const FILES = '/assets/'
const NEXT_FILES = '/assets/next/'

/** Stands in front of a cloud: everything goes through, but for the console's files after an upgrade. */
export async function replacedConsole(cloudUrl: string): Promise<ReplacedConsole> {
  let isUpgraded = false
  let isAway = false
  const server = createServer((asked, answer) => {
    if (isAway) return void asked.socket.destroy()
    const path = asked.url!
    const isNext = path.startsWith(NEXT_FILES)
    if (path.startsWith(FILES) && isNext !== isUpgraded) return void answer.writeHead(404).end()
    void pass(asked, answer, isNext ? path.replace(NEXT_FILES, FILES) : path)
  })
  async function pass(asked: IncomingMessage, answer: ServerResponse, path: string): Promise<void> {
    const { 'accept-encoding': _, ...headers } = asked.headers
    const onward = request(cloudUrl + path, { method: asked.method!, headers })
    onward.on('error', () => answer.destroy())
    answer.on('close', () => onward.destroy())
    asked.pipe(onward)
    onward.on('response', async (came) => {
      const type = came.headers['content-type'] ?? ''
      if (!isUpgraded || !/html|javascript/.test(type)) {
        answer.writeHead(came.statusCode!, came.headers)
        came.pipe(answer)
        return
      }
      const { 'content-length': _length, ...rest } = came.headers
      answer.writeHead(came.statusCode!, rest)
      answer.end((await text(came)).replaceAll('assets/', 'assets/next/'))
    })
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    upgrade() {
      isUpgraded = true
    },
    away(now) {
      isAway = now
      if (now) server.closeAllConnections()
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
