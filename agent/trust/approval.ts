import { bundleTarget, type ObjectRef, type RevokedVersions } from '@storecast/shared/contracts'
import type { TargetFile } from 'tuf-js'
import { TrustRefused } from './errors.ts'

/** A model version, and the bytes that it is said to be. */
export interface BundleTarget {
  readonly model: string
  readonly version: number
  readonly bundle: ObjectRef
}

/**
 * Whether the approvers signed for exactly these bytes under this name, and nobody has withdrawn them.
 * @param signed what the repository's targets say of it; undefined where nothing
 * @throws TrustRefused `not-approved`, `length-differs`, `digest-differs`, `version-revoked`
 */
export function requireApproval(
  { model, version, bundle }: BundleTarget,
  signed: Pick<TargetFile, 'length' | 'hashes'> | undefined,
  revoked: RevokedVersions,
): asserts signed {
  const name = `${model} v${version}`
  if (signed === undefined) {
    const target = bundleTarget(model, version)
    throw new TrustRefused('not-approved', `${name}: the approvers have not signed ${target}: storecast approve`)
  }
  const withdrawn = revoked.versions.find((one) => one.model === model && one.version === version)
  if (withdrawn) throw new TrustRefused('version-revoked', `${name} was withdrawn: ${withdrawn.reason}`)
  if (signed.hashes.sha256 !== bundle.sha256) {
    throw new TrustRefused('digest-differs', `${name}: the approvers signed for other bytes than the cloud names`)
  }
  if (signed.length !== bundle.bytes) {
    const lengths = `for ${signed.length} bytes, the cloud names ${bundle.bytes}`
    throw new TrustRefused('length-differs', `${name}: the approvers signed ${lengths}`)
  }
}
