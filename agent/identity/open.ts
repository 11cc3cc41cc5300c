import type { EnrolmentClaim } from '@storecast/shared/contracts'
import type { Logger } from '../platform/logger.ts'
import type { Credentials } from './credentials.ts'
import { certificateIdentity, type Identity, tokenIdentity } from './identity.ts'
import { identityStore } from './store.ts'

/** What the operator gave the device. */
export interface IdentitySettings {
  readonly device: string
  /** Of the identity's files. */
  readonly folder: string
  readonly claim: EnrolmentClaim | undefined
  /** In place of a claim; an enrolment goes before it. */
  readonly token: string | undefined
  /** Needed with a token; else in place of the broker that the cloud names. */
  readonly broker: string | undefined
  readonly serialNumber: string | undefined
  /** PEM, with a token. */
  readonly ca: string | undefined
}

/**
 * The device's identity, kept up while it is held.
 * @param now unix ms by which certificates are judged, and due for renewal
 */
export async function openIdentity(settings: IdentitySettings, log: Logger, now: () => number): Promise<Identity> {
  const { claim, folder } = settings
  const isCertified = claim !== undefined || (await identityStore(folder).read()) !== undefined
  const byToken = tokenCredentials(settings)
  return !isCertified && byToken ? tokenIdentity(byToken) : certificateIdentity({ ...settings, now, log })
}

/** What the device could show now, without asking anybody: undefined before it is enrolled. */
export async function heldCredentials(settings: IdentitySettings): Promise<Credentials | undefined> {
  const enrolled = await identityStore(settings.folder).read()
  if (!enrolled) return tokenCredentials(settings)
  const { mqtt, ca, key, certificate } = enrolled
  return { broker: settings.broker ?? mqtt, tls: { ca, key, cert: certificate } }
}

function tokenCredentials({ token, broker, ca }: IdentitySettings): Credentials | undefined {
  if (token === undefined || broker === undefined) return undefined
  return { broker, token, tls: ca === undefined ? {} : { ca } }
}
