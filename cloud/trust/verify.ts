import type { Metadata } from '@tufjs/models'
import { ConflictError, ForbiddenError, InvalidError } from '../platform/errors.ts'
import { publicTufKey } from './keys.ts'
import { expiryOf, type OperatorRole, type RootMetadata, roleKeys, type TargetsMetadata } from './metadata.ts'

/**
 * Judges root and targets metadata as a device does (TUF specification 5.3 and 5.6), before any device sees it.
 * Nothing here reads or writes.
 */

/** Ids of the role's keys, by `authority`, that have signed; a signature that does not verify counts for nothing. */
export function signedBy(authority: RootMetadata, role: OperatorRole, metadata: Metadata<never>): string[] {
  const { keys } = roleKeys(authority, role)
  return keys.filter((key) => verifies(() => key.verifySignature(metadata))).map((key) => key.keyID)
}

function verifies(check: () => void): boolean {
  try {
    check()
    return true
  } catch {
    return false
  }
}

/** Enough signatures, by the root before (where there is one) and by its own keys: 5.3.4 and 5.3.5. */
export const rootIsSigned = (current: RootMetadata | undefined, next: RootMetadata): boolean =>
  [current ?? next, next].every((authority) => isSigned(authority, 'root', next))

export const isSigned = (authority: RootMetadata, role: OperatorRole, metadata: RootMetadata | TargetsMetadata) =>
  signedBy(authority, role, metadata as Metadata<never>).length >= roleKeys(authority, role).threshold

/**
 * What makes a root wrong whoever signs it.
 * @throws InvalidError `root-keys`, ConflictError `root-version`, ForbiddenError `metadata-expired`.
 */
export function requireRootForm(current: RootMetadata | undefined, next: RootMetadata, nowMs: number): void {
  requireOwnKeys(next)
  const expected = (current?.signed.version ?? 0) + 1
  // The first root may come with any version: an older cloud's roots need not be known here.
  if (current && next.signed.version !== expected) {
    throw new ConflictError({
      code: 'root-version',
      message: `The next root has version ${expected}, and this one ${next.signed.version}: devices follow roots one by one. Send the versions between, or sign this one as version ${expected}.`,
    })
  }
  requireNotExpired('root', next, nowMs)
}

/** Every key under its own id and once: a key under two ids would count as two signers. */
function requireOwnKeys({ signed }: RootMetadata): void {
  const wrong = Object.entries(signed.keys).find(([id, key]) => publicTufKey(key.keyVal.public ?? '').keyID !== id)
  const absent = Object.values(signed.roles).flatMap(({ keyIDs }) => keyIDs.filter((id) => !signed.keys[id]))
  const twice = Object.values(signed.roles).some(({ keyIDs }) => new Set(keyIDs).size !== keyIDs.length)
  const short = Object.entries(signed.roles).find(([, { keyIDs, threshold }]) => keyIDs.length < threshold)
  const fault = wrong
    ? `key ${wrong[0]} is another key than its id says`
    : absent.length > 0
      ? `a role names key ${absent[0]}, which it does not hold`
      : twice
        ? 'a role names a key twice'
        : short && `the ${short[0]} role asks for more signatures than it has keys`
  if (!fault) return
  throw new InvalidError({
    code: 'root-keys',
    message: `The root metadata is wrong: ${fault}. Make it anew with "storecast trust".`,
  })
}

/** @throws ConflictError `targets-version`, ForbiddenError `metadata-expired`. */
export function requireTargetsForm(current: TargetsMetadata | undefined, next: TargetsMetadata, nowMs: number): void {
  if (current && next.signed.version <= current.signed.version) {
    throw new ConflictError({
      code: 'targets-version',
      message: `The targets metadata has version ${next.signed.version}, and version ${current.signed.version} is in force: devices refuse to go back. Start from the one in force and sign a later version.`,
    })
  }
  requireNotExpired('targets', next, nowMs)
}

function requireNotExpired(role: OperatorRole, metadata: RootMetadata | TargetsMetadata, nowMs: number): void {
  if (expiryOf(metadata) > nowMs) return
  throw new ForbiddenError({
    code: 'metadata-expired',
    message: `The ${role} metadata expired at ${metadata.signed.expires}, so devices refuse it. Sign a new version.`,
  })
}
