import { z } from 'zod'
import { ModelName, Sha256 } from './names.ts'

/**
 * What cloud, operators' tools and devices agree on beside The Update Framework itself: how its targets are named, and
 * what the small ones say.
 */

/** Target path of a model bundle; its bytes are the object of the same digest. */
export const bundleTarget = (model: string, version: number): string => `models/${model}/${version}.bundle`

/** Public halves of the keys that sign desired states. */
export const DESIRED_KEYS_TARGET = 'desired-keys.json'
/** Approved versions that must not run any more. */
export const REVOKED_TARGET = 'revoked.json'

/** `typ` of a signed desired state. */
export const DESIRED_TYPE = 'storecast-desired+jws'
/** A signed desired state, as it travels. */
export const MAX_DESIRED_BYTES = 64 * 1024

/** An Ed25519 public key (RFC 8037); `kid` is its RFC 7638 thumbprint. */
export const DesiredKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/, '32 bytes in base64url'),
  kid: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'a SHA-256 thumbprint in base64url'),
})
export type DesiredKey = z.infer<typeof DesiredKey>

/** The target `desired-keys.json`: a JWK set. */
export const DesiredKeys = z.object({ keys: z.array(DesiredKey).min(1).max(16) })
export type DesiredKeys = z.infer<typeof DesiredKeys>

/** The target `revoked.json`. */
export const RevokedVersions = z.object({
  versions: z
    .array(z.object({ model: ModelName, version: z.int().positive(), reason: z.string().max(500) }))
    .max(10_000),
})
export type RevokedVersions = z.infer<typeof RevokedVersions>

/** A file that operators sign for: its path in the repository, and exactly which bytes. */
export const SignedTarget = z.strictObject({
  path: z.string().regex(/^[a-z0-9_./-]{1,160}$/, 'a target path: lower-case letters, digits, "-", "_", "." and "/"'),
  length: z.int().nonnegative(),
  sha256: Sha256,
})
export type SignedTarget = z.infer<typeof SignedTarget>
