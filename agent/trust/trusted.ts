import { DESIRED_KEYS_TARGET, DesiredKeys, REVOKED_TARGET, RevokedVersions } from '@storecast/shared/contracts'
import { z } from 'zod'
import { TrustFrozen } from './errors.ts'
import type { TrustedMetadata } from './state.ts'

/** What the gate itself reads of the repository. */
export const SMALL_TARGETS = { [DESIRED_KEYS_TARGET]: DesiredKeys, [REVOKED_TARGET]: RevokedVersions } as const
export type SmallTargetPath = keyof typeof SMALL_TARGETS
export const SMALL_TARGET_PATHS = Object.keys(SMALL_TARGETS) as SmallTargetPath[]
export const TOP_ROLES = ['root', 'timestamp', 'snapshot', 'targets'] as const

const Signed = z.looseObject({ version: z.int(), expires: z.string() })
const RootSigned = Signed.extend({
  roles: z.looseObject({ timestamp: z.looseObject({ keyids: z.array(z.string()) }) }),
  'x-storecast-development': z.boolean().default(false),
})
const SignedTargets = z.looseObject({
  targets: z.record(z.string(), z.looseObject({ hashes: z.looseObject({ sha256: z.string().optional() }) })),
})

export interface RoleState {
  readonly version: number
  /** Unix milliseconds. */
  readonly expires: number
}

/** What trusted metadata says. */
export interface TrustedSet {
  readonly roles: Readonly<Record<string, RoleState>>
  /** Ids of the keys that may sign timestamps. */
  readonly timestampKeys: readonly string[]
  /** The root was made by a cloud for itself: nobody vouches for what it approves. */
  readonly development: boolean
  /** Digests of the small targets that are signed. */
  readonly smallTargets: Readonly<Partial<Record<SmallTargetPath, string>>>
}

/**
 * @returns undefined where there is not even a root
 * @throws TypeError, SyntaxError, ZodError where it is no metadata: what was verified is
 */
export function describeTrusted(metadata: TrustedMetadata): TrustedSet | undefined {
  const body = metadata.get('root')
  if (body === undefined) return undefined
  const signedOf = (bytes: Uint8Array) => (JSON.parse(Buffer.from(bytes).toString()) as { signed: unknown }).signed
  const root = RootSigned.parse(signedOf(body))
  const roles = [...metadata].map(([role, bytes]): [string, RoleState] => {
    const { version, expires } = Signed.parse(signedOf(bytes))
    return [role, { version, expires: Date.parse(expires) }]
  })
  const targets = metadata.get('targets')
  const paths = targets ? SignedTargets.parse(signedOf(targets)).targets : {}
  return {
    roles: Object.fromEntries(roles),
    timestampKeys: [...root.roles.timestamp.keyids].sort(),
    development: root['x-storecast-development'],
    smallTargets: Object.fromEntries(
      SMALL_TARGET_PATHS.flatMap((path) => (paths[path]?.hashes.sha256 ? [[path, paths[path].hashes.sha256]] : [])),
    ),
  }
}

export const noRoot = () =>
  new TrustFrozen('no-root', 'no root of trust is known: enrol this device, or name one in cloud.rootFile')

export interface Present {
  /** Small targets that are to be here, and digests of those that are. */
  readonly wanted: readonly SmallTargetPath[]
  readonly stored: TrustedSet['smallTargets']
  /** Trust time, in unix milliseconds. */
  readonly now: number
}

/** Why nothing new is to be judged by this; undefined where it holds. */
export function whyStale(trusted: TrustedSet | undefined, { wanted, stored, now }: Present): TrustFrozen | undefined {
  if (trusted === undefined) return noRoot()
  const missing = TOP_ROLES.find((role) => trusted.roles[role] === undefined)
  if (missing) return new TrustFrozen('metadata-missing', `the models' repository was not reached yet: no ${missing}`)
  const expired = TOP_ROLES.find((role) => trusted.roles[role]!.expires <= now)
  if (expired) {
    const since = new Date(trusted.roles[expired]!.expires).toISOString()
    return new TrustFrozen('metadata-expired', `the models' repository has expired: its ${expired} on ${since}`)
  }
  const absent = wanted.find((path) => trusted.smallTargets[path] !== stored[path])
  if (absent) return new TrustFrozen('target-missing', `the models' repository has a ${absent} that is not here yet`)
  return undefined
}
