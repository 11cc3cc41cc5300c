import { randomBytes, timingSafeEqual, type X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { Duplex, Transform } from 'node:stream'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { Aedes, type AuthenticateError, type Client } from 'aedes'
import { SetupError } from './errors.ts'
import type { Log } from './log.ts'

/** Asks whether `token` is the device's. */
type DeviceCheck = (device: string, token: string) => Promise<boolean>

export interface BrokerTls {
  readonly key: string
  readonly cert: string
  /** PEM of the authority of devices. */
  readonly ca: string
}

/** A second listener, under TLS, where a device logs in by its certificate alone. */
export interface SecureListener {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly tls: BrokerTls
  /** The device in service that a certificate is of; the chain and the dates are checked already. */
  readonly deviceOf: (certificate: X509Certificate) => Promise<string | undefined>
}

export interface BrokerOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly secure?: SecureListener
  readonly log: Log
  readonly isDevice: DeviceCheck
  /** Called for every refusal, for the metrics. */
  readonly onRefused: (why: BrokerRefusal) => void
}

export type BrokerRefusal = 'bad-login' | 'bad-certificate' | 'foreign-topic' | 'too-large' | 'protocol'

export interface Broker extends AsyncDisposable {
  readonly url: string
  /** `mqtts:`, where there is such a listener. */
  readonly secureUrl: string | undefined
  /** For new connections of the secure listener. */
  setTls(tls: BrokerTls): void
  /** The cloud's own login; a new password with every start. */
  readonly cloud: { readonly username: string; readonly password: string }
  /** Ends a device's session now, as when its token or certificate is withdrawn. */
  disconnect(device: string): void
}

/** AWS IoT Core takes 128 KB; a packet is its payload, topic and a few bytes. */
export const MAX_PACKET_BYTES = 132 * 1024

const CLOUD = 'storecast-cloud'

class Refusal extends Error {}

/**
 * The embedded MQTT 3.1.1 broker, for the demo, tests and small deployments. A device logs in by its certificate, or
 * with its id and token, under its id as client id, and reaches its own four topics only. Larger fleets use Mosquitto, EMQX or AWS IoT Core.
 * @throws SetupError `broker-listen` where the port cannot be had.
 */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { host, port, secure, log, isDevice, onRefused } = options
  const cloud = { username: CLOUD, password: randomBytes(24).toString('base64url') }
  const cloudClients = new WeakSet<Client>()
  const devices = new Map<string, Client>()
  /** Logins that are being looked up: what is withdrawn meanwhile must not come in by an older answer. */
  const checking = new Set<Client>()
  const certificates = new WeakMap<object, X509Certificate>()

  const aedes = await Aedes.createBroker({
    maxClientsIdLength: 128,
    connectTimeout: 10_000,
    // Else its emitter queues messages and lets them go by recursion: a fleet's last wills, which come at once, overflow the stack.
    concurrency: 0,
    authenticate(client, username = '', password, done) {
      const admit = (device: string | undefined) => {
        const stands = checking.delete(client)
        // Another client id would let one device take over a second one's session.
        if (device === undefined || device !== client.id || !stands) return done(refusal(onRefused), false)
        devices.set(device, client)
        done(null, true)
      }
      const unsure = (error: unknown) => {
        checking.delete(client)
        log.error({ error }, 'cannot check a device login')
        done(Object.assign(new Refusal('try again later'), { returnCode: 3 }), false)
      }
      const certificate = certificates.get(client.conn)
      if (secure && certificate) {
        checking.add(client)
        secure.deviceOf(certificate).then(admit, unsure)
        return
      }
      const token = password?.toString() ?? ''
      if (username === CLOUD) {
        if (!sameText(token, cloud.password)) return done(refusal(onRefused), false)
        cloudClients.add(client)
        return done(null, true)
      }
      checking.add(client)
      isDevice(username, token).then((known) => admit(known ? username : undefined), unsure)
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
  const take = (socket: Socket, certificate?: X509Certificate) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    const stream = capped(socket, onRefused)
    if (certificate) certificates.set(stream, certificate)
    aedes.handle(stream)
  }
  const servers: Server[] = []
  const end = async () => {
    const closed = servers.map((server) => once(server, 'close'))
    for (const server of servers) server.close()
    await new Promise<void>((done) => aedes.close(done))
    for (const socket of sockets) socket.destroy()
    await Promise.all(closed)
  }
  const open = async (server: Server, at: { host: string; port: number }): Promise<number> => {
    try {
      const bound = await listen(server, at)
      servers.push(server)
      return bound
    } catch (error) {
      await end()
      throw error
    }
  }
  const plainPort = await open(createServer(take), { host, port })
  const tlsServer =
    secure &&
    createTlsServer({ ...secure.tls, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' }, (socket) =>
      take(socket, socket.getPeerX509Certificate()),
    )
  tlsServer?.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    onRefused('bad-certificate')
    log.warn({ from: socket.remoteAddress, error: error.message }, 'a client was refused before it said a word')
  })
  const securePort = tlsServer && (await open(tlsServer, secure))
  log.info({ host, port: plainPort, securePort }, 'the MQTT broker listens')
  return {
    url: `mqtt://${authority(host, plainPort)}`,
    secureUrl: secure && `mqtts://${authority(secure.host, securePort!)}`,
    cloud,
    setTls: (tls) => tlsServer?.setSecureContext(tls),
    disconnect(device) {
      for (const client of checking) if (client.id === device) checking.delete(client)
      devices.get(device)?.close()
    },
    [Symbol.asyncDispose]: end,
  }
}

const authority = (host: string, port: number) => `${host.includes(':') ? `[${host}]` : host}:${port}`

async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new SetupError({
      code: 'broker-listen',
      message: `The MQTT broker cannot listen on ${host}:${port} (${(cause as NodeJS.ErrnoException).code}). Choose another port, or set MQTT_URL to use another broker.`,
      cause,
    })
  }
  return (server.address() as AddressInfo).port
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
