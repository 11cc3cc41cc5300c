import { generateKeyPairSync, type webcrypto } from 'node:crypto'
import { request } from 'node:https'
import { connect, type DetailedPeerCertificate } from 'node:tls'
import { openAuthority, readRequest } from '../identity/authority.ts'
import * as x509 from '../identity/x509.ts'

/** Of a device: PEM. */
export interface DeviceKey {
  readonly key: string
  readonly csr: string
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** A key made as a device makes it, and its request. */
export async function deviceKey(device: string): Promise<DeviceKey> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keys = {
    privateKey: privateKey.toCryptoKey(ALGORITHM, false, ['sign']) as webcrypto.CryptoKey,
    publicKey: publicKey.toCryptoKey(ALGORITHM, true, ['verify']) as webcrypto.CryptoKey,
  }
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: `CN=${device}`,
    keys,
    signingAlgorithm: ALGORITHM,
  })
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, csr: csr.toString('pem') }
}

interface DeviceCall {
  readonly ca: string
  readonly key?: string
  readonly cert?: string
  readonly json?: unknown
}

/** One request as a device makes it, on a connection of its own. */
export function deviceCall(url: string, { ca, key, cert, json }: DeviceCall) {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes.
  return new Promise<{ status: number; body: any }>((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: json === undefined ? 'GET' : 'POST',
        ca,
        agent: false,
        headers: json === undefined ? {} : { 'content-type': 'application/json' },
        ...(key && { key }),
        ...(cert && { cert }),
      },
      async (response) => {
        const text = Buffer.concat(await response.toArray()).toString()
        const isJson = /json/.test(response.headers['content-type'] ?? '')
        resolve({ status: response.statusCode ?? 0, body: isJson ? JSON.parse(text) : text })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(json === undefined ? undefined : JSON.stringify(json))
  })
}

/** The certificates that a server shows to anybody, the leaf first. */
export function shownCertificates(url: string): Promise<readonly Buffer[]> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      const chain: Buffer[] = []
      let at: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
      while (at?.raw && !chain.some((one) => one.equals(at!.raw))) {
        chain.push(at.raw)
        at = at.issuerCertificate
      }
      socket.destroy()
      resolve(chain)
    })
    socket.once('error', reject)
  })
}

/** A certificate as the authority in `folder` issued it at `now` (unix ms), with its key. */
export async function issuedAt(folder: string, device: string, now: number): Promise<{ key: string; cert: string }> {
  const { key, csr } = await deviceKey(device)
  const authority = await openAuthority(folder, undefined, now)
  const { pem } = await authority.issueClient(await readRequest(csr), { now, days: 90 })
  return { key, cert: pem }
}
