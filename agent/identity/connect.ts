import { X509Certificate } from 'node:crypto'
import { Agent, type RequestOptions } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { ClientTls } from './credentials.ts'

const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1'
const HANDSHAKE_MS = 30_000

/**
 * Options for one request over HTTPS as the device makes it: `request(url, { ...httpsOptions(tls), … })`. Against an
 * authority that is pinned, a clock that runs behind does no harm.
 */
export function httpsOptions(tls: ClientTls): Pick<RequestOptions, 'agent' | 'ca' | 'key' | 'cert'> {
  return tls.ca === undefined ? { agent: false, ...tls } : { agent: new PinnedAgent(tls) }
}

/** One connection, which belongs to one request. */
class PinnedAgent extends Agent {
  readonly #tls: ClientTls

  constructor(tls: ClientTls) {
    super({ keepAlive: false, maxCachedSessions: 0 })
    this.#tls = tls
  }

  override createConnection(
    options: RequestOptions,
    done: (error: Error | null, socket: Duplex) => void,
  ): Duplex | null | undefined {
    const socket = connectPinned({ host: options.host ?? 'localhost', port: Number(options.port ?? 443) }, this.#tls)
    const fail = (error: Error) => done(error, socket)
    socket.setTimeout(HANDSHAKE_MS, () => socket.destroy(new Error(`no handshake in ${HANDSHAKE_MS / 1000} s`)))
    socket.once('error', fail)
    // Not before: what is written earlier leaves with the handshake's last message.
    socket.once('secureConnect', () => {
      socket.setTimeout(0)
      socket.off('error', fail)
      if (!socket.destroyed) done(null, socket)
    })
    return undefined
  }
}

/**
 * Connects to a server of the authority `tls.ca`; `secureConnect` tells that it is one. As usual in all but this: the pinned
 * authority signs for the present alone, so a certificate of its that is not valid yet says that this device's clock runs
 * behind (a Raspberry Pi boots at 1970), and is taken. One that has ended by what is known of the time stays refused, also
 * where the clock was set back.
 */
export function connectPinned(at: { readonly host: string; readonly port: number }, tls: ClientTls): TLSSocket {
  const host = at.host.replace(/^\[|\]$/g, '')
  const options: ConnectionOptions = { ...tls, host, port: at.port, ...(isIP(host) === 0 && { servername: host }) }
  const socket = connect({ ...options, rejectUnauthorized: false })
  socket.prependOnceListener('secureConnect', () => {
    const peer = socket.getPeerX509Certificate()
    const behind = String(socket.authorizationError) === 'CERT_NOT_YET_VALID' && isServerOf(peer, host, tls)
    const isTrusted = socket.authorized || behind
    if (isTrusted && peer && Date.parse(peer.validTo) > passed(tls)) return
    const code = isTrusted ? 'CERT_HAS_EXPIRED' : String(socket.authorizationError)
    socket.destroy(Object.assign(new Error(`the certificate of ${host}:${at.port} is refused: ${code}`), { code }))
  })
  return socket
}

/** Unix milliseconds that have passed at least: the device's own certificate was made in them. */
function passed({ now = Date.now, cert }: ClientTls): number {
  return Math.max(now(), cert === undefined ? 0 : Date.parse(new X509Certificate(cert).validFrom))
}

function isServerOf(peer: X509Certificate | undefined, host: string, { ca }: ClientTls): boolean {
  if (peer === undefined || ca === undefined) return false
  const authority = new X509Certificate(ca)
  const isNamed = isIP(host) === 0 ? peer.checkHost(host) : peer.checkIP(host)
  return (
    peer.checkIssued(authority) &&
    peer.verify(authority.publicKey) &&
    (peer.keyUsage ?? []).includes(SERVER_AUTHENTICATION) &&
    isNamed !== undefined
  )
}
