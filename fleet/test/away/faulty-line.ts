import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A line to a broker that can be cut, or made to carry one way only. */
export interface FaultyLine extends AsyncDisposable {
  readonly url: string
  /** `deaf`: what the broker says is lost, what it is told is not; `down`: every connection ends, and none is made. */
  carry(what: 'everything' | 'deaf' | 'down'): void
}

/** @param to port of the broker @param port to listen on, of 127.0.0.1 */
export async function startFaultyLine({ to, port }: { to: number; port: number }): Promise<FaultyLine> {
  const sockets = new Set<Socket>()
  let carried: Parameters<FaultyLine['carry']>[0] = 'everything'
  const server = createServer((near) => {
    if (carried === 'down') return void near.destroy()
    const far = connect(to, '127.0.0.1')
    for (const [socket, other] of [[near, far] as const, [far, near] as const]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    near.on('data', (bytes) => void far.write(bytes))
    far.on('data', (bytes) => void (carried === 'everything' && near.write(bytes)))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `mqtt://127.0.0.1:${port}`,
    carry(what) {
      carried = what
      if (what === 'down') cut()
    },
    async [Symbol.asyncDispose]() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
