import { createHash } from 'node:crypto'
import { SignedTarget } from '@storecast/shared/contracts'
import {
  type Key,
  Metadata,
  MetadataKind,
  MetaFile,
  Root,
  Snapshot,
  TargetFile,
  Targets,
  Timestamp,
} from '@tufjs/models'
import { z } from 'zod'
import { InvalidError, TooLargeError } from '../platform/errors.ts'
import type { Signer } from './keys.ts'

/** Metadata of The Update Framework, specification 1.0.31, as bytes and as @tufjs/models has it. */

export type RootMetadata = Metadata<Root>
export type TargetsMetadata = Metadata<Targets>

/** The roles that operators sign, and no cloud. */
export type OperatorRole = 'root' | 'targets'
export type Role = OperatorRole | 'snapshot' | 'timestamp'
const ROLES = ['root', 'targets', 'snapshot', 'timestamp'] as const

/** What devices download at most (tuf-js, `config.ts`): more would never arrive. */
const MAX_BYTES = { root: 512_000, targets: 5_000_000 } as const
const SPECIFICATION = '1.0.31'
/** In a root that a cloud made for itself: devices and people are told that nobody vouches for what it approves. */
const DEVELOPMENT = 'x-storecast-development'

const Time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'a time in UTC without fractions of a second')
const Common = z.looseObject({
  spec_version: z.string(),
  version: z.int().positive(),
  expires: Time,
})
const Envelope = <T extends z.ZodType>(signed: T) =>
  z.strictObject({
    signed,
    signatures: z
      .array(z.strictObject({ keyid: z.string().max(64), sig: z.string().regex(/^[0-9a-f]{128}$/) }))
      .max(64),
  })
const RootKey = z.strictObject({
  keytype: z.literal('ed25519'),
  scheme: z.literal('ed25519'),
  keyval: z.strictObject({ public: z.string().regex(/^[0-9a-f]{64}$/) }),
})
const RootRole = z.strictObject({
  keyids: z
    .array(z.string().regex(/^[0-9a-f]{64}$/))
    .min(1)
    .max(64),
  threshold: z.int().positive(),
})
const RootFile = Envelope(
  Common.extend({
    _type: z.literal('root'),
    consistent_snapshot: z.literal(true),
    keys: z.record(z.string(), RootKey),
    roles: z.strictObject({ root: RootRole, targets: RootRole, snapshot: RootRole, timestamp: RootRole }),
  }),
)
const TargetsFile = Envelope(
  Common.extend({
    _type: z.literal('targets'),
    targets: z.record(
      SignedTarget.shape.path,
      z.strictObject({ length: z.int().nonnegative(), hashes: z.strictObject({ sha256: SignedTarget.shape.sha256 }) }),
    ),
    // Delegated roles would be approvers that no root names.
    delegations: z.undefined().optional(),
  }),
)

/**
 * The gate for metadata from outside: size, form, and nothing of what signatures say.
 * @throws TooLargeError `metadata-too-large`, InvalidError `metadata-invalid`.
 */
export const parseRoot = (bytes: Uint8Array): RootMetadata =>
  Metadata.fromJSON(MetadataKind.Root, checked('root', RootFile, bytes)) as RootMetadata

/** The same for targets metadata. */
export const parseTargets = (bytes: Uint8Array): TargetsMetadata =>
  Metadata.fromJSON(MetadataKind.Targets, checked('targets', TargetsFile, bytes)) as TargetsMetadata

type Json = Parameters<typeof Metadata.fromJSON>[1]

function checked(role: OperatorRole, schema: z.ZodType, bytes: Uint8Array): Json {
  if (bytes.length > MAX_BYTES[role]) {
    throw new TooLargeError({
      code: 'metadata-too-large',
      message: `The ${role} metadata has ${bytes.length} bytes; devices take ${MAX_BYTES[role]}. Leave targets out that no device runs.`,
    })
  }
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw invalid(role, 'it is not JSON', cause)
  }
  const parsed = schema.safeParse(json)
  if (!parsed.success) throw invalid(role, z.prettifyError(parsed.error), parsed.error)
  return json as Json
}

const invalid = (role: OperatorRole, what: string, cause: unknown) =>
  new InvalidError({
    code: 'metadata-invalid',
    message: `This is no ${role} metadata as Storecast writes it: ${what}. Give the file that "storecast trust" or "storecast approve" wrote.`,
    cause,
  })

