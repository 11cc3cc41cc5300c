import {
  isSigned,
  metadataBytes,
  parseRoot,
  parseTargets,
  requireRootForm,
  rootIsSigned,
  type Standings,
  sha256,
  signedBy,
  type TargetsMetadata,
  type TrustStatus,
  targetsOf,
} from '@storecast/cloud/trust'
import { type CloudClient, CloudRequestError } from '../client/client.ts'
import { smallFiles } from './ceremony.ts'
import { CeremonyError } from './errors.ts'
import { readFolder, removeMetadata, type TrustFolder, writeFiles, writeMetadata } from './folder.ts'

/** Between an operator's folder and a cloud, which is not believed: what it gives is verified against the folder's root. */

/**
 * Brings the folder up to what the cloud has in force and what is being signed there.
 * @param pin SHA-256 of the root metadata to begin with, where the folder has none
 * @throws CeremonyError `root-unpinned`, `root-other`, `development`, `cloud-behind`, `metadata-untrusted`
 */
export async function fetchTrust(path: string, client: CloudClient, pin?: string): Promise<TrustFolder> {
  const status = await client.get<TrustStatus>('/v1/trust')
  let folder = await readFolder(path)
  if (!status.root) return folder
  if (status.root.development) {
    throw new CeremonyError(
      'development',
      'this cloud is in development mode and approves by itself; for production hold the key ceremony (docs/operator/key-ceremony.md)',
    )
  }
  if (folder.roots.length === 0) {
    if (pin === undefined) {
      throw new CeremonyError(
        'root-unpinned',
        `${path} has no root to begin with: copy the folder of another operator, or give --root-sha256 with the digest that they read out`,
      )
    }
    const bytes = await client.bytes(`/v1/tuf/metadata/${status.root.version}.root.json`)
    if (sha256(bytes) !== pin) {
      throw new CeremonyError('root-other', `the cloud's root has sha256 ${sha256(bytes)}, not the one that was given`)
    }
    await writeMetadata(path, parseRoot(bytes), bytes)
    folder = await readFolder(path)
  }
  let { root } = folder.standing
  const from = (root ?? folder.standing.pending.root)!.signed.version
  for (let version = from; version <= status.root.version; version++) {
    const bytes = await client.bytes(`/v1/tuf/metadata/${version}.root.json`)
    const next = parseRoot(bytes)
    // The one that the folder has comes again with the bytes that devices get, whose digest they pin.
    const same = version === from && (root ?? folder.standing.pending.root)!.signed.equals(next.signed)
    if (!same && !root) throw untrusted(`root version ${version}`)
    if (!same) requireRootForm(root, next, 0)
    if (!rootIsSigned(same ? undefined : root, next)) throw untrusted(`root version ${version}`)
    await writeMetadata(path, next, bytes)
    root = next
  }
  folder = await readFolder(path)
  const local = folder.standing.targets?.signed.version ?? 0
  if (status.root.version < (root?.signed.version ?? 0) || (status.targets?.version ?? 0) < local) {
    throw new CeremonyError(
      'cloud-behind',
      `${path} holds newer signed metadata than the cloud, which was restored from a backup or has not got it yet: storecast trust push`,
    )
  }
  if (status.targets && status.targets.version > local) {
    const bytes = await client.bytes(`/v1/tuf/metadata/${status.targets.version}.targets.json`)
    const targets = parseTargets(bytes)
    if (!root || !isSigned(root, 'targets', targets)) throw untrusted(`targets version ${targets.signed.version}`)
    await fetchFiles(path, client, targets)
    await writeMetadata(path, targets, bytes)
  }
  await fetchDrafts(path, client, status)
  return readFolder(path)
}

async function fetchFiles(path: string, client: CloudClient, targets: TargetsMetadata): Promise<void> {
  const files = new Map<string, Buffer>()
  for (const { path: target, sha256: digest, length } of targetsOf(targets)) {
    if (target.includes('/')) continue
    const bytes = await client.bytes(`/v1/tuf/targets/${digest}.${target}`)
    if (bytes.length !== length || sha256(bytes) !== digest) throw untrusted(target)
    files.set(target, bytes)
  }
  await writeFiles(path, files)
}

/** What others have begun to sign; the folder's own pending metadata of the same content keeps its signatures. */
async function fetchDrafts(path: string, client: CloudClient, { drafts }: TrustStatus): Promise<void> {
  const { root, pending } = (await readFolder(path)).standing
  for (const role of ['root', 'targets'] as const) {
    if (!drafts[role]) continue
    const bytes = await client.bytes(`/v1/trust/drafts/${role}`)
    const draft = role === 'root' ? parseRoot(bytes) : parseTargets(bytes)
    const own = pending[role]
    // Whoever has the cloud could put anything there: somebody whom this folder trusts must have begun it.
    const trusted =
      own?.signed.equals(draft.signed as never) || (root && signedBy(root, role, draft as never).length > 0)
    if (!trusted) throw untrusted(`draft of ${role} version ${draft.signed.version}`)
    if (own?.signed.equals(draft.signed as never)) draft.signatures = { ...own.signatures, ...draft.signatures }
    else if (own) {
      throw new CeremonyError(
        'other-pending',
        `the cloud has ${role} version ${draft.signed.version} waiting for signatures and this folder version ${own.signed.version}: discard one (storecast trust discard ${role}, with --local for the folder's)`,
      )
    }
    if (role === 'targets') await fetchFiles(path, client, draft as TargetsMetadata)
    await writeMetadata(path, draft)
  }
}

/**
 * Sends everything of the folder that the cloud may lack.
 * @throws CloudRequestError with what a device would refuse
 */
export async function pushTrust({ standing, roots, files }: TrustFolder, client: CloudClient): Promise<Standings> {
  const targets = standing.pending.targets ?? standing.targets
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  return client.post<Standings>('/v1/trust/metadata', {
    roots: roots.map(base64),
    ...(targets && {
      targets: base64(metadataBytes(targets)),
      files: [...smallFiles(targets, files).values()].map(base64),
    }),
  })
}

/** Forgets what waits for signatures, here or in the cloud. @throws CeremonyError `nothing-pending` */
export async function discardPending(path: string, role: 'root' | 'targets', client?: CloudClient): Promise<void> {
  const pending = (await readFolder(path)).standing.pending[role]
  if (pending) await removeMetadata(path, pending)
  if (!client) {
    if (!pending) throw new CeremonyError('nothing-pending', `no ${role} metadata of ${path} waits for signatures`)
    return
  }
  try {
    await client.delete(`/v1/trust/drafts/${role}`)
  } catch (error) {
    if (!pending || !(error instanceof CloudRequestError) || error.code !== 'draft-unknown') throw error
  }
}

const untrusted = (what: string) =>
  new CeremonyError(
    'metadata-untrusted',
    `the cloud's ${what} was not signed by enough of the keys that this folder trusts: do not sign anything, and find out who sent it there`,
  )
