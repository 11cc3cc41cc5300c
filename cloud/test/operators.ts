import { generateKeyPairSync } from 'node:crypto'
import { bundleTarget, DESIRED_KEYS_TARGET, REVOKED_TARGET, type SignedTarget } from '@storecast/shared/contracts'
import type { BundleVersion, TrustStatus } from '../trust/index.ts'
import { publicTufKey, type Signer, signerOf } from '../trust/keys.ts'
import {
  addSignatures,
  composeRoot,
  composeTargets,
  metadataBytes,
  type RootMetadata,
  sha256,
  type TargetsMetadata,
} from '../trust/metadata.ts'

const DAY_MS = 86_400_000

export const newSigner = (): Signer => signerOf(generateKeyPairSync('ed25519').privateKey)
export const json = (value: unknown) => Buffer.from(JSON.stringify(value))

/** People with keys of their own, as `storecast trust` would have them sign. */
export interface Operators {
  readonly root: readonly Signer[]
  readonly targets: readonly Signer[]
  readonly threshold: number
}

export const operators = (count = 3, threshold = 2): Operators => ({
  root: Array.from({ length: count }, newSigner),
  targets: Array.from({ length: count }, newSigner),
  threshold,
})

type CloudKeys = TrustStatus['cloudKeys']

export function rootOf(
  { root, targets, threshold }: Operators,
  cloudKeys: Pick<CloudKeys, 'snapshot' | 'timestamp'>,
  { version = 1, expires = Date.now() + 365 * DAY_MS }: { version?: number; expires?: number } = {},
): RootMetadata {
  const keysOf = (signers: readonly Signer[]) => ({ keys: signers.map(({ key }) => key), threshold })
  const online = (hex: string) => ({ keys: [publicTufKey(hex)], threshold: 1 })
  return composeRoot({
    version,
    expires,
    roles: {
      root: keysOf(root),
      targets: keysOf(targets),
      snapshot: online(cloudKeys.snapshot),
      timestamp: online(cloudKeys.timestamp),
    },
  })
}

export interface TargetsSpec {
  readonly version?: number
  readonly expires?: number
  readonly approved?: readonly BundleVersion[]
  readonly revoked?: readonly { model: string; version: number; reason: string }[]
  readonly more?: readonly SignedTarget[]
}

export function targetsFor(
  cloudKeys: Pick<CloudKeys, 'desired'>,
  spec: TargetsSpec = {},
): { metadata: TargetsMetadata; files: Buffer[] } {
  const { version = 1, expires = Date.now() + 90 * DAY_MS, approved = [], revoked = [], more = [] } = spec
  const small = [
    [DESIRED_KEYS_TARGET, json({ keys: [cloudKeys.desired] })],
    [REVOKED_TARGET, json({ versions: revoked })],
  ] as const
  const metadata = composeTargets({
    version,
    expires,
    targets: [
      ...small.map(([path, bytes]) => ({ path, length: bytes.length, sha256: sha256(bytes) })),
      ...approved.map(({ model, version, bundle }) => ({
        path: bundleTarget(model, version),
        length: bundle.bytes,
        sha256: bundle.sha256,
      })),
      ...more,
    ],
  })
  return { metadata, files: small.map(([, bytes]) => bytes) }
}

export function signed(metadata: RootMetadata | TargetsMetadata, signers: readonly Signer[]): Buffer {
  addSignatures(metadata, signers)
  return metadataBytes(metadata)
}
