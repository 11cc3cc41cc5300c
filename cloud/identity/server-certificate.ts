import { generateKeyPairSync } from 'node:crypto'
import { hostname } from 'node:os'
import { InvalidError } from '../platform/errors.ts'
import { type Authority, readRequest } from './authority.ts'
import * as x509 from './x509.ts'

/** PEM, for a TLS server; `cert` ends with the authority's, which a device that enrols looks for. */
export interface ServerCredentials {
  readonly key: string
  readonly cert: string
}

/** What clients of this deployment show is checked against the authority alone. */
export interface ListenerTls extends ServerCredentials {
  readonly ca: string
}

/** A listener takes a new one long before: see the cloud's daily upkeep. */
const SERVER_DAYS = 90
/** A broker of its own has nobody who renews it daily. */
const FOREIGN_SERVER_DAYS = 2 * 365

/** A key that never leaves this process, and its certificate for the names and for this machine. */
export async function makeServerCredentials(
  authority: Authority,
  names: readonly string[],
  now: number,
): Promise<ListenerTls> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const all = [...new Set([...names, 'localhost', '127.0.0.1', '::1', hostname()])]
  const own = all.filter((name) => name !== '' && name !== '0.0.0.0' && name !== '::')
  const { pem } = await authority.issueServer(new x509.PublicKey(spki), own, { now, days: SERVER_DAYS })
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: pem + authority.certificate,
    ca: authority.certificate,
  }
}

/**
 * Signs for a server that makes its own key, such as Mosquitto.
 * @returns PEM, with the authority's certificate behind it
 * @throws InvalidError `csr-invalid`, `server-names`
 */
export async function signServer(
  authority: Authority,
  { csr, names }: { csr: string; names: readonly string[] },
  now: number,
): Promise<string> {
  if (names.some((name) => !/^[A-Za-z0-9.:*-]{1,253}$/.test(name))) {
    throw new InvalidError({
      code: 'server-names',
      message: 'Give host names and addresses as devices reach the server.',
    })
  }
  const { publicKey } = await readRequest(csr)
  const { pem } = await authority.issueServer(publicKey, names, { now, days: FOREIGN_SERVER_DAYS })
  return pem + authority.certificate
}
