import { ConflictError, ForbiddenError } from '../platform/errors.ts'
import {
  byDigest,
  type CloudKeyIds,
  mergeDraft,
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
  expiryOf,
  isDevelopment,
  metadataBytes,
  type OperatorRole,
  type RootMetadata,
  roleKeys,
  sha256,
  type TargetsMetadata,
  targetsOf,
} from './metadata.ts'
import type { TrustStore } from './store.ts'
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

interface Taking {
  readonly store: TrustStore
  readonly submission: Submission
  readonly keyIds: CloudKeyIds
  /** Signs the operators' first root in the name of the development root that it follows. */
  readonly handOver: Signer | undefined
  readonly now: number
}

interface Taken {
  readonly standings: Standings
  readonly published: readonly { readonly role: OperatorRole; readonly version: number }[]
}

/**
 * Judges what was sent, in the store's transaction: it comes into force, is kept as a draft, or is refused whole.
 * @throws InvalidError, ConflictError or ForbiddenError with what a device would refuse it for.
 */
export async function takeSubmission(taking: Taking): Promise<Taken> {
  const { store, submission } = taking
  const published: { role: OperatorRole; version: number }[] = []
  const publish = async (role: OperatorRole, { metadata, bytes }: Signed<RootMetadata | TargetsMetadata>) => {
    await store.add(role, metadata.signed.version, bytes, expiryOf(metadata))
    published.push({ role, version: metadata.signed.version })
  }
  let state: State = { inForce: await store.inForce(), drafts: await store.drafts() }
  const roots = (submission.roots ?? []).map((bytes) => signedRoot(bytes))
  for (const [index, root] of roots.entries()) {
    if (await isKnown(store, 'root', state.inForce.root, root)) continue
    if (index === roots.length - 1) state = withRootDraft(state, root, taking)
    else {
      // Devices pass through the roots between, however long ago those expired.
      requireRootForm(state.inForce.root?.metadata, root.metadata, 0)
      requireSigned(state.inForce.root?.metadata, root.metadata)
      await publish('root', root)
      state = { inForce: { ...state.inForce, root }, drafts: { ...state.drafts, root: undefined } }
    }
  }
  state = await withTargetsDraft(state, taking)
  const decided = ripe(state.inForce, state.drafts)
  let { inForce, drafts } = state
  for (const role of ['root', 'targets'] as const) {
    const draft = drafts[role]
    if (draft && decided[role]) {
      await publish(role, draft)
      inForce = { ...inForce, [role]: draft }
      drafts = { ...drafts, [role]: undefined }
    }
    await store.setDraft(role, drafts[role]?.bytes)
  }
  requireTogether(inForce)
  return { standings: standingsOf(inForce, drafts, decided), published }
}

interface State {
  readonly inForce: Pair
  readonly drafts: Pair
}

function withRootDraft(
  { inForce, drafts }: State,
  root: Signed<RootMetadata>,
  { keyIds, handOver, now }: Taking,
): State {
  requireRootForm(inForce.root?.metadata, root.metadata, now)
  requireNamesCloud(root.metadata, keyIds)
  const next = handedOver(inForce, root, handOver)
  const authorities = [inForce.root?.metadata ?? next.metadata, next.metadata]
  return { inForce, drafts: { ...drafts, root: mergeDraft({ role: 'root', authorities, draft: drafts.root, next }) } }
}

async function withTargetsDraft(state: State, { store, submission, keyIds, now }: Taking): Promise<State> {
  const { inForce, drafts } = state
  if (!submission.targets) return state
  const next = signedTargets(submission.targets)
  if (await isKnown(store, 'targets', inForce.targets, next)) return state
  requireTargetsForm(inForce.targets?.metadata, next.metadata, now)
  const kept = await store.targets(targetsOf(next.metadata).map((target) => target.sha256))
  const files = requireFiles(next.metadata, new Map([...kept, ...byDigest(submission.files ?? [])]), keyIds.desired)
  const authorities = [drafts.root, inForce.root].flatMap((root) => root?.metadata ?? [])
  if (authorities.length === 0) throw waitingForRoot()
  const targets = mergeDraft({ role: 'targets', authorities, draft: drafts.targets, next })
  await store.addTargets(files, sha256)
  return { inForce, drafts: { ...drafts, targets } }
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

/** What waits, and how far it is; else what is in force. */
export function standingsOf(inForce: Pair, drafts: Pair, { waitsFor }: Ripe): Standings {
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
      'This cloud has no root from its operators yet, so that no device would believe anything it signs. Hold the key ceremony (docs/operator/key-ceremony.md) and send the root: "storecast trust push".',
  })
