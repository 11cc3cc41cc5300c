import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt'
import { fullJitter } from '../platform/backoff.ts'

/** One message; with QoS 1 the broker keeps it until it is acknowledged. */
export interface Delivery {
  readonly topic: string
  readonly payload: Uint8Array
}

/** A delivery of the running connection, until its PUBACK is sent. */
interface Pending extends Delivery {
  readonly messageId: number
  done: boolean
}

export interface DeferredMqttOptions {
  readonly url: string
  readonly clientId: string
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly filters: readonly string[]
  /** Deliveries without acknowledgement at which reading from the broker pauses. */
  readonly mostPending: number
  readonly onDelivery: (delivery: Delivery) => void
  /** Undefined: connected and subscribed. Otherwise what is wrong. */
  readonly onState: (trouble: string | undefined) => void
}

/** mqtt.js handles all that a read brought without a pause; after this many messages others have their turn. */
const TURN = 64

/** Of mqtt.js what is not public: handed a PUBACK, it sends it. `deferred-mqtt.test.ts` pins it. */
interface Internals {
  handleMessage: (packet: IPublishPacket, done: () => void) => void
  _sendPacket: (packet: { cmd: string; messageId?: number; reasonCode?: number }, done?: () => void) => void
}

/**
 * A subscriber that acknowledges when told to. mqtt.js handles packets one by one and acknowledges each before it takes
 * the next, so that an acknowledgement after a commit would make every commit one message long. Here it takes packets
 * without a pause and the PUBACK goes out later, in order of arrival (MQTT 3.1.1, 4.6).
 */
export class DeferredMqtt implements AsyncDisposable {
  readonly #options: DeferredMqttOptions
  readonly #client: MqttClient
  readonly #sendPacket: Internals['_sendPacket']
  readonly #backoff = fullJitter({ baseMs: 500, capMs: 60_000 })
  /** Deliveries of this connection, in order; `done` where the acknowledgement was asked for. */
  #queue: Pending[] = []
  #resume: (() => void) | undefined
  #taken = 0
  #timer: NodeJS.Timeout | undefined
  #trouble = ''
  #stopped = false

  constructor(options: DeferredMqttOptions) {
    this.#options = options
    const { url, clientId, username, password } = options
    const settings: IClientOptions = {
      clientId,
      clean: false,
      protocolVersion: 4,
      // Own backoff, own subscriptions, no queue but SQLite.
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      manualConnect: true,
      connectTimeout: 20_000,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    }
    this.#client = connect(url, settings)
    const internals = this.#client as unknown as Internals
    this.#sendPacket = internals._sendPacket.bind(this.#client)
    internals._sendPacket = (packet, done) => {
      // mqtt.js's own acknowledgement, right after `handleMessage`: ours comes later.
      if (packet.cmd === 'puback') done?.()
      else this.#sendPacket(packet, done)
    }
    internals.handleMessage = (packet, done) => this.#take(packet, done)
    this.#client.on('connect', () => this.#subscribe())
    this.#client.on('error', (error) => {
      this.#trouble = error.message
    })
    this.#client.on('close', () => this.#reconnectLater())
  }

  start(): void {
    this.#client.connect()
  }

  get pending(): number {
    return this.#queue.length
  }

  /**
   * Sends the PUBACKs, as far as those that arrived earlier have theirs. Deliveries of a connection that has ended since
   * are passed over: the broker delivers them again.
   */
  acknowledge(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) (delivery as Pending).done = true
    let sent = 0
    for (; this.#queue[sent]?.done; sent++) {
      this.#sendPacket({ cmd: 'puback', messageId: this.#queue[sent]!.messageId, reasonCode: 0 })
    }
    if (sent > 0) this.#queue.splice(0, sent)
    const resume = this.#resume
    if (resume && this.#queue.length < this.#options.mostPending) {
      this.#resume = undefined
      resume()
    }
  }

  /** Drops the connection: what is not acknowledged comes again on the next. */
  redeliver(): void {
    this.#client.stream.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#forget()
    await this.#client.endAsync(true)
  }

  #take({ topic, payload, qos, messageId = 0 }: IPublishPacket, done: () => void): void {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
    const delivery: Pending = { topic, payload: bytes, messageId, done: false }
    if (qos > 0) this.#queue.push(delivery)
    this.#options.onDelivery(delivery)
    if (this.#queue.length >= this.#options.mostPending) this.#resume = done
    else if (++this.#taken % TURN === 0) setImmediate(done)
    else done()
  }

  #subscribe(): void {
    const { filters, onState } = this.#options
    this.#client.subscribe([...filters], { qos: 1 }, (error) => {
      if (error) {
        this.#trouble = `the broker refuses the subscription to ${filters.join(', ')} (${error.message})`
        this.redeliver()
      } else {
        this.#backoff.reset()
        onState(undefined)
      }
    })
  }

  #reconnectLater(): void {
    this.#forget()
    if (this.#stopped) return
    this.#options.onState(this.#trouble || 'the connection was closed')
    this.#trouble = ''
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#client.reconnect(), this.#backoff.next())
  }

  /** Message ids of an ended connection mean nothing on the next. */
  #forget(): void {
    this.#queue = []
    this.#resume = undefined
  }
}
