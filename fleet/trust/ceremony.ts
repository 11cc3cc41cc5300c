import {
  addSignatures,
  composeRoot,
  composeTargets,
  expiryOf,
  nextVersion,
  publicTufKey,
  type RoleKeys,
  type RootMetadata,
  readRevoked,
  roleKeys,
  type Signer,
  sha256,
  type TargetsMetadata,
  targetsOf,
} from '@storecast/cloud/trust'
import {
  DESIRED_KEYS_TARGET,
  DesiredKey,
  REVOKED_TARGET,
  type RevokedVersions,
  type SignedTarget,
} from '@storecast/shared/contracts'
import { z } from 'zod'
import { CeremonyError } from './errors.ts'
import { progressOf, type Standing } from './standing.ts'

/** What operators sign, made from what is in force. Nothing here reads or writes. */

/** Public halves of what the cloud signs with, as `storecast trust cloud-keys` writes them. */
const CloudKeys = z.object({
  snapshot: z.string().regex(/^[0-9a-f]{64}$/),
  timestamp: z.string().regex(/^[0-9a-f]{64}$/),
  desired: DesiredKey,
})
export type CloudKeys = z.infer<typeof CloudKeys>

const Version = z.int().nonnegative()
/** With the versions of a development cloud's metadata, which the operators' follow. */
export const CloudKeysFile = CloudKeys.extend({
  after: z.object({ root: Version, targets: Version }).default({ root: 0, targets: 0 }),
})

const DAY_MS = 86_400_000
export const LIFE_DAYS = { root: 365, targets: 180 } as const

interface When {
  /** Unix ms. */
  readonly now: number
  readonly days: number
}

export interface RootChange {
  /** Those who are to sign roots, and targets; absent: as before. */
  readonly root?: RoleKeys | undefined
  readonly targets?: RoleKeys | undefined
  readonly cloudKeys?: CloudKeys | undefined
}

/**
 * The root after `current`, or the first one.
 * @param version of a first root; more than 1 where it follows a development root
 * @throws CeremonyError `keys-missing`, InvalidError `threshold-impossible`
 */
export function nextRoot(
  current: RootMetadata | undefined,
  { root, targets, cloudKeys, now, days, version = 1 }: RootChange & When & { readonly version?: number },
): RootMetadata {
  const kept = <R extends 'root' | 'targets' | 'snapshot' | 'timestamp'>(role: R, given: RoleKeys | undefined) => {
    if (given) return given
    if (current) return roleKeys(current, role)
    throw new CeremonyError('keys-missing', `the first root has to name who signs ${role} metadata`)
  }
  const online = (hex: string | undefined) => hex && { keys: [publicTufKey(hex)], threshold: 1 }
  return composeRoot({
    version: current ? current.signed.version + 1 : version,
    expires: now + days * DAY_MS,
    roles: {
      root: kept('root', root),
      targets: kept('targets', targets),
      snapshot: kept('snapshot', online(cloudKeys?.snapshot) || undefined),
      timestamp: kept('timestamp', online(cloudKeys?.timestamp) || undefined),
    },
  })
}

export interface TargetsChange {
  readonly approve?: SignedTarget | undefined
  readonly revoke?: RevokedVersions['versions'][number] | undefined
  readonly cloudKeys?: CloudKeys | undefined
}

/** Targets metadata, and the small targets that it signs for by their path. */
export interface TargetsDraft {
  readonly metadata: TargetsMetadata
  readonly files: Map<string, Buffer>
}

/**
 * The targets after `current`, or the first.
 * @param options.kept the small targets by digest
 * @param options.last version that first targets come after
 * @throws CeremonyError `already-approved`, `already-revoked`, `file-missing`, `keys-missing`
 */
