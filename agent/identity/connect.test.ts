import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import * as x509 from '@peculiar/x509'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectPinned } from './connect.ts'
import type { ClientTls } from './credentials.ts'

x509.cryptoProvider.set(webcrypto)
const DAY = 86_400_000
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const SERVER = '1.3.6.1.5.5.7.3.1'
const UNKNOWN = 'CERT_SIGNATURE_FAILURE'
const CLIENT = '1.3.6.1.5.5.7.3.2'

interface Span {
  readonly from: number
  readonly to: number
}
const past: Span = { from: Date.now() - 30 * DAY, to: Date.now() + 30 * DAY }
/** What a server has whose time is the right one, while the device's clock stands decades ago. */
const future: Span = { from: Date.now() + 30 * DAY, to: Date.now() + 90 * DAY }

async function authority({ from, to }: Span) {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ name: 'CN=authority', notBefore: new Date(from), notAfter: new Date(to), keys, signingAlgorithm: ALGORITHM },
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  })
  return { keys, certificate, ca: certificate.toString('pem') }
}
type Authority = Awaited<ReturnType<typeof authority>>

async function issue(by: Authority, { from, to }: Span, { usage = SERVER, address = '127.0.0.1' } = {}) {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.create({
    ...{ subject: 'CN=server', issuer: by.certificate.subject, notBefore: new Date(from), notAfter: new Date(to) },
    ...{ signingKey: by.keys.privateKey, publicKey: keys.publicKey, signingAlgorithm: ALGORITHM },
    extensions: [
      new x509.ExtendedKeyUsageExtension([usage]),
      new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: address }]),
    ],
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    cert: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
  }
}

const stack = { current: new AsyncDisposableStack() }
beforeEach(() => {
  stack.current = new AsyncDisposableStack()
})
afterEach(() => stack.current.disposeAsync())

/** What the device finds of a server: `trusted`, or why not. */
async function meet(server: { cert: string; key: string }, tls: ClientTls): Promise<string> {
  const listener = createServer(server, (socket) => socket.on('error', () => socket.destroy()))
  listener.on('tlsClientError', (_, socket) => socket.destroy())
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  stack.current.defer(() => new Promise<void>((resolve) => listener.close(() => resolve())))
  const { port } = listener.address() as AddressInfo
  const socket = connectPinned({ host: '127.0.0.1', port }, tls)
  const refused = new Promise<string>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? String(error)))
  })
  await Promise.race([once(socket, 'secureConnect'), refused])
  if (socket.destroyed) return await refused
  socket.destroy()
  return 'trusted'
}

describe('a server’s certificate', () => {
  it('is judged as usual while the clock is right', async () => {
    const ours = await authority(past)
    expect(await meet(await issue(ours, past), { ca: ours.ca })).toBe('trusted')
    const other = await authority(past)
    expect(await meet(await issue(other, past), { ca: ours.ca })).toBe(UNKNOWN)
    expect(await meet(await issue(ours, past, { address: '127.0.0.9' }), { ca: ours.ca })).toMatch(
      /ERR_TLS_CERT_ALTNAME/,
    )
  })

  it('that is not valid yet is one from a time that this device does not know yet, if its authority is right', async () => {
    const long = Date.now() + 365 * DAY
    for (const { from } of [past, future]) {
      const ours = await authority({ from, to: long })
      expect(await meet(await issue(ours, future), { ca: ours.ca })).toBe('trusted')
    }
  })

  it('that is not valid yet is refused wherever anything else is wrong', async () => {
    const ours = await authority({ ...past, to: Date.now() + 365 * DAY })
    const other = await authority(past)
    expect(await meet(await issue(other, future), { ca: ours.ca })).not.toBe('trusted')
    expect(await meet(await issue(ours, future), {})).not.toBe('trusted')
    expect(await meet(await issue(ours, future, { address: '127.0.0.9' }), { ca: ours.ca })).not.toBe('trusted')
    expect(await meet(await issue(ours, future, { usage: CLIENT }), { ca: ours.ca })).not.toBe('trusted')
    const now = () => future.to + DAY
    expect(await meet(await issue(ours, future), { ca: ours.ca, now })).toBe('CERT_HAS_EXPIRED')
  })

  it('that has expired by what is known stays expired, also where the clock was set back', async () => {
    const ours = await authority(past)
    const now = () => past.to + DAY
    expect(await meet(await issue(ours, past), { ca: ours.ca, now })).toBe('CERT_HAS_EXPIRED')
    const over = { from: Date.now() - 30 * DAY, to: Date.now() - DAY }
    expect(await meet(await issue(ours, over), { ca: ours.ca })).toBe('CERT_HAS_EXPIRED')
  })
})
