import {
  DESIRED_KEYS_TARGET,
  type DesiredKey,
  DesiredKeys,
  REVOKED_TARGET,
  RevokedVersions,
  type SignedTarget,
} from '@storecast/shared/contracts'
import { ConflictError, InvalidError } from '../platform/errors.ts'
import {
  metadataBytes,
  type OperatorRole,
  parseRoot,
  parseTargets,
  type RootMetadata,
  roleKeys,
  sha256,
  type TargetsMetadata,
  targetsOf,
} from './metadata.ts'
import { isSigned, rootIsSigned, signedBy } from './verify.ts'

/** Metadata beside its bytes: those that were signed, that are kept, and that devices get. */
export interface Signed<M extends RootMetadata | TargetsMetadata> {
  readonly metadata: M
  readonly bytes: Buffer
}
/** What is in force, or what is on its way there. */
export interface Pair {
  readonly root?: Signed<RootMetadata> | undefined
  readonly targets?: Signed<TargetsMetadata> | undefined
}
/** Small targets by their path. */
export type Files = ReadonlyMap<string, Buffer>

/** Which of the drafts come into force together, and what the others wait for. */
export interface Ripe {
  readonly root: boolean
  readonly targets: boolean
  readonly waitsFor?: 'signatures' | 'targets' | 'root'
}

/**
 * A draft comes into force when enough of its role's keys have signed it, and only if devices then find metadata that
 * verifies together: a root that gives the targets role to other keys waits for targets that those have signed.
 */
export function ripe(inForce: Pair, drafts: Pair): Ripe {
  const signed = drafts.root && rootIsSigned(inForce.root?.metadata, drafts.root.metadata)
  const under = (root: Pair['root'], targets: Pair['targets']) =>
    root !== undefined && targets !== undefined && isSigned(root.metadata, 'targets', targets.metadata)
  if (signed) {
    const targets = under(drafts.root, drafts.targets)
    if (targets) return { root: true, targets: true }
    const stands = inForce.targets === undefined || under(drafts.root, inForce.targets)
    if (stands) return { root: true, targets: false, ...(drafts.targets && { waitsFor: 'signatures' }) }
  }
  const targets = under(inForce.root, drafts.targets)
  const waitsFor = signed ? 'targets' : drafts.targets && !targets && !inForce.root ? 'root' : 'signatures'
  return { root: false, targets, ...((drafts.root || (drafts.targets && !targets)) && { waitsFor }) }
}

/**
 * The draft with what a signer adds: signatures of both, where both are of the same content.
 * @param authorities whose keys may sign; what nobody of them has signed is no draft.
 * @throws ConflictError `draft-conflict`, InvalidError `signatures-missing`, `signature-invalid`.
 */
export function mergeDraft<M extends RootMetadata | TargetsMetadata>(options: {
  readonly role: OperatorRole
  readonly authorities: readonly RootMetadata[]
  readonly draft: Signed<M> | undefined
  readonly next: Signed<M>
}): Signed<M> {
  const { role, authorities, draft, next } = options
  requireRightSignatures(role, authorities, next.metadata)
  if (!draft) return next
  if (!(draft.metadata.signed as TargetsMetadata['signed']).equals(next.metadata.signed as TargetsMetadata['signed'])) {
    throw new ConflictError({
      code: 'draft-conflict',
      message: `Version ${draft.metadata.signed.version} of the ${role} metadata is being signed already, and this is another. Sign that one ("storecast trust fetch"), or discard it first ("storecast trust discard ${role}").`,
    })
  }
  const known = Object.keys(next.metadata.signatures).length
  for (const [id, signature] of Object.entries(draft.metadata.signatures)) next.metadata.signatures[id] ??= signature
  // As it came where it says all: its signers keep the same bytes, and the same digest.
  const all = Object.keys(next.metadata.signatures).length === known
  return all ? next : { metadata: next.metadata, bytes: metadataBytes(next.metadata) }
}

function requireRightSignatures(
  role: OperatorRole,
  authorities: readonly RootMetadata[],
  metadata: RootMetadata | TargetsMetadata,
): void {
  const right = new Set(authorities.flatMap((authority) => signedBy(authority, role, metadata as never)))
  const wrong = Object.keys(metadata.signatures).find((id) => !right.has(id))
  if (wrong !== undefined) {
    throw new InvalidError({
      code: 'signature-invalid',
      message: `The ${role} metadata has a signature by key ${wrong.slice(0, 16)}, which is no key of the ${role} role or did not sign this. Sign with a key that the root names: "storecast trust status" lists them.`,
    })
  }
  if (right.size > 0) return
  throw new InvalidError({
    code: 'signatures-missing',
    message: `Nobody has signed the ${role} metadata. Sign it with a key of the ${role} role.`,
  })
}