export interface RoleKeys {
  readonly keys: readonly Key[]
  /** How many of them have to sign. */
  readonly threshold: number
}

interface Lifetime {
  readonly version: number
  /** Unix ms. */
  readonly expires: number
}

export function composeRoot(
  options: Lifetime & { readonly roles: Readonly<Record<Role, RoleKeys>>; readonly development?: boolean },
): RootMetadata {
  const { roles, development = false } = options
  const { version, specVersion, expires } = common(options)
  const named = ROLES.map((role) => [role, roles[role]] as const)
  const impossible = named.find(([, { keys, threshold }]) => threshold < 1 || threshold > keys.length)
  if (impossible) {
    const [role, { keys, threshold }] = impossible
    throw new InvalidError({
      code: 'threshold-impossible',
      message: `The ${role} role has ${keys.length} keys, so ${threshold} of them cannot be what it takes. Name more keys, or another threshold.`,
    })
  }
  const root = Root.fromJSON({
    _type: 'root',
    spec_version: specVersion,
    version,
    expires,
    consistent_snapshot: true,
    keys: Object.fromEntries(named.flatMap(([, { keys }]) => keys.map((key) => [key.keyID, key.toJSON()]))),
    roles: Object.fromEntries(
      named.map(([role, { keys, threshold }]) => [role, { keyids: keys.map((key) => key.keyID), threshold }]),
    ),
    ...(development && { [DEVELOPMENT]: true }),
  })
  return new Metadata(root)
}

export function composeTargets(options: Lifetime & { readonly targets: readonly SignedTarget[] }): TargetsMetadata {
  const targets = new Targets(common(options))
  for (const { path, length, sha256 } of options.targets) {
    targets.addTarget(new TargetFile({ path, length, hashes: { sha256 } }))
  }
  return new Metadata(targets)
}

/** What names a file of metadata: its version and exactly which bytes. */
interface MetaRef {
  readonly version: number
  readonly bytes: Uint8Array
}

export const composeSnapshot = (options: Lifetime & { readonly targets: MetaRef }): Metadata<Snapshot> =>
  new Metadata(new Snapshot({ ...common(options), meta: { 'targets.json': metaFile(options.targets) } }))

export const composeTimestamp = (options: Lifetime & { readonly snapshot: MetaRef }): Metadata<Timestamp> =>
  new Metadata(new Timestamp({ ...common(options), snapshotMeta: metaFile(options.snapshot) }))

const metaFile = ({ version, bytes }: MetaRef) =>
  new MetaFile({ version, length: bytes.length, hashes: { sha256: sha256(bytes) } })

const common = ({ version, expires }: Lifetime) => ({
  version,
  specVersion: SPECIFICATION,
  expires: new Date(expires).toISOString().replace(/\.\d{3}Z$/, 'Z'),
})

/** Adds signatures; one that a key has made already is made anew. */
export function addSignatures(metadata: Metadata<Root | Targets | Snapshot | Timestamp>, signers: readonly Signer[]) {
  for (const { sign } of signers) metadata.sign(sign)
}

/** The bytes that are kept, served and digested; what parses them gets the same metadata. */
export const metadataBytes = (metadata: Metadata<Root | Targets | Snapshot | Timestamp>): Buffer =>
  Buffer.from(`${JSON.stringify(metadata.toJSON(), null, 1)}\n`)

/** Versions only grow, also in a cloud restored from an old backup: max(last + 1, unix seconds). */
export const nextVersion = (last: number, nowMs: number): number => Math.max(last + 1, Math.floor(nowMs / 1000))

export const expiryOf = ({ signed }: Metadata<Root | Targets | Snapshot | Timestamp>): number =>
  Date.parse(signed.expires)

export const isDevelopment = (root: RootMetadata): boolean => root.signed.unrecognizedFields[DEVELOPMENT] === true

export const targetsOf = ({ signed }: TargetsMetadata): SignedTarget[] =>
  Object.values(signed.targets).map(({ path, length, hashes }) => ({ path, length, sha256: hashes.sha256! }))

export function roleKeys(root: RootMetadata, role: Role): RoleKeys {
  const { keyIDs, threshold } = root.signed.roles[role]!
  return { keys: keyIDs.map((id) => root.signed.keys[id]!), threshold }
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
