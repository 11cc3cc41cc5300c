import { bundleTarget } from '@storecast/shared/contracts'
import { ConflictError } from '../platform/errors.ts'
import { readRevoked } from './decide.ts'
import type { BundleVersion } from './development.ts'
import { targetsOf } from './metadata.ts'
import { waitingForRoot } from './push.ts'
import { type InForcePair, stateOf } from './status.ts'

/**
 * Whether devices would take a version, judged by what is in force.
 * @throws ConflictError `version-unapproved`, `version-revoked`, `trust-waiting`, `trust-expired`
 */
export function requireApproved(
  { root, targets, files }: InForcePair,
  { model, version, bundle }: BundleVersion,
  nowMs: number,
): void {
  if (!root || !targets) throw waitingForRoot()
  if (stateOf({ root, targets }, () => true, nowMs) === 'expired') {
    throw new ConflictError({
      code: 'trust-expired',
      message:
        'The root or targets metadata has expired, so that devices take no update. Sign a new version: "storecast trust renew".',
    })
  }
  const name = `${model}@${version}`
  const signed = targetsOf(targets.metadata).find(({ path }) => path === bundleTarget(model, version))
  if (signed?.sha256 !== bundle.sha256 || signed.length !== bundle.bytes) {
    throw new ConflictError({
      code: 'version-unapproved',
      message: signed
        ? `The approvers have signed for ${name} with other bytes (sha256 ${signed.sha256}) than the registry has (${bundle.sha256}). Find out where that bundle came from before anything else.`
        : `Too few approvers have signed for ${name}, so that devices would refuse it. Approve it first: "storecast approve ${name}".`,
    })
  }
  const revoked = readRevoked(files).versions.find((one) => one.model === model && one.version === version)
  if (!revoked) return
  throw new ConflictError({
    code: 'version-revoked',
    message: `${name} is revoked (${revoked.reason}). Choose another version.`,
  })
}