/** Keys of this cloud: ids of two, the third whole. */
export interface CloudKeyIds {
  readonly snapshot: string
  readonly timestamp: string
  readonly desired: DesiredKey
}

/** Whether a root lets this cloud sign: it names its snapshot and timestamp keys, alone or as one of several. */
export function namesCloud(root: RootMetadata, keys: CloudKeyIds): boolean {
  return (['snapshot', 'timestamp'] as const).every((role) => {
    const { keys: named, threshold } = roleKeys(root, role)
    return threshold === 1 && named.some((key) => key.keyID === keys[role])
  })
}

/** @throws InvalidError `root-other-cloud`. */
export function requireNamesCloud(root: RootMetadata, keys: CloudKeyIds): void {
  if (namesCloud(root, keys)) return
  throw new InvalidError({
    code: 'root-other-cloud',
    message: `Root version ${root.signed.version} does not name this cloud's snapshot and timestamp keys, each with threshold 1, so that it could sign nothing for devices. Fetch them with "storecast trust cloud-keys", and sign a root that names them.`,
  })
}

/**
 * The small targets of targets metadata, each with the bytes it signs for.
 * @param given what came with it, and what is kept from before, by digest.
 * @throws InvalidError `target-missing`, `target-unknown`, `target-invalid`, `targets-other-cloud`.
 */
export function requireFiles(
  targets: TargetsMetadata,
  given: ReadonlyMap<string, Buffer>,
  desired: DesiredKey,
): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (const { path, sha256: digest, length } of targetsOf(targets)) {
    if (/^models\/[a-z0-9_-]+\/[1-9]\d*\.bundle$/.test(path)) continue
    if (path !== DESIRED_KEYS_TARGET && path !== REVOKED_TARGET) {
      throw new InvalidError({
        code: 'target-unknown',
        message: `The targets metadata signs for ${path}, which no device reads. Targets are models/<model>/<version>.bundle, ${DESIRED_KEYS_TARGET} and ${REVOKED_TARGET}.`,
      })
    }
    const bytes = given.get(digest)
    if (bytes?.length !== length) {
      throw new InvalidError({
        code: 'target-missing',
        message: `The targets metadata signs for ${path} (sha256 ${digest}), whose bytes did not come with it. Send the file along: "storecast trust push" does.`,
      })
    }
    files.set(path, bytes)
  }
  readRevoked(files)
  const { keys } = readFile(DesiredKeys, DESIRED_KEYS_TARGET, files)
  if (keys.some((key) => key.kid === desired.kid && key.x === desired.x)) return files
  throw new InvalidError({
    code: 'targets-other-cloud',
    message: `${DESIRED_KEYS_TARGET} does not hold this cloud's key ${desired.kid}, so that devices would take no desired state from it. Fetch the keys with "storecast trust cloud-keys", and sign targets that hold them.`,
  })
}

/** @throws InvalidError `target-missing`, `target-invalid`. */
export const readRevoked = (files: Files): RevokedVersions => readFile(RevokedVersions, REVOKED_TARGET, files)

function readFile<T>(schema: { parse(value: unknown): T }, path: string, files: Files): T {
  const bytes = files.get(path)
  if (!bytes) {
    throw new InvalidError({
      code: 'target-missing',
      message: `The targets metadata does not sign for ${path}, which devices need. Add it.`,
    })
  }
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')))
  } catch (cause) {
    throw new InvalidError({ code: 'target-invalid', message: `${path} is not in the form that devices read.`, cause })
  }
}

export const signedRoot = (bytes: Buffer): Signed<RootMetadata> => ({ metadata: parseRoot(bytes), bytes })
export const signedTargets = (bytes: Buffer): Signed<TargetsMetadata> => ({ metadata: parseTargets(bytes), bytes })
/** The files that targets metadata signs for, whoever signed it. */
export const targetsIn = (bytes: Buffer): SignedTarget[] => targetsOf(parseTargets(bytes))
export const byDigest = (files: Iterable<Buffer>): Map<string, Buffer> =>
  new Map([...files].map((bytes) => [sha256(bytes), bytes]))
