import { setTimeout as delay } from 'node:timers/promises'
import mqtt, { type MqttClient } from 'mqtt'
import { UnavailableError } from './errors.ts'
import type { Log } from './log.ts'

export interface BusOptions {
  readonly url: string
  readonly clientId: string
  readonly username?: string
  readonly password?: string
  readonly log: Log
  /** Filters to hear at QoS 1; asked for anew with every connection. */
  readonly subscriptions?: readonly string[]
  readonly onMessage?: (topic: string, payload: Buffer) => void
}

/** The cloud's MQTT link: an ordinary client of whatever broker there is. */
export interface Bus extends AsyncDisposable {
  readonly connected: boolean
  /**
   * Publishes at QoS 1; resolves when the broker has taken it.
   * @throws UnavailableError `broker-away` while there is no link: the caller holds the data and tries again.
   */
  publish(topic: string, payload: string | Buffer, options?: { readonly retain?: boolean }): Promise<void>
  /** Calls back after every new connection, and now if there is one. */
  onConnected(listener: () => void): Disposable
}

const LONGEST_WAIT_MS = 30_000

/**
 * Connects and keeps connecting, with full jitter. Every connection is a new client: what the old one had not delivered
 * fails to its caller instead of being replayed later, behind newer messages.
 */
export function connectBus(options: BusOptions): Bus {
  const { url, clientId, username, password, log, subscriptions = [], onMessage = () => {} } = options
  const listeners = new Set<() => void>()
  const ending = new AbortController()
  let failures = 0
  let client = connect()

  function connect(): MqttClient {
    const next = mqtt.connect(url, {
      clientId,
      clean: true,
      reconnectPeriod: 0,
      queueQoSZero: false,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    })
    next.on('error', (error) => log.warn({ error: error.message || (error as { code?: string }).code }, 'MQTT link'))
    next.on('message', (topic, payload) => onMessage(topic, payload))
    next.on('connect', () => {
      failures = 0
      if (subscriptions.length > 0) {
        next.subscribe([...subscriptions], { qos: 1 }, (error) => {
          if (!error) return
          log.error({ error: error.message, subscriptions }, 'the MQTT broker refused a subscription; connecting again')
          next.end(true)
        })
      }
      for (const listener of listeners) listener()
    })
    next.once('close', () => {
      next.end(true)
      if (ending.signal.aborted) return
      const wait = Math.random() * Math.min(LONGEST_WAIT_MS, 250 * 2 ** Math.min(failures++, 10))
      delay(wait, undefined, { signal: ending.signal }).then(
        () => {
          client = connect()
        },
        () => {},
      )
    })
    return next
  }

  return {
    get connected() {
      return client.connected
    },
    async publish(topic, payload, { retain = false } = {}) {
      if (!client.connected) throw away(url)
      try {
        await client.publishAsync(topic, payload, { qos: 1, retain })
      } catch (cause) {
        throw away(url, cause)
      }
    },
    onConnected(listener) {
      listeners.add(listener)
      if (client.connected) listener()
      return { [Symbol.dispose]: () => void listeners.delete(listener) }
    },
    async [Symbol.asyncDispose]() {
      ending.abort()
      await client.endAsync(true)
    },
  }
}

const away = (url: string, cause?: unknown) =>
  new UnavailableError({
    code: 'broker-away',
    message: `The MQTT broker at ${url.replace(/\/\/[^@/]*@/, '//')} cannot be reached; what was to be sent is kept and sent later.`,
    cause,
  })
