import {
  bundleTarget,
  DESIRED_KEYS_TARGET,
  type DesiredKey,
  type ObjectRef,
  REVOKED_TARGET,
  type SignedTarget,
} from '@storecast/shared/contracts'
import type { Clock } from '../platform/clock.ts'
import { SetupError } from '../platform/errors.ts'
import { readRevoked } from './decide.ts'
import { publicTufKey, type Signer } from './keys.ts'
import {
  addSignatures,
  composeRoot,
  composeTargets,
  expiryOf,
  isDevelopment,
  metadataBytes,
  nextVersion,
  type RootMetadata,
  roleKeys,
  sha256,
  targetsOf,
} from './metadata.ts'
import type { DevelopmentKeys, OnlineKeys } from './online-keys.ts'
import type { Repository } from './repository.ts'

/** A registered version, and exactly which bytes it is. */
export interface BundleVersion {
  readonly model: string
  readonly version: number
  readonly bundle: ObjectRef
}

/** A cloud that stands in for its operators: it approves whatever is registered, so that a demo and a first try need no ceremony. */
export interface Development {
  /** Signs for versions that are not signed for yet, and anew where half of the signature's life is over. */
  approve(versions: readonly BundleVersion[]): Promise<void>
}

const DAY_MS = 86_400_000
/** Nobody renews it: development ends before. */
const ROOT_LIFE_MS = 3_650 * DAY_MS
const TARGETS_LIFE_MS = 365 * DAY_MS

interface DevelopmentOptions {
  readonly repository: Repository
  readonly keys: DevelopmentKeys
  readonly online: OnlineKeys
  readonly clock: Clock
}

/**
 * Puts the cloud's own root and targets in force. Targets are signed anew with every start: this may be a restored copy
 * of an older repository, and devices refuse to go back.
 * @throws SetupError `trust-mode`, `trust-keys-lost`.
 */
export async function startDevelopment(options: DevelopmentOptions): Promise<Development> {
  const { repository, keys, online, clock } = options
  const { root } = await repository.inForce()
  if (root) requireOwnRoot(root.metadata, keys.root)
  if (!root || !names(root.metadata, keys, online)) {
    const next = composeRoot({
      version: (root?.metadata.signed.version ?? 0) + 1,
      expires: clock.now() + ROOT_LIFE_MS,
      development: true,
      roles: {
        root: only(keys.root),
        targets: only(keys.targets),
        snapshot: only(online.snapshot),
        timestamp: only(online.timestamp),
      },
    })
    addSignatures(next, [keys.root])
    await sign(options, [], metadataBytes(next))
  } else await sign(options, [])
  let last = Promise.resolve()
  return {
    approve(versions) {
      // One after the other: each starts from what the one before has signed.
      const turn = last.then(() => approve(options, versions))
      last = turn.catch(() => {})
      return turn
    },
  }
}

const only = ({ key }: Signer) => ({ keys: [key], threshold: 1 })

function requireOwnRoot(root: RootMetadata, own: Signer): void {
  if (!isDevelopment(root)) {
    throw new SetupError({
      code: 'trust-mode',
      message:
        'The root in force is the operators’, so that this cloud cannot approve by itself. Set trust.mode (STORECAST_TRUST) to production.',
    })
  }
  if (roleKeys(root, 'root').keys.some((key) => key.keyID === own.key.keyID)) return
  throw new SetupError({
    code: 'trust-keys-lost',
    message:
      'The development root in the database was signed by another key than the one in the keys folder, and only that one could make devices follow a new root. Put the folder of the cloud’s keys back from its copy (backups of the database do not hold it).',
  })
}

/** Whether the root gives every role to the keys that are there. */
function names(root: RootMetadata, keys: DevelopmentKeys, online: OnlineKeys): boolean {
  const own = { targets: keys.targets, snapshot: online.snapshot, timestamp: online.timestamp }
  return Object.entries(own).every(([role, { key }]) =>
    roleKeys(root, role as keyof typeof own).keys.some(
      ({ keyVal }) => publicTufKey(keyVal.public!).keyID === key.keyID,
    ),
  )
}

async function approve(options: DevelopmentOptions, versions: readonly BundleVersion[]): Promise<void> {
  const { targets } = await options.repository.inForce()
  const signed = new Set(targets ? targetsOf(targets.metadata).map(({ path }) => path) : [])
  const fresh = versions.filter(({ model, version }) => !signed.has(bundleTarget(model, version)))
  const old = targets && options.clock.now() > expiryOf(targets.metadata) - TARGETS_LIFE_MS / 2
  if (fresh.length > 0 || old) await sign(options, fresh)
}

async function sign(options: DevelopmentOptions, versions: readonly BundleVersion[], root?: Buffer): Promise<void> {
  const { repository, keys, online, clock } = options
  const { targets, files } = await repository.inForce()
  const revoked = files.has(REVOKED_TARGET) ? readRevoked(files) : { versions: [] }
  const small = new Map([
    [DESIRED_KEYS_TARGET, json({ keys: [online.desired.public] satisfies DesiredKey[] })],
    [REVOKED_TARGET, json(revoked)],
  ])
  const kept = targets ? targetsOf(targets.metadata).filter(({ path }) => !small.has(path)) : []
  const next = composeTargets({
    version: nextVersion(targets?.metadata.signed.version ?? 0, clock.now()),
    expires: clock.now() + TARGETS_LIFE_MS,
    targets: [...kept, ...[...small].map(([path, bytes]) => fileTarget(path, bytes)), ...versions.map(bundle)],
  })
  addSignatures(next, [keys.targets])
  await repository.push({ roots: root ? [root] : [], targets: metadataBytes(next), files: [...small.values()] })
}

const json = (value: unknown) => Buffer.from(`${JSON.stringify(value, null, 1)}\n`)
const fileTarget = (path: string, bytes: Buffer): SignedTarget => ({
  path,
  length: bytes.length,
  sha256: sha256(bytes),
})
const bundle = ({ model, version, bundle }: BundleVersion): SignedTarget => ({
  path: bundleTarget(model, version),
  length: bundle.bytes,
  sha256: bundle.sha256,
})
