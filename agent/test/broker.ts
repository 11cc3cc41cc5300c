import { createServer, type Socket } from 'node:net'
import { Aedes, type Client } from 'aedes'

/** A broker of this process, which forgets nothing while it is stopped: sessions and messages live as long as the object. */
export interface TestBroker extends AsyncDisposable {
  readonly url: string
  readonly broker: Aedes
  /** Cuts every connection; clients may come back at once. */
  cut(): void
  /** Cuts every connection and takes none until it is disposed. */
  away(): Disposable
  /** PUBACKs that subscribers have sent. */
  readonly acknowledged: number
}

export async function startBroker(options: { authorizeSubscribe?: (client: Client, topic: string) => boolean } = {}) {
  const broker = await Aedes.createBroker()
  const { authorizeSubscribe } = options
  if (authorizeSubscribe) {
    broker.authorizeSubscribe = (client, subscription, done) =>
      done(null, client && authorizeSubscribe(client, subscription.topic) ? subscription : null)
  }
  let acknowledged = 0
  broker.on('ack', () => {
    acknowledged++
  })
  const sockets = new Set<Socket>()
  let isAway = false
  const server = createServer((socket) => {
    if (isAway) {
      socket.destroy()
      return
    }
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    broker.handle(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the broker has no port')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `mqtt://127.0.0.1:${address.port}`,
    broker,
    cut,
    away() {
      isAway = true
      cut()
      return {
        [Symbol.dispose]() {
          isAway = false
        },
      }
    },
    get acknowledged() {
      return acknowledged
    },
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise<void>((resolve) => broker.close(() => resolve()))
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  } satisfies TestBroker
}
