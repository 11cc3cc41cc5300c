import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ConflictError, ForbiddenError, NotFoundError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import {
  byDigest,
  mergeDraft,
  namesCloud,
  type Pair,
  type Ripe,
  requireFiles,
  requireNamesCloud,
  ripe,
  type Signed,
  signedRoot,
  signedTargets,
} from './decide.ts'
import type { Signer } from './keys.ts'
import {
  addSignatures,
  composeSnapshot,
  composeTimestamp,
  expiryOf,
  isDevelopment,
  metadataBytes,
  nextVersion,
  type OperatorRole,
  type Role,
  type RootMetadata,
  roleKeys,
  sha256,
  type TargetsMetadata,
  targetsOf,
} from './metadata.ts'
import type { OnlineKeys } from './online-keys.ts'
import { lockTrust, type TrustStore, trustStore } from './store.ts'
import { isSigned, requireRootForm, requireTargetsForm, rootIsSigned, signedBy } from './verify.ts'

/** What an operator sends: metadata that people have signed, and the small targets that it signs for. */
export interface Submission {
  /** In version order; those that are in force already are recognised. */
  readonly roots?: readonly Buffer[] | undefined
  readonly targets?: Buffer | undefined
  readonly files?: readonly Buffer[] | undefined
}

/** What became of it. A draft is kept until enough keys have signed it. */
export interface Standing {
  readonly version: number
  readonly state: 'in-force' | 'draft'
  /** Ids of the keys that have signed, of those that have to. */
  readonly signedBy: string[]
  readonly threshold: number
  /** What a draft waits for: more signatures, or metadata that must come into force with it. */
  readonly waitsFor?: NonNullable<Ripe['waitsFor']>
}
export type Standings = Readonly<Record<OperatorRole, Standing | null>>

export interface Repository {
  /**
   * Judges metadata as a device would, and brings it into force or keeps it as a draft; all of it or nothing.
   * @throws InvalidError, ConflictError or ForbiddenError with what a device would refuse it for.
   */
  push(submission: Submission): Promise<Standings>
  /**
   * Signs snapshot and timestamp anew where half their life is over.
   * @param anew both, whatever their age: after a start, since this may be a restored copy of an older repository.
   */
  renew(anew?: boolean): Promise<void>
  /** Metadata by the name that devices ask for: `2.root.json`, `timestamp.json`. @throws NotFoundError `metadata-unknown`. */
  metadata(file: string): Promise<Buffer>
  /** A small target, `{sha256}.{name}`. @throws NotFoundError `target-unknown`. */
  target(file: string): Promise<Buffer>
  inForce(): Promise<Pair & { readonly files: ReadonlyMap<string, Buffer> }>
  /** Versions and expiry (Unix ms) of what the cloud signs. */
  online(): Promise<Readonly<Record<'snapshot' | 'timestamp', Expiring | null>>>
  /** What is being signed. */
  standings(): Promise<Standings>
  /** Metadata that is being signed, and the files it signs for. @throws NotFoundError `draft-unknown`. */
  draft(role: OperatorRole): Promise<Buffer>
  /** @throws NotFoundError `draft-unknown`. */
  discardDraft(role: OperatorRole): Promise<void>
}

interface Expiring {
  readonly version: number
  readonly expires: number
}

interface RepositoryOptions {
  readonly database: Database
  readonly keys: OnlineKeys
  /** Signs the operators' first root in the name of the development root that it follows. */
  readonly handOver?: Signer | undefined
  readonly clock: Clock
  readonly log: Log
}

const HOUR_MS = 3_600_000
/** How long a device may be kept from hearing of anything newer; each is signed anew at half of it. */
const LIFE_MS = { snapshot: 7 * 24 * HOUR_MS, timestamp: 24 * HOUR_MS } as const

