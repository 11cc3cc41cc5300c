import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { Duplex, Transform } from 'node:stream'
import { Aedes, type AuthenticateError, type Client } from 'aedes'
import { SetupError } from './errors.ts'
import type { Log } from './log.ts'

/** Asks whether `token` is the device's. */
type DeviceCheck = (device: string, token: string) => Promise<boolean>

export interface BrokerOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly log: Log
  readonly isDevice: DeviceCheck
  /** Called for every refusal, for the metrics. */
  readonly onRefused: (why: BrokerRefusal) => void
}

export type BrokerRefusal = 'bad-login' | 'foreign-topic' | 'too-large' | 'protocol'

export interface Broker extends AsyncDisposable {
  readonly url: string
  /** The cloud's own login; a new password with every start. */
  readonly cloud: { readonly username: string; readonly password: string }
  /** Ends a device's session now, as when its token is withdrawn. */
  disconnect(device: string): void
}

/** AWS IoT Core takes 128 KB; a packet is its payload, topic and a few bytes. */
export const MAX_PACKET_BYTES = 132 * 1024

const CLOUD = 'storecast-cloud'

class Refusal extends Error {}

/**
 * The embedded MQTT 3.1.1 broker, for the demo, tests and small deployments. A device logs in with its id and token,
 * under its id as client id, and reaches its own four topics only. Larger fleets use Mosquitto, EMQX or AWS IoT Core.
 * @throws SetupError `broker-listen` where the port cannot be had.
 */
export async function startBroker({ host, port, log, isDevice, onRefused }: BrokerOptions): Promise<Broker> {
  const cloud = { username: CLOUD, password: randomBytes(24).toString('base64url') }
  const cloudClients = new WeakSet<Client>()
  const devices = new Map<string, Client>()

  const aedes = await Aedes.createBroker({
    maxClientsIdLength: 128,
    connectTimeout: 10_000,
    authenticate(client, username = '', password, done) {
      const token = password?.toString() ?? ''
      if (username === CLOUD) {
        if (!sameText(token, cloud.password)) return done(refusal(onRefused), false)
        cloudClients.add(client)
        return done(null, true)
      }
      // Another client id would let one device take over a second one's session.
      if (client.id !== username) return done(refusal(onRefused), false)
      isDevice(username, token).then(
        (known) => {
          if (!known) return done(refusal(onRefused), false)
          devices.set(username, client)
          done(null, true)
        },
        (error) => {
          log.error({ error }, 'cannot check a device login')
          done(Object.assign(new Refusal('try again later'), { returnCode: 3 }), false)
        },
      )
    },
    authorizePublish(client, packet, done) {
      if (!client || cloudClients.has(client) || mayPublish(client.id, packet.topic)) return done(null)
      onRefused('foreign-topic')
      log.warn({ device: client.id, topic: packet.topic.slice(0, 128) }, 'a device published outside its topics')
      done(new Refusal('not your topic'))
    },
    authorizeSubscribe(client, subscription, done) {
      if (cloudClients.has(client) || maySubscribe(client.id, subscription.topic)) return done(null, subscription)
      onRefused('foreign-topic')
      log.warn({ device: client.id, topic: subscription.topic.slice(0, 128) }, 'a device subscribed outside its topics')
      done(null, null)
    },
  })
  aedes.on('clientDisconnect', (client) => {
    if (devices.get(client.id) === client) devices.delete(client.id)
  })
  const onBadClient = (client: Client, error: Error) => {
    // Refusals are counted where they are made; an error with a code is a broken connection, not a broken rule.
    if (!(error instanceof Refusal) && !('code' in error)) onRefused('protocol')
    log.debug({ client: client.id, error: error.message }, 'a client broke the protocol')
  }
  aedes.on('clientError', onBadClient)
  aedes.on('connectionError', onBadClient)

  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    aedes.handle(capped(socket, onRefused))
  })
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    aedes.close()
    throw new SetupError({
      code: 'broker-listen',
      message: `The MQTT broker cannot listen on ${host}:${port} (${(cause as NodeJS.ErrnoException).code}). Choose another port, or set MQTT_URL to use another broker.`,
      cause,
    })
  }
  const bound = (server.address() as AddressInfo).port
  log.info({ host, port: bound }, 'the MQTT broker listens')
  return {
    url: `mqtt://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    cloud,
    disconnect: (device) => devices.get(device)?.close(),
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      await new Promise<void>((done) => aedes.close(done))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** The topics a device writes: `storecast/v1/{device}/up` and `/presence`. */
function mayPublish(device: string, topic: string): boolean {
  return topic === `storecast/v1/${device}/up` || topic === `storecast/v1/${device}/presence`
}

/** The topics a device hears: `storecast/v1/{device}/ack` and `/desired`. No wildcard is ever its own. */
function maySubscribe(device: string, filter: string): boolean {
  return filter === `storecast/v1/${device}/ack` || filter === `storecast/v1/${device}/desired`
}

function refusal(onRefused: BrokerOptions['onRefused']): AuthenticateError {
  onRefused('bad-login')
  return Object.assign(new Refusal('unknown device or wrong token'), { returnCode: 4 })
}

function sameText(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length === y.length && timingSafeEqual(x, y)
}

/** The parser behind holds a whole packet in memory, up to 256 MB: sizes are checked on the way in. */
function capped(socket: Socket, onRefused: BrokerOptions['onRefused']): Duplex {
  const frames = frameSizes()
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (frames(chunk)) return done(null, chunk)
      onRefused('too-large')
      socket.destroy()
      done()
    },
  })
  socket.on('error', (error) => limit.destroy(error))
  return Duplex.from({ readable: socket.pipe(limit), writable: socket })
}

/**
 * Follows MQTT's framing (MQTT 3.1.1 §2.2: type byte, then the remaining length in up to four 7-bit groups) through
 * chunks; false as soon as a packet announces more than the cap or a malformed length.
 */
export function frameSizes(): (chunk: Uint8Array) => boolean {
  let skip = 0
  let digits = -1
  let length = 0
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (skip > 0) {
        const step = Math.min(skip, chunk.length - at)
        skip -= step
        at += step
        continue
      }
      const byte = chunk[at++]!
      if (digits < 0) {
        digits = 0
        length = 0
        continue
      }
      length += (byte & 0x7f) * 128 ** digits++
      if (length > MAX_PACKET_BYTES || (digits === 4 && byte >= 0x80)) return false
      if (byte >= 0x80) continue
      skip = length
      digits = -1
    }
    return true
  }
}