export function nextTargets(
  current: TargetsMetadata | undefined,
  options: TargetsChange & When & { readonly kept: ReadonlyMap<string, Buffer>; readonly last?: number },
): TargetsDraft {
  const { approve, revoke, cloudKeys, kept, last = 0, now, days } = options
  const files = current ? smallFiles(current, kept) : new Map([[REVOKED_TARGET, json({ versions: [] })]])
  if (cloudKeys) files.set(DESIRED_KEYS_TARGET, json({ keys: [cloudKeys.desired] }))
  if (!files.has(DESIRED_KEYS_TARGET)) {
    throw new CeremonyError('keys-missing', 'the first targets need the cloud’s keys: storecast trust cloud-keys')
  }
  const bundles = current ? targetsOf(current).filter(({ path }) => !files.has(path)) : []
  if (approve) {
    const before = bundles.findIndex(({ path }) => path === approve.path)
    if (before >= 0) {
      const same = bundles[before]!.sha256 === approve.sha256
      throw new CeremonyError(
        same ? 'already-approved' : 'already-otherwise-approved',
        same
          ? `${approve.path} is approved already, with these very bytes`
          : `${approve.path} is approved already with other bytes (sha256 ${bundles[before]!.sha256}): versions never change, so find out where these come from`,
      )
    }
    bundles.push(approve)
  }
  if (revoke) {
    const { versions } = readRevoked(files)
    if (versions.some((one) => one.model === revoke.model && one.version === revoke.version)) {
      throw new CeremonyError('already-revoked', `${revoke.model}@${revoke.version} is revoked already`)
    }
    files.set(REVOKED_TARGET, json({ versions: [...versions, revoke] }))
  }
  const small = [...files].map(([path, bytes]) => ({ path, length: bytes.length, sha256: sha256(bytes) }))
  const metadata = composeTargets({
    version: nextVersion(current?.signed.version ?? last, now),
    expires: now + days * DAY_MS,
    targets: [...small, ...bundles],
  })
  return { metadata, files }
}

const json = (value: unknown) => Buffer.from(`${JSON.stringify(value, null, 1)}\n`)

/**
 * Whether what others have begun to sign is what was asked for, and nothing else.
 * @param asked as `nextTargets` makes it from what is in force
 * @throws CeremonyError `other-pending`
 */
export function requireSameChange(draft: TargetsMetadata, asked: TargetsMetadata): void {
  const content = (targets: TargetsMetadata) =>
    targetsOf(targets)
      .map(({ path, length, sha256 }) => `${path} ${length} ${sha256}`)
      .sort()
      .join('\n')
  if (content(draft) === content(asked) && expiryOf(draft) <= expiryOf(asked) + DAY_MS) return
  throw new CeremonyError(
    'other-pending',
    `targets version ${draft.signed.version} is being signed and changes something else than you ask for (a revocation's reason is part of it): read it with "storecast trust fetch", and sign it with "storecast trust sign" or discard it`,
  )
}

/** The small targets of targets metadata by their path. @throws CeremonyError `file-missing` */
export function smallFiles(targets: TargetsMetadata, kept: ReadonlyMap<string, Buffer>): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (const { path, sha256 } of targetsOf(targets)) {
    if (path !== DESIRED_KEYS_TARGET && path !== REVOKED_TARGET) continue
    const bytes = kept.get(sha256)
    if (!bytes)
      throw new CeremonyError('file-missing', `the folder lacks targets/${sha256}.${path}: storecast trust fetch`)
    files.set(path, bytes)
  }
  return files
}

/**
 * Adds a person's signature to everything pending that the key may sign.
 * @returns what was signed
 * @throws CeremonyError `nothing-pending`, `key-not-named`
 */
export function signPending(standing: Standing, signer: Signer): (RootMetadata | TargetsMetadata)[] {
  const progress = progressOf(standing)
  if (progress.length === 0) throw new CeremonyError('nothing-pending', 'nothing waits for a signature')
  const { keyID } = signer.key
  const named = progress.filter(({ open, signedBy }) => open.includes(keyID) || signedBy.includes(keyID))
  if (named.length === 0) {
    const roles = progress.map(({ role, version }) => `${role} version ${version}`).join(' and ')
    throw new CeremonyError(
      'key-not-named',
      `key ${keyID.slice(0, 16)} may not sign ${roles}: the root names other keys`,
    )
  }
  return named.map(({ role }) => {
    const metadata = standing.pending[role]!
    addSignatures(metadata, [signer])
    return metadata
  })
}
