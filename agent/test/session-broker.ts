import { createServer, type Socket } from 'node:net'
import { generate, type IPublishPacket, type Packet, parser } from 'mqtt-packet'

/**
 * The broker's half of one persistent MQTT session, to the letter: a message keeps its identifier until it is
 * acknowledged, and a client that comes back gets what it has not acknowledged again, in order, before anything new.
 * (aedes gives queued messages new identifiers on a reconnect; one that meets an old one takes its message with it.)
 */
export interface SessionBroker extends AsyncDisposable {
  readonly url: string
  publish(topic: string, payload: string): void
  /** Messages published and not acknowledged. */
  readonly pending: number
  /** Resolves when somebody has subscribed for the first time. */
  readonly subscribed: Promise<void>
}

/** @param window messages left unacknowledged before it waits */
export async function startSessionBroker({ window }: { window: number }): Promise<SessionBroker> {
  const queue: { topic: string; payload: string }[] = []
  const inFlight = new Map<number, IPublishPacket>()
  const first = Promise.withResolvers<void>()
  let subscriber: Socket | undefined
  let nextId = 1

  const send = (packet: Packet) => void subscriber?.write(generate(packet))
  const fill = () => {
    while (subscriber && queue.length > 0 && inFlight.size < window) {
      const { topic, payload } = queue.shift()!
      while (inFlight.has(nextId)) nextId = (nextId % 65_535) + 1
      const packet = { cmd: 'publish', topic, payload, qos: 1, dup: false, retain: false, messageId: nextId } as const
      nextId = (nextId % 65_535) + 1
      inFlight.set(packet.messageId, packet)
      send(packet)
    }
  }
  const answer = (socket: Socket, packet: Packet) => {
    switch (packet.cmd) {
      case 'connect':
        return void socket.write(generate({ cmd: 'connack', returnCode: 0, sessionPresent: inFlight.size > 0 }))
      case 'pingreq':
        return void socket.write(generate({ cmd: 'pingresp' }))
      case 'puback':
        inFlight.delete(packet.messageId!)
        return fill()
      case 'subscribe': {
        const messageId = packet.messageId!
        socket.write(generate({ cmd: 'suback', messageId, granted: packet.subscriptions.map(() => 1) }))
        subscriber = socket
        for (const again of inFlight.values()) send({ ...again, dup: true })
        first.resolve()
        return fill()
      }
    }
  }

  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    const packets = parser()
    packets.on('packet', (packet) => answer(socket, packet))
    socket.on('data', (bytes) => packets.parse(bytes))
    socket.on('close', () => {
      sockets.delete(socket)
      if (subscriber === socket) subscriber = undefined
    })
    // A killed client resets its connection; its end is what counts.
    socket.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the broker has no port')
  return {
    url: `mqtt://127.0.0.1:${address.port}`,
    subscribed: first.promise,
    get pending() {
      return queue.length + inFlight.size
    },
    publish(topic, payload) {
      queue.push({ topic, payload })
      fill()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
