import { setTimeout as delay } from 'node:timers/promises'
import { bundleTarget, type DesiredKey } from '@storecast/shared/contracts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ConflictError, SetupError } from '../platform/errors.ts'
import { readBytes } from '../platform/files.ts'
import type { Log } from '../platform/log.ts'
import { namesCloud, type Pair, readRevoked, signedRoot } from './decide.ts'
import { type BundleVersion, type Development, startDevelopment } from './development.ts'
import {
  expiryOf,
  isDevelopment,
  type OperatorRole,
  type RootMetadata,
  roleKeys,
  sha256,
  targetsOf,
} from './metadata.ts'
import { findDevelopmentKeys, forgetDevelopmentKeys, openDevelopmentKeys, openOnlineKeys } from './online-keys.ts'
import { createRepository, type Repository, type Standing, waitingForRoot } from './repository.ts'
import { desiredSigner, type SignDesired } from './sign-desired.ts'

export type TrustMode = 'development' | 'production'

/** How far the repository is, and what an operator has to do about it. */
type TrustState = 'ready' | 'waiting-for-root' | 'waiting-for-targets' | 'other-cloud-keys' | 'expired'

export interface TrustStatus {
  /** Development: the cloud approves what is registered by itself, and nobody vouches for it. */
  readonly mode: TrustMode
  readonly state: TrustState
  /** The same for people. */
  readonly message: string
  readonly root: (InForce & { readonly sha256: string; readonly development: boolean }) | null
  readonly targets: (InForce & { readonly approved: number; readonly revoked: number }) | null
  readonly snapshot: Versioned | null
  readonly timestamp: Versioned | null
  /** Public halves of what this cloud signs with: a root names the first two, `desired-keys.json` holds the third. */
  readonly cloudKeys: { readonly snapshot: string; readonly timestamp: string; readonly desired: DesiredKey }
  /** What waits for more signatures. */
  readonly drafts: Readonly<Record<OperatorRole, Standing | null>>
}

interface Versioned {
  readonly version: number
  /** Unix ms. */
  readonly expires: number
}
interface InForce extends Versioned {
  /** Ids of the role's keys, of which `threshold` have to sign. */
  readonly keys: string[]
  readonly threshold: number
}

export interface Trust extends Repository, AsyncDisposable {
  status(): Promise<TrustStatus>
  /**
   * Whether devices will take the version. Revoked versions, and a repository that has expired, are refused.
   * @throws ConflictError `version-unapproved`, `version-revoked`, `trust-waiting`, `trust-expired`.
   */
  requireApproved(version: BundleVersion): Promise<void>
  /** In development: signs for versions that are not signed for yet. In production people do, and this does nothing. */
  approve(versions: readonly BundleVersion[]): Promise<void>
  readonly signDesired: SignDesired
}

interface TrustOptions {
  readonly mode: TrustMode
  /** Folder of the cloud's own keys. */
  readonly keys: string
  /** Path of the operators' first root, pinned; absent: the first that an operator sends. */
  readonly root?: string | undefined
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  /** How often expiry is looked at. */
  readonly everyMs?: number
}

