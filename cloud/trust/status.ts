import type { DesiredKey } from '@storecast/shared/contracts'
import { type Pair, readRevoked } from './decide.ts'
import {
  expiryOf,
  isDevelopment,
  type OperatorRole,
  type RootMetadata,
  roleKeys,
  sha256,
  targetsOf,
} from './metadata.ts'
import type { Standing, Standings } from './push.ts'

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

/** What is in force, with the small targets by their path. */
export type InForcePair = Pair & { readonly files: ReadonlyMap<string, Buffer> }

interface Facts {
  readonly mode: TrustMode
  readonly inForce: InForcePair
  readonly online: Pick<TrustStatus, 'snapshot' | 'timestamp'>
  readonly standings: Standings
  readonly cloudKeys: TrustStatus['cloudKeys']
  /** Whether a root names this cloud's keys. */
  readonly isNamed: (root: RootMetadata) => boolean
  readonly now: number
}

export function statusOf({ mode, inForce, online, standings, cloudKeys, isNamed, now }: Facts): TrustStatus {
  const { root, targets, files } = inForce
  const state = stateOf(inForce, isNamed, now)
  const signedBy = (role: OperatorRole, metadata: NonNullable<Pair[OperatorRole]>['metadata']) => {
    const { keys, threshold } = roleKeys(root!.metadata, role)
    return {
      version: metadata.signed.version,
      expires: expiryOf(metadata),
      keys: keys.map((key) => key.keyID),
      threshold,
    }
  }
  const draft = (role: OperatorRole): Standing | null => (standings[role]?.state === 'draft' ? standings[role] : null)
  return {
    mode,
    state,
    message: MESSAGES[state](mode),
    root: root
      ? { ...signedBy('root', root.metadata), sha256: sha256(root.bytes), development: isDevelopment(root.metadata) }
      : null,
    targets: targets
      ? {
          ...signedBy('targets', targets.metadata),
          approved: targetsOf(targets.metadata).length - files.size,
          revoked: readRevoked(files).versions.length,
        }
      : null,
    ...online,
    cloudKeys,
    drafts: { root: draft('root'), targets: draft('targets') },
  }
}

/** @param isNamed whether a root names this cloud's keys */
export function stateOf({ root, targets }: Pair, isNamed: (root: RootMetadata) => boolean, nowMs: number): TrustState {
  if (!root) return 'waiting-for-root'
  if (!isNamed(root.metadata)) return 'other-cloud-keys'
  if (!targets) return 'waiting-for-targets'
  return [root, targets].some(({ metadata }) => expiryOf(metadata) <= nowMs) ? 'expired' : 'ready'
}

const MESSAGES: Readonly<Record<TrustState, (mode: TrustMode) => string>> = {
  ready: (mode) =>
    mode === 'development'
      ? 'DEVELOPMENT TRUST: this cloud approves every registered model by itself, with keys of its own. Whoever controls it controls what devices run. For production: docs/operator/key-ceremony.md'
      : 'devices run only what the operators have signed',
  'waiting-for-root': () =>
    'no root of the operators yet: no model can be rolled out until the key ceremony is held (docs/operator/key-ceremony.md) and its root sent (storecast trust push)',
  'waiting-for-targets': () =>
    'the operators’ root is in force, their targets metadata is not: send it with "storecast trust push"',
  'other-cloud-keys': () =>
    'the root names other snapshot and timestamp keys than this cloud has: put the keys folder back from its copy, or have the operators sign a root that names the new keys ("storecast trust rotate --cloud-keys")',
  expired: () =>
    'the operators’ root or targets metadata has expired: devices go on forecasting and take no update until a new version is signed ("storecast trust renew")',
}
