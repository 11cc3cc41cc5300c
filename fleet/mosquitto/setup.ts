import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { makeRequest } from '@storecast/agent/request'
import type { CloudClient } from '../client/client.ts'
import { readIfThere, replaceFile } from './files.ts'

export interface MosquittoSetup {
  readonly cloud: Pick<CloudClient, 'post'>
  /** Absolute; gets everything that Mosquitto reads. */
  readonly folder: string
  /** Host names and addresses by which devices reach it. */
  readonly names: readonly string[]
  readonly devices: Endpoint
  readonly cloudListener: Endpoint
  /** Of the cloud's login; by default the one before, or a new one. */
  readonly password?: string
}

interface SignedServer {
  readonly certificate: string
  readonly ca: string
  readonly crl: string
}

interface Endpoint {
  readonly host: string
  readonly port: number
}

/** What the cloud logs in as; the ACL names it. */
const CLOUD_USER = 'storecast-cloud'
const SHIPPED = ['devices.acl', 'cloud.acl'] as const

/**
 * Fills a folder with all that Mosquitto needs for a fleet: a key made here and signed by the cloud's authority, the revocation
 * list, access rules, the cloud's login, and `mosquitto.conf`. Done again, it replaces all but the login.
 * @returns the URL of the cloud's login, a secret that is also kept in `cloud-url` (0600)
 * @throws CloudRequestError
 */
export async function setUpMosquitto(
  setup: MosquittoSetup,
): Promise<{ readonly config: string; readonly cloudUrl: string }> {
  const { cloud, folder, names, devices, cloudListener } = setup
  const path = (name: string) => join(folder, name)
  const password = setup.password ?? (await passwordIn(path('cloud-url'))) ?? randomBytes(24).toString('base64url')
  await mkdir(path('data'), { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)

  const { key, csr } = await makeRequest('mosquitto')
  const signed = await cloud.post<SignedServer>('/v1/identity/server-certificates', { csr, names })
  await replaceFile(path('server.key'), key, 0o600)
  await replaceFile(path('server.pem'), signed.certificate, 0o644)
  await replaceFile(path('ca.pem'), signed.ca, 0o644)
  await replaceFile(path('crl.pem'), signed.crl, 0o644)
  await replaceFile(path('cloud.passwd'), `${CLOUD_USER}:${passwordHash(password)}\n`, 0o600)
  for (const name of SHIPPED) await replaceFile(path(name), await shipped(name), 0o600)
  const filled = (await shipped('mosquitto.conf'))
    .replaceAll('@FOLDER@', folder)
    .replaceAll('@USER@', userInfo().username)
    .replaceAll('@DEVICES_PORT@', `${devices.port}`)
    .replaceAll('@DEVICES_HOST@', devices.host)
    .replaceAll('@CLOUD_PORT@', `${cloudListener.port}`)
    .replaceAll('@CLOUD_HOST@', cloudListener.host)
  await replaceFile(path('mosquitto.conf'), filled, 0o644)
  const cloudUrl = mosquittoUrl(cloudListener, password)
  await replaceFile(path('cloud-url'), `${cloudUrl}\n`, 0o600)
  return { config: path('mosquitto.conf'), cloudUrl }
}

/** The cloud's `MQTT_URL`. */
export const mosquittoUrl = ({ host, port }: Endpoint, password: string): string =>
  `mqtt://${CLOUD_USER}:${encodeURIComponent(password)}@${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`

async function passwordIn(file: string): Promise<string | undefined> {
  const url = (await readIfThere(file))?.trim()
  return url === undefined ? undefined : decodeURIComponent(new URL(url).password)
}

const shipped = (name: string) => readFile(new URL(name, import.meta.url), 'utf8')

/** As mosquitto_passwd writes it (type 7): PBKDF2-HMAC-SHA512 over a salt of 12 bytes. */
function passwordHash(password: string): string {
  const [iterations, salt] = [20_000, randomBytes(12)]
  const hash = pbkdf2Sync(password, salt, iterations, 64, 'sha512')
  return `$7$${iterations}$${salt.toString('base64')}$${hash.toString('base64')}`
}