/** A repository of The Update Framework in PostgreSQL: consistent snapshots, no delegated roles. */
export function createRepository({ database, keys, handOver, clock, log }: RepositoryOptions): Repository {
  const cloudKeys = {
    snapshot: keys.snapshot.key.keyID,
    timestamp: keys.timestamp.key.keyID,
    desired: keys.desired.public,
  }
  const reading = () => trustStore(database.pool, clock)

  /** Brings snapshot and timestamp up to what is in force. */
  const sign = async (store: TrustStore, anew: boolean): Promise<void> => {
    const { root, targets } = await store.inForce()
    if (!root || !targets) return
    if (!namesCloud(root.metadata, cloudKeys)) {
      log.error(
        { root: root.metadata.signed.version },
        'the root names other snapshot and timestamp keys than this cloud has: nothing new can be signed for devices; operators have to sign a root that names them (storecast trust rotate --cloud-keys)',
      )
      return
    }
    const now = clock.now()
    const due = (found: Awaited<ReturnType<TrustStore['newest']>>) =>
      anew || !found || now >= (found.createdAt + found.expiresAt) / 2
    let snapshot = await store.newest('snapshot')
    const changed = due(snapshot)
    if (changed) {
      const lifetime = { version: nextVersion(snapshot?.version ?? 0, now), expires: now + LIFE_MS.snapshot }
      const metadata = composeSnapshot({
        ...lifetime,
        targets: { version: targets.metadata.signed.version, bytes: targets.bytes },
      })
      addSignatures(metadata, [keys.snapshot])
      await store.add('snapshot', lifetime.version, metadataBytes(metadata), lifetime.expires)
      snapshot = await store.newest('snapshot')
    }
    const timestamp = await store.newest('timestamp')
    if (!changed && !due(timestamp)) return
    const lifetime = { version: nextVersion(timestamp?.version ?? 0, now), expires: now + LIFE_MS.timestamp }
    const metadata = composeTimestamp({
      ...lifetime,
      snapshot: { version: snapshot!.version, bytes: snapshot!.content },
    })
    addSignatures(metadata, [keys.timestamp])
    await store.add('timestamp', lifetime.version, metadataBytes(metadata), lifetime.expires)
  }

  const filesOf = async (store: TrustStore, targets: Pair['targets'], given: readonly Buffer[] = []) => {
    if (!targets) return new Map<string, Buffer>()
    const kept = await store.targets(targetsOf(targets.metadata).map((target) => target.sha256))
    const known = new Map([...kept, ...byDigest(given)])
    return requireFiles(targets.metadata, known, cloudKeys.desired)
  }

  return {
    push: ({ roots = [], targets, files = [] }) =>
      database.transaction(async (client) => {
        await lockTrust(client)
        const store = trustStore(client, clock)
        let inForce = await store.inForce()
        let drafts = await store.drafts()
        const given = roots.map((bytes) => signedRoot(bytes))
        for (const [index, root] of given.entries()) {
          if (await isKnown(store, 'root', inForce.root, root)) continue
          const last = index === given.length - 1
          // Devices pass through the roots between, however long ago those expired.
          requireRootForm(inForce.root?.metadata, root.metadata, last ? clock.now() : 0)
          if (last) {
            requireNamesCloud(root.metadata, cloudKeys)
            const next = handedOver(inForce, root, handOver)
            const authorities = [inForce.root?.metadata ?? next.metadata, next.metadata]
            drafts = { ...drafts, root: mergeDraft({ role: 'root', authorities, draft: drafts.root, next }) }
          } else {
            requireSigned(inForce.root?.metadata, root.metadata)
            await store.add('root', root.metadata.signed.version, root.bytes, expiryOf(root.metadata))
            inForce = { ...inForce, root }
            drafts = { ...drafts, root: undefined }
          }
        }
        if (targets) {
          const next = signedTargets(targets)
          if (!(await isKnown(store, 'targets', inForce.targets, next))) {
            requireTargetsForm(inForce.targets?.metadata, next.metadata, clock.now())
            const found = await filesOf(store, next, files)
            const authorities = [drafts.root, inForce.root].flatMap((root) => root?.metadata ?? [])
            if (authorities.length === 0) throw waitingForRoot()
            const draft = mergeDraft({ role: 'targets', authorities, draft: drafts.targets, next })
            await store.addTargets(found, sha256)
            drafts = { ...drafts, targets: draft }
          }
        }
        const decided = ripe(inForce, drafts)
        for (const role of ['root', 'targets'] as const) {
          const signed = drafts[role] as Signed<RootMetadata> | undefined
          if (signed && decided[role]) {
            await store.add(role, signed.metadata.signed.version, signed.bytes, expiryOf(signed.metadata))
            log.info({ role, version: signed.metadata.signed.version }, 'signed metadata is in force')
            inForce = { ...inForce, [role]: signed }
            drafts = { ...drafts, [role]: undefined }
          }
          await store.setDraft(role, drafts[role] as Signed<never> | undefined)
        }
        requireTogether(inForce)
        if (roots.length > 0 || targets) await sign(store, true)
        return standings(inForce, drafts, decided)
      }),
    renew: (anew = false) =>
      database.transaction(async (client) => {
        await lockTrust(client)
        await sign(trustStore(client, clock), anew)
      }),
    async metadata(file) {
      const store = reading()
      const { version, role } =
        /^(?<version>[1-9]\d{0,14})\.(?<role>root|targets|snapshot)\.json$/.exec(file)?.groups ?? {}
      const found =
        file === 'timestamp.json'
          ? (await store.newest('timestamp'))?.content
          : role && (await store.version(role as Role, Number(version)))
      if (found) return found
      throw new NotFoundError({
        code: 'metadata-unknown',
        message: `There is no metadata ${file} in force here. GET /v1/trust tells which versions are.`,
      })
    },
    async target(file) {
      const { digest, name } = /^(?<digest>[0-9a-f]{64})\.(?<name>[a-z-]+\.json)$/.exec(file)?.groups ?? {}
      const found = digest && name && (await reading().targets([digest])).get(digest)
      if (found) return found
      throw new NotFoundError({
        code: 'target-unknown',
        message: `There is no target ${file}. Small targets are named by the targets metadata; bundles are at /v1/objects/{sha256}.`,
      })
    },
    async inForce() {
      const store = reading()
      const inForce = await store.inForce()
      const digests = inForce.targets ? targetsOf(inForce.targets.metadata) : []
      const bytes = await store.targets(digests.map((target) => target.sha256))
      const files = new Map(
        digests.flatMap(({ path, sha256 }) => (bytes.has(sha256) ? [[path, bytes.get(sha256)!]] : [])),
      )
      return { ...inForce, files }
    },
    async online() {
      const store = reading()
      const expiring = async (role: Role) => {
        const found = await store.newest(role)
        return found ? { version: found.version, expires: found.expiresAt } : null
      }
      return { snapshot: await expiring('snapshot'), timestamp: await expiring('timestamp') }
    },
    async standings() {
      const store = reading()
      const [inForce, drafts] = [await store.inForce(), await store.drafts()]
      return standings(inForce, drafts, ripe(inForce, drafts))
    },
    async draft(role) {
      return (await reading().drafts())[role]?.bytes ?? unknownDraft(role)
    },
    discardDraft: (role) =>
      database.transaction(async (client) => {
        await lockTrust(client)
        const store = trustStore(client, clock)
        if (!(await store.drafts())[role]) unknownDraft(role)
        await store.setDraft(role, undefined)
      }),
  }
}