/** Opens the repository and keeps what the cloud signs from expiring. @throws SetupError */
export async function startTrust(options: TrustOptions): Promise<Trust> {
  const { mode, keys: folder, database, clock, log, everyMs = 60_000 } = options
  const ending = new AbortController()
  const online = await openOnlineKeys(folder)
  // A cloud that leaves development hands its devices over to the operators' root.
  const handOver = mode === 'production' ? await findDevelopmentKeys(folder) : undefined
  const repository = createRepository({ database, keys: online, handOver: handOver?.root, clock, log })
  const cloudKeys = {
    snapshot: online.snapshot.key.keyVal.public!,
    timestamp: online.timestamp.key.keyVal.public!,
    desired: online.desired.public,
  }

  let development: Development | undefined
  if (mode === 'development') {
    const keys = await openDevelopmentKeys(folder)
    development = await startDevelopment({ repository, keys, online, clock })
  } else {
    if (options.root !== undefined) await pinRoot(repository, options.root)
    await repository.renew(true)
  }

  const trust: Omit<Trust, typeof Symbol.asyncDispose> = {
    ...repository,
    signDesired: desiredSigner(online),
    async push(submission) {
      const standings = await repository.push(submission)
      const { root } = await repository.inForce()
      if (handOver && root && !isDevelopment(root.metadata)) await forgetDevelopmentKeys(folder)
      return standings
    },
    async status() {
      const [inForce, signed, standings] = [
        await repository.inForce(),
        await repository.online(),
        await repository.standings(),
      ]
      const ids = { ...cloudKeys, snapshot: online.snapshot.key.keyID, timestamp: online.timestamp.key.keyID }
      const state = stateOf(inForce, (root) => namesCloud(root, ids), clock.now())
      const role = (name: OperatorRole, metadata: NonNullable<Pair['root' | 'targets']>['metadata']) => {
        const { keys, threshold } = roleKeys(inForce.root!.metadata, name)
        const ids = keys.map((key) => key.keyID)
        return { version: metadata.signed.version, expires: expiryOf(metadata), keys: ids, threshold }
      }
      const { root, targets, files } = inForce
      const draft = (name: OperatorRole) => (standings[name]?.state === 'draft' ? standings[name] : null)
      return {
        mode,
        state,
        message: MESSAGES[state](mode),
        root: root
          ? {
              ...role('root', root.metadata),
              sha256: sha256(root.bytes),
              development: isDevelopment(root.metadata),
            }
          : null,
        targets: targets
          ? {
              ...role('targets', targets.metadata),
              approved: targetsOf(targets.metadata).length - files.size,
              revoked: readRevoked(files).versions.length,
            }
          : null,
        ...signed,
        cloudKeys,
        drafts: { root: draft('root'), targets: draft('targets') },
      }
    },
    async requireApproved(version) {
      requireApproved(await repository.inForce(), version, clock.now())
    },
    async approve(versions) {
      await development?.approve(versions)
    },
  }

  const { state, message } = await trust.status()
  if (mode === 'development' || state !== 'ready') log.warn({ mode, state }, message)
  else log.info({ mode, state }, message)

  const watch = async () => {
    while (!ending.signal.aborted) {
      // Jittered, so that clouds beside each other do not all look at once.
      await delay(everyMs * (0.5 + Math.random()), undefined, { signal: ending.signal }).catch(() => {})
      if (ending.signal.aborted) return
      try {
        await repository.renew()
        await development?.approve([])
      } catch (error) {
        log.error({ error }, 'metadata was not signed anew; trying again')
      }
    }
  }
  const watching = watch()
  return {
    ...trust,
    async [Symbol.asyncDispose]() {
      ending.abort()
      await watching
    },
  }
}

/** The first root comes from a file; later ones, signed by its keys, come by the API. */
async function pinRoot(repository: Repository, path: string): Promise<void> {
  let bytes: Buffer
  try {
    bytes = Buffer.from(await readBytes(path))
  } catch (cause) {
    throw new SetupError({
      code: 'trust-root-missing',
      message: `The root metadata that trust.root (STORECAST_TRUST_ROOT) names cannot be read: ${(cause as Error).message}. Give the path of the operators' root file.`,
      cause,
    })
  }
  const { root } = await repository.inForce()
  if (root && root.metadata.signed.version > signedRoot(bytes).metadata.signed.version) return
  await repository.push({ roots: [bytes] })
}

function stateOf({ root, targets }: Pair, isNamed: (root: RootMetadata) => boolean, nowMs: number): TrustState {
  if (!root) return 'waiting-for-root'
  if (!isNamed(root.metadata)) return 'other-cloud-keys'
  if (!targets) return 'waiting-for-targets'
  return [root, targets].some(({ metadata }) => expiryOf(metadata) <= nowMs) ? 'expired' : 'ready'
}

const MESSAGES: Readonly<Record<TrustState, (mode: TrustMode) => string>> = {
  ready: (mode) =>
    mode === 'development'
      ? 'DEVELOPMENT TRUST: this cloud approves every registered model by itself, with keys of its own. Whoever controls it controls what devices run. For production: docs/key-ceremony.md'
      : 'devices run only what the operators have signed',
  'waiting-for-root': () =>
    'no root of the operators yet: no model can be rolled out until the key ceremony is held (docs/key-ceremony.md) and its root sent (storecast trust push)',
  'waiting-for-targets': () =>
    'the operators’ root is in force, their targets metadata is not: send it with "storecast trust push"',
  'other-cloud-keys': () =>
    'the root names other snapshot and timestamp keys than this cloud has: put the keys folder back from its copy, or have the operators sign a root that names the new keys ("storecast trust rotate --cloud-keys")',
  expired: () =>
    'the operators’ root or targets metadata has expired: devices go on forecasting and take no update until a new version is signed ("storecast trust renew")',
}

function requireApproved(
  { root, targets, files }: Awaited<ReturnType<Repository['inForce']>>,
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
