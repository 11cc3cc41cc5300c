import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { SetupError } from '../platform/errors.ts'
import { readBytes } from '../platform/files.ts'
import type { Log } from '../platform/log.ts'
import { type Approval, approvalOf } from './approval.ts'
import { requireApproved } from './approved.ts'
import { namesCloud } from './decide.ts'
import { type BundleVersion, type Development, startDevelopment } from './development.ts'
import { isDevelopment } from './metadata.ts'
import { findDevelopmentKeys, forgetDevelopmentKeys, openDevelopmentKeys, openOnlineKeys } from './online-keys.ts'
import { createRepository, type Repository } from './repository.ts'
import { desiredSigner, type SignDesired } from './sign-desired.ts'
import { statusOf, type TrustMode, type TrustStatus } from './status.ts'

export interface Trust extends Repository, AsyncDisposable {
  status(): Promise<TrustStatus>
  /**
   * Whether devices will take the version. Revoked versions, and a repository that has expired, are refused.
   * @throws ConflictError `version-unapproved`, `version-revoked`, `trust-waiting`, `trust-expired`.
   */
  requireApproved(version: BundleVersion): Promise<void>
  /** Who has signed for a version, and whether devices take it. */
  approval(version: BundleVersion): Promise<Approval>
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
  const keyIds = { ...cloudKeys, snapshot: online.snapshot.key.keyID, timestamp: online.timestamp.key.keyID }

  const forgetHandedOver = async () => {
    const { root } = await repository.inForce()
    if (handOver && root && !isDevelopment(root.metadata)) await forgetDevelopmentKeys(folder)
  }

  let development: Development | undefined
  if (mode === 'development') {
    const keys = await openDevelopmentKeys(folder)
    development = await startDevelopment({ repository, keys, online, clock })
  } else {
    await forgetHandedOver()
    await repository.renew(true)
  }

  const trust: Omit<Trust, typeof Symbol.asyncDispose> = {
    ...repository,
    signDesired: desiredSigner(online),
    async push(submission) {
      const standings = await repository.push(submission)
      await forgetHandedOver()
      return standings
    },
    async status() {
      return statusOf({
        mode,
        inForce: await repository.inForce(),
        online: await repository.online(),
        standings: await repository.standings(),
        cloudKeys,
        isNamed: (root) => namesCloud(root, keyIds),
        now: clock.now(),
      })
    },
    async requireApproved(version) {
      requireApproved(await repository.inForce(), version, clock.now())
    },
    async approval(version) {
      const [inForce, drafts] = [await repository.inForce(), await repository.drafts()]
      return approvalOf({ inForce, drafts, version, now: clock.now() })
    },
    async approve(versions) {
      await development?.approve(versions)
    },
  }

  if (mode === 'production' && options.root !== undefined) await pinRoot(trust, options.root)
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
async function pinRoot(repository: Pick<Repository, 'push'>, path: string): Promise<void> {
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
  await repository.push({ roots: [bytes] })
}
