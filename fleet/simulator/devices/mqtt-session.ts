import { connect, type Socket } from 'node:net'

interface SessionOptions {
  /** `mqtt://host:port`. */
  readonly url: string
  readonly clientId: string
  readonly username: string
  readonly password: string
  /** Retained, and sent by the broker when the connection breaks. */
  readonly will: { readonly topic: string; readonly payload: string }
  readonly subscriptions: readonly string[]
  onMessage(topic: string, payload: Buffer): void
}

const CONNACK = 2
const PUBLISH = 3
const SUBACK = 9
const [QOS_1, RETAIN] = [2, 1]

/**
 * One clean MQTT 3.1.1 session at QoS 1 without keep-alive, for thousands of simulated devices in one process: a general
 * client takes ten times its time and memory. What the broker acknowledges is not looked at: devices wait for the cloud's word.
 */
export class MqttSession {
  readonly #socket: Socket
  readonly #options: SessionOptions
  #received: Buffer = Buffer.alloc(0)
  #packetId = 0
  #ready = Promise.withResolvers<void>()

  private constructor(options: SessionOptions) {
    this.#options = options
    const { hostname, port } = new URL(options.url)
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true })
    this.#socket.on('connect', () => this.#socket.write(connectPacket(options)))
    this.#socket.on('data', (bytes) => this.#read(bytes))
    this.#socket.on('error', (error) => this.#ready.reject(error))
    this.#socket.on('close', () => this.#ready.reject(new Error(`${options.clientId}: the broker hung up`)))
  }

  /** Connected and subscribed. @throws Error where the broker refuses or is not there */
  static async open(options: SessionOptions): Promise<MqttSession> {
    const session = new MqttSession(options)
    await session.#ready.promise
    return session
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed
  }

  publish(topic: string, payload: string | Uint8Array, retain = false): void {
    const body = [text(topic), this.#nextId(), Buffer.from(payload)]
    this.#socket.write(packet((PUBLISH << 4) | QOS_1 | (retain ? RETAIN : 0), body))
  }

  /** As a cable does that is pulled: the broker sends the will. */
  drop(): Promise<void> {
    const closed = new Promise<void>((done) => this.#socket.once('close', () => done()))
    if (this.#socket.destroyed) return Promise.resolve()
    this.#socket.destroy()
    return closed
  }

  #nextId(): Buffer {
    this.#packetId = (this.#packetId % 65_535) + 1
    const id = Buffer.alloc(2)
    id.writeUInt16BE(this.#packetId)
    return id
  }

  #read(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
    for (;;) {
      const [length, at] = remainingLength(this.#received)
      if (at < 0 || this.#received.length < at + length) return
      const [first, body] = [this.#received[0]!, this.#received.subarray(at, at + length)]
      this.#received = this.#received.subarray(at + length)
      this.#take(first, body)
    }
  }

  #take(first: number, body: Buffer): void {
    const type = first >> 4
    if (type === CONNACK) {
      if (body[1] !== 0) this.#ready.reject(new Error(`${this.#options.clientId}: refused with code ${body[1]}`))
      else this.#socket.write(packet(0x82, [this.#nextId(), ...this.#options.subscriptions.map(subscription)]))
    } else if (type === SUBACK) {
      this.#ready.resolve()
    } else if (type === PUBLISH) {
      const end = 2 + body.readUInt16BE(0)
      const acknowledged = (first & 6) === QOS_1
      if (acknowledged) this.#socket.write(packet(0x40, [body.subarray(end, end + 2)]))
      this.#options.onMessage(body.toString('utf8', 2, end), body.subarray(acknowledged ? end + 2 : end))
    }
  }
}

function connectPacket({ clientId, username, password, will }: SessionOptions): Buffer {
  // User name, password, will: retained, QoS 1, clean session (MQTT 3.1.1 §3.1.2.3); no keep-alive.
  const flags = 0x80 | 0x40 | 0x20 | 0x08 | 0x04 | 0x02
  const head = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, flags, 0, 0])
  return packet(0x10, [head, ...[clientId, will.topic, will.payload, username, password].map(text)])
}

const subscription = (filter: string) => Buffer.concat([text(filter), Buffer.of(1)])

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function packet(first: number, parts: readonly Buffer[]): Buffer {
  let left = parts.reduce((sum, part) => sum + part.length, 0)
  const head = [first]
  do {
    head.push(left >= 128 ? (left & 127) | 128 : left)
    left >>= 7
  } while (left > 0)
  return Buffer.concat([Buffer.from(head), ...parts])
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
