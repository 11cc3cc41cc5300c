import { bundleTarget } from '@storecast/shared/contracts'
import { ConflictError } from '../platform/errors.ts'
import { requireApproved } from './approved.ts'
import type { Pair } from './decide.ts'
import type { BundleVersion } from './development.ts'
import { expiryOf, roleKeys, type TargetsMetadata, targetsOf } from './metadata.ts'
import type { InForcePair } from './status.ts'
import { signedBy } from './verify.ts'

/**
 * - `approved`: devices take the version.
 * - `signing`: too few have signed; a draft that names it waits for the others.
 * - `unapproved`: nobody has signed for it, or for other bytes.
 * - `revoked`: it was approved, and withdrawn.
 * - `waiting`, `expired`: devices take no version at all until the operators have signed.
 */
export const APPROVAL_STATES = ['approved', 'signing', 'unapproved', 'revoked', 'waiting', 'expired'] as const

/** Who vouches for a version. */
export interface Approval {
  readonly state: (typeof APPROVAL_STATES)[number]
  /** What is the matter and what to do, where devices would refuse the version; null: they take it. */
  readonly reason: string | null
  /** Ids of the keys that have signed the metadata that names it, of `keys`, `threshold` of which have to. */
  readonly signedBy: string[]
  readonly keys: string[]
  readonly threshold: number
  /** Of that metadata, Unix ms; null: none names it. */
  readonly expires: number | null
}

const STATES: Readonly<Record<string, Approval['state']>> = {
  'version-revoked': 'revoked',
  'version-unapproved': 'unapproved',
  'trust-waiting': 'waiting',
  'trust-expired': 'expired',
}

export function approvalOf(given: {
  readonly inForce: InForcePair
  readonly drafts: Pair
  readonly version: BundleVersion
  readonly now: number
}): Approval {
  const { inForce, drafts, version, now } = given
  const reason = refusalOf(inForce, version, now)
  const names = (targets: TargetsMetadata) =>
    targetsOf(targets).some(
      ({ path, sha256 }) => path === bundleTarget(version.model, version.version) && sha256 === version.bundle.sha256,
    )
  const metadata = [inForce.targets, drafts.targets].find((one) => one && names(one.metadata))?.metadata
  const root = (metadata === drafts.targets?.metadata ? drafts.root : undefined) ?? inForce.root ?? drafts.root
  const role = root && roleKeys(root.metadata, 'targets')
  const isDraft = metadata !== undefined && metadata === drafts.targets?.metadata
  return {
    state: reason === null ? 'approved' : reason.state === 'unapproved' && isDraft ? 'signing' : reason.state,
    reason: reason?.message ?? null,
    signedBy: root && metadata ? signedBy(root.metadata, 'targets', metadata as never) : [],
    keys: role?.keys.map((key) => key.keyID) ?? [],
    threshold: role?.threshold ?? 0,
    expires: metadata ? expiryOf(metadata) : null,
  }
}

function refusalOf(inForce: InForcePair, version: BundleVersion, now: number) {
  try {
    requireApproved(inForce, version, now)
    return null
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error
    return { state: STATES[error.code] ?? 'unapproved', message: error.message }
  }
}
