import type { X509Certificate } from 'node:crypto'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { Log } from '../platform/log.ts'
import { type Authority, type AuthorityFiles, openAuthority } from './authority.ts'
import { type Certificates, openCertificates } from './certificates.ts'
import { type Claims, createClaims } from './claims.ts'
import { type ListenerTls, makeServerCredentials } from './server-certificate.ts'

export interface Identity extends AsyncDisposable {
  readonly authority: Authority
  readonly certificates: Certificates
  readonly claims: Claims
  /** For this cloud's own listeners. */
  readonly tls: ListenerTls
  /** Call after a commit that revoked something: the list beside the key outlives a restore of an older database. */
  keepList(): void
  /** The device in service that a certificate is of. */
  deviceOf(certificate: X509Certificate): Promise<string | undefined>
}

interface IdentityOptions {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  /** Of the authority's files; in no database. */
  readonly folder: string
  readonly files: AuthorityFiles | undefined
  readonly certificateDays: number
  /** Host names and addresses by which devices reach this cloud. */
  readonly names: readonly string[]
  /** New credentials for listeners, and a list signed anew. */
  readonly onRenewed: (tls: ListenerTls) => void
}

const UPKEEP_MS = 86_400_000
const SERVER_RENEWED_MS = 30 * 86_400_000

/** Opens the authority and what it has issued; renews the cloud's own credentials and the list while it runs. */
export async function openIdentity(options: IdentityOptions): Promise<Identity> {
  const { database, clock, log, folder, files, certificateDays, names, onRenewed } = options
  const authority = await openAuthority(folder, files, clock.now())
  const certificates = await openCertificates({ database, authority, folder, clock, days: certificateDays })
  const claims = createClaims({ database, clock })
  let madeAt = clock.now()
  let tls = await makeServerCredentials(authority, names, madeAt)
  // A process may have ended between a revocation and its list.
  await certificates.list()
  let keeping: Promise<unknown> = Promise.resolve()

  const upkeep = async () => {
    await certificates.renewList()
    await certificates.list()
    if (clock.now() - madeAt >= SERVER_RENEWED_MS) {
      madeAt = clock.now()
      tls = await makeServerCredentials(authority, names, madeAt)
    }
    onRenewed(tls)
  }
  const timer = setInterval(() => {
    upkeep().catch((error) => log.error({ error }, 'certificates were not renewed; trying again tomorrow'))
  }, UPKEEP_MS)
  return {
    authority,
    certificates,
    claims,
    get tls() {
      return tls
    },
    keepList() {
      keeping = certificates
        .list()
        .catch((error) => log.error({ error }, 'the revocation list was not written beside the key; the next one is'))
    },
    async deviceOf(certificate) {
      const shown = authority.identify(certificate)
      return shown && (await certificates.isInForce(shown)) ? shown.device : undefined
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await keeping
    },
  }
}
