import { createServer, type Socket } from 'node:net'

/**
 * The broker's half of MQTT 3.1.1, as far as one subscriber needs it, in a process of its own: publishes readings with
 * QoS 1 and keeps a fixed number unacknowledged. Written by hand, so that it costs 2 µs a message and is never the slower
 * side.
 */

/** Parent → feeder: publish `measured` readings, and behind them enough to keep the window full until the last of them. */
export interface FeedRequest {
  readonly to: 'agent' | 'bare'
  readonly measured: number
  readonly window: number
}
/** Feeder → parent. `ms`: from the first publish to the acknowledgement of the last measured reading. */
export type FeedReply =
  | { readonly ports: { readonly agent: number; readonly bare: number } }
  | { readonly subscribed: 'agent' | 'bare' }
  | { readonly ms: number; readonly published: number }

const SERIES = 100
const SUBSCRIBE = 8
const PUBACK = 4
const PINGREQ = 12

class Subscriber {
  readonly #socket: Socket
  readonly #name: FeedRequest['to']
  #received: Buffer = Buffer.alloc(0)
  /** Of the next reading; never the same twice. */
  #time = Date.now()
  #feed: (FeedRequest & { began: number; published: number; acknowledged: number; done: number }) | undefined

  constructor(name: FeedRequest['to'], socket: Socket) {
    this.#name = name
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (bytes) => this.#read(bytes))
  }

  feed(request: FeedRequest): void {
    this.#feed = { ...request, began: performance.now(), published: 0, acknowledged: 0, done: 0 }
    this.#publish(request.window)
  }

  #read(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
    let acknowledged = 0
    while (this.#received.length >= 2) {
      const [length, at] = remainingLength(this.#received)
      if (at < 0 || this.#received.length < at + length) break
      const type = this.#received[0]! >> 4
      if (type === PUBACK) acknowledged++
      else this.#answer(type, this.#received.subarray(at, at + length))
      this.#received = this.#received.subarray(at + length)
    }
    if (acknowledged > 0) this.#acknowledged(acknowledged)
  }

  #answer(type: number, body: Buffer): void {
    if (type === 1) this.#socket.write(Uint8Array.of(0x20, 2, 0, 0))
    if (type === PINGREQ) this.#socket.write(Uint8Array.of(0xd0, 0))
    if (type !== SUBSCRIBE) return
    this.#socket.write(Uint8Array.of(0x90, 3, body[0]!, body[1]!, 1))
    process.send?.({ subscribed: this.#name } satisfies FeedReply)
  }

  #acknowledged(count: number): void {
    const feed = this.#feed!
    feed.acknowledged += count
    if (feed.done === 0 && feed.acknowledged >= feed.measured) feed.done = performance.now() - feed.began
    const left = feed.measured + feed.window - feed.published
    this.#publish(Math.min(count, left))
    if (feed.acknowledged === feed.measured + feed.window) {
      process.send?.({ ms: feed.done, published: feed.published } satisfies FeedReply)
    }
  }

  #publish(count: number): void {
    const feed = this.#feed!
    const packets: Buffer[] = []
    for (let i = 0; i < count; i++) packets.push(publishPacket(feed.published++, this.#time++))
    if (packets.length > 0) this.#socket.write(Buffer.concat(packets))
  }
}

function publishPacket(n: number, time: number): Buffer {
  const topic = `bench/s${n % SERIES}`
  const payload = `{"device":"sensor-${n % SERIES}","t":${time},"v":${(n * 7) % 1000}.5,"battery":97}`
  const id = (n % 65_535) + 1
  const length = 2 + topic.length + 2 + payload.length
  const packet = Buffer.allocUnsafe(2 + length)
  packet[0] = 0x32
  packet[1] = length
  packet.writeUInt16BE(topic.length, 2)
  packet.write(topic, 4, 'latin1')
  packet.writeUInt16BE(id, 4 + topic.length)
  packet.write(payload, 6 + topic.length, 'latin1')
  return packet
}

/** The packet's length behind its fixed header, and where that begins; −1 where more bytes are needed. */
function remainingLength(bytes: Buffer): [length: number, at: number] {
  let length = 0
  for (let at = 1; at < Math.min(5, bytes.length); at++) {
    length += (bytes[at]! & 127) * 128 ** (at - 1)
    if (bytes[at]! < 128) return [length, at + 1]
  }
  return [0, -1]
}

const subscribers = new Map<FeedRequest['to'], Subscriber>()

async function listen(name: FeedRequest['to']): Promise<number> {
  const server = createServer((socket) => subscribers.set(name, new Subscriber(name, socket)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}

process.on('message', (request: FeedRequest) => subscribers.get(request.to)!.feed(request))
process.on('disconnect', () => process.exit(0))
process.send?.({ ports: { agent: await listen('agent'), bare: await listen('bare') } } satisfies FeedReply)