/** Whether this very content came into force under its version. @throws ConflictError `metadata-conflict`. */
async function isKnown<M extends RootMetadata | TargetsMetadata>(
  store: TrustStore,
  role: OperatorRole,
  current: Signed<M> | undefined,
  next: Signed<M>,
): Promise<boolean> {
  const { version } = next.metadata.signed
  if (!current || version > current.metadata.signed.version) return false
  const bytes = await store.version(role, version)
  if (!bytes) return false
  const known = role === 'root' ? signedRoot(bytes) : signedTargets(bytes)
  if ((known.metadata.signed as TargetsMetadata['signed']).equals(next.metadata.signed as TargetsMetadata['signed'])) {
    return true
  }
  throw new ConflictError({
    code: 'metadata-conflict',
    message: `Version ${version} of the ${role} metadata is in force here with other content. Two histories do not mix: start from what is in force ("storecast trust fetch").`,
  })
}

function handedOver(inForce: Pair, root: Signed<RootMetadata>, signer: Signer | undefined): Signed<RootMetadata> {
  if (!signer || !inForce.root || !isDevelopment(inForce.root.metadata) || isDevelopment(root.metadata)) return root
  addSignatures(root.metadata, [signer])
  return { metadata: root.metadata, bytes: metadataBytes(root.metadata) }
}

function requireSigned(current: RootMetadata | undefined, next: RootMetadata): void {
  if (rootIsSigned(current, next)) return
  throw new ForbiddenError({
    code: 'root-unsigned',
    message: `Root version ${next.signed.version} has too few signatures, by its own keys or by those of the root before, for devices to follow it.`,
  })
}

/** After a whole chain of roots: what devices find must verify under the last of them. */
function requireTogether({ root, targets }: Pair): void {
  if (!root || !targets || isSigned(root.metadata, 'targets', targets.metadata)) return
  throw new ConflictError({
    code: 'targets-not-signed',
    message: `Root version ${root.metadata.signed.version} gives the targets role to keys that have not signed targets version ${targets.metadata.signed.version}. Send the newest targets metadata together with the roots.`,
  })
}

function standings(inForce: Pair, drafts: Pair, { waitsFor }: Ripe): Standings {
  const root = drafts.root ?? inForce.root
  const standing = (role: OperatorRole, authority: RootMetadata | undefined): Standing | null => {
    const shown = drafts[role] ?? inForce[role]
    if (!shown || !authority) return null
    return {
      version: shown.metadata.signed.version,
      state: drafts[role] ? 'draft' : 'in-force',
      signedBy: signedBy(authority, role, shown.metadata as never),
      threshold: roleKeys(authority, role).threshold,
      ...(drafts[role] && waitsFor && { waitsFor }),
    }
  }
  const targetsAuthority = drafts.targets ? root : inForce.root
  return { root: standing('root', root?.metadata), targets: standing('targets', targetsAuthority?.metadata) }
}

export const waitingForRoot = () =>
  new ConflictError({
    code: 'trust-waiting',
    message:
      'This cloud has no root from its operators yet, so that no device would believe anything it signs. Hold the key ceremony (docs/key-ceremony.md) and send the root: "storecast trust push".',
  })

function unknownDraft(role: OperatorRole): never {
  throw new NotFoundError({
    code: 'draft-unknown',
    message: `No ${role} metadata waits for signatures. "storecast trust status" shows what is in force.`,
  })
}
