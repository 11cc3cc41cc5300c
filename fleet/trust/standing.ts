import {
  isSigned,
  type OperatorRole,
  type RootMetadata,
  requireRootForm,
  roleKeys,
  rootIsSigned,
  signedBy,
  type TargetsMetadata,
} from '@storecast/cloud/trust'
import { CeremonyError } from './errors.ts'

/** Where the metadata of a folder stands: what enough people have signed, and what waits for more. */
export interface Standing {
  readonly root: RootMetadata | undefined
  readonly targets: TargetsMetadata | undefined
  readonly pending: { readonly root?: RootMetadata; readonly targets?: TargetsMetadata }
}

/**
 * Follows the roots from the first one on, which is trusted because it lies in the operator's own folder, as devices do.
 * @param roots ascending by version
 * @throws CeremonyError `root-chain`
 */
export function standingOf(roots: readonly RootMetadata[], targets: readonly TargetsMetadata[]): Standing {
  let root: RootMetadata | undefined
  let pending: Standing['pending'] = {}
  for (const next of roots) {
    if (pending.root) {
      const version = pending.root.signed.version
      throw new CeremonyError(
        'root-chain',
        `root version ${next.signed.version} follows version ${version}, which too few have signed: devices follow roots one by one`,
      )
    }
    // What has expired is followed all the same, so that it can be renewed.
    requireRootForm(root, next, 0)
    if (rootIsSigned(root, next)) root = next
    else pending = { root: next }
  }
  const authority = pending.root ?? root
  const byVersion = [...targets].sort((a, b) => b.signed.version - a.signed.version)
  const complete = byVersion.find((one) =>
    [authority, root].some((by) => by !== undefined && isSigned(by, 'targets', one)),
  )
  const [newest] = byVersion
  if (newest && newest !== complete) pending = { ...pending, targets: newest }
  return { root, targets: complete, pending }
}

/** How far a role's pending metadata is. */
export interface Progress {
  readonly role: OperatorRole
  readonly version: number
  /** Ids of the keys that have signed. */
  readonly signedBy: readonly string[]
  /** Ids of the keys that may sign and have not. */
  readonly open: readonly string[]
  /** How many of those are still needed. */
  readonly missing: number
}

export function progressOf({ root, pending }: Standing): Progress[] {
  const progress: Progress[] = []
  const look = (role: OperatorRole, metadata: RootMetadata | TargetsMetadata, authorities: readonly RootMetadata[]) => {
    const roles = authorities.map((authority) => ({
      ids: roleKeys(authority, role).keys.map((key) => key.keyID),
      signed: signedBy(authority, role, metadata as never),
      threshold: roleKeys(authority, role).threshold,
    }))
    const signed = [...new Set(roles.flatMap((one) => one.signed))]
    progress.push({
      role,
      version: metadata.signed.version,
      signedBy: signed,
      open: [...new Set(roles.flatMap(({ ids }) => ids))].filter((id) => !signed.includes(id)),
      missing: Math.max(0, ...roles.map((one) => one.threshold - one.signed.length)),
    })
  }
  if (pending.root) look('root', pending.root, root ? [root, pending.root] : [pending.root])
  const authority = pending.root ?? root
  if (pending.targets && authority) look('targets', pending.targets, [authority])
  return progress
}
