import { randomBytes } from 'node:crypto'
import { type Channel, encodePresence, parseTopic, topicOf } from '@storecast/shared/wire'
import mqtt, { type IClientOptions, MqttClient } from 'mqtt'
import { type Credentials, connectPinned } from '../identity/index.ts'

export interface MqttSessionOptions {
  readonly device: string
  readonly credentials: Credentials
  /** The link held, for the last will. */
  readonly link: number
  /** Real milliseconds for the broker to answer. */
  readonly connectMs: number
  readonly keepaliveSeconds: number
  /** Ends the opening; an open session ends by being disposed of. */
  readonly signal: AbortSignal
}

export interface MqttSessionEvents {
  received(channel: Channel, payload: Buffer): void
  /** Any packet came. */
  heard(): void
  /** Once, if it was opened and nobody disposed of it; nothing is told afterwards. */
  closed(reason: string): void
}

/** One connection to the broker, from its opening to its end: another one is another session. */
export interface MqttSession extends AsyncDisposable {
  /** Names the connection, in hellos and presence. */
  readonly session: string
  /** At least once, or the session ends first; tells when the broker has it. */
  publish(payload: Uint8Array, sent: () => void): void
  /** Drops the connection without a goodbye: the broker publishes the last will. */
  drop(reason: string): void
}

/** Real milliseconds that a goodbye may take. */
const GOODBYE_MS = 1000

/**
 * Connects, subscribes to the device's own topics and says that it is online. The client's own reconnect and offline queue
 * are off: the outbox is the only queue, and what is published is published on a live connection or not at all.
 *
 * @throws an `Error` whose message says what the broker did not like
 */
export async function openMqttSession(options: MqttSessionOptions, events: MqttSessionEvents): Promise<MqttSession> {
  const { device, credentials, link, connectMs, keepaliveSeconds, signal } = options
  const session = randomBytes(8).toString('hex')
  const presence = (online: boolean) => encodePresence({ online, link, session })
  const retained = { qos: 1, retain: true } as const
  const client = connect(credentials, {
    clientId: device,
    ...(credentials.token !== undefined && { username: device, password: credentials.token }),
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: connectMs,
    keepalive: keepaliveSeconds,
    queueQoSZero: false,
    will: { topic: topicOf(device, 'presence'), payload: Buffer.from(presence(false)), ...retained },
  })
  let over = false
  let opened = false
  let trouble: string | undefined
  const ended = Promise.withResolvers<never>()
  ended.promise.catch(() => undefined)
  // Stays on for good: an error after the end has nobody else who hears it.
  client.on('error', (error) => {
    trouble ??= error.message || (error as NodeJS.ErrnoException).code || 'the connection failed'
  })
  client.once('close', () => {
    const reason = trouble ?? 'the broker closed the connection'
    client.end(true)
    ended.reject(new Error(reason))
    if (opened && !over) events.closed(reason)
    over = true
  })
  client.on('packetreceive', () => over || events.heard())
  client.on('message', (topic, payload) => {
    const parsed = parseTopic(topic)
    if (!over && parsed?.device === device) events.received(parsed.channel, payload)
  })

  const connected = new Promise<void>((resolve) => client.once('connect', () => resolve()))
  const stop = () => ended.reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    await Promise.race([connected, ended.promise])
    const subscribed = client.subscribeAsync([topicOf(device, 'ack'), topicOf(device, 'desired')], { qos: 1 })
    const refused = (await Promise.race([subscribed, ended.promise])).find(({ qos }) => qos > 2)
    if (refused) throw new Error(`the broker refuses ${device} its topic ${refused.topic}: check its access rules`)
    await Promise.race([client.publishAsync(topicOf(device, 'presence'), presence(true), retained), ended.promise])
    // Closed by what came with the last answer: nobody was told, since it was not open yet.
    if (over) await ended.promise
  } catch (error) {
    over = true
    client.end(true)
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
  opened = true

  return {
    session,
    publish(payload, sent) {
      // Lost with its connection, it is published again from the outbox.
      if (!over)
        client.publish(topicOf(device, 'up'), Buffer.from(payload), { qos: 1 }, (lost) => lost || over || sent())
    },
    drop(reason) {
      trouble ??= reason
      client.end(true)
    },
    async [Symbol.asyncDispose]() {
      over = true
      if (client.connected) {
        const goodbye = client
          .publishAsync(topicOf(device, 'presence'), presence(false), retained)
          .then(() => client.endAsync())
        const timeout = Promise.withResolvers<void>()
        const timer = setTimeout(timeout.resolve, GOODBYE_MS)
        await Promise.race([goodbye.catch(() => undefined), timeout.promise])
        clearTimeout(timer)
      }
      client.end(true)
    },
  }
}

/** Over TLS of our own where the broker's authority is pinned: a clock that runs behind does no harm then. */
function connect({ broker, tls }: Credentials, options: IClientOptions): MqttClient {
  const { protocol, hostname, port } = new URL(broker)
  if (protocol !== 'mqtts:' || tls.ca === undefined) return mqtt.connect(broker, { ...options, ...tls })
  return new MqttClient((client) => {
    const socket = connectPinned({ host: hostname, port: Number(port || 8883) }, tls)
    socket.once('error', (error) => client.emit('error', error))
    return socket
  }, options)
}
