import type { PoolClient } from 'pg'
import { systemClock } from '../platform/clock.ts'
import { type OperatorRole, sha256, targetsOf } from './metadata.ts'
import { trustStore } from './store.ts'

/** What operators have signed, as the audit log keeps it: enough to find the very bytes, and to read what changed. */
export interface TrustSummary {
  readonly root: { readonly version: number; readonly sha256: string } | null
  readonly targets: { readonly version: number; readonly sha256: string; readonly signed: readonly string[] } | null
  /** Digests of what waits for signatures. */
  readonly drafts: Readonly<Record<OperatorRole, string | null>>
}

/** As the transaction of `client` sees it. */
export async function trustSummary(client: PoolClient): Promise<TrustSummary> {
  const store = trustStore(client, systemClock)
  const { root, targets } = await store.inForce()
  const drafts = await store.drafts()
  return {
    root: root ? { version: root.metadata.signed.version, sha256: sha256(root.bytes) } : null,
    targets: targets
      ? {
          version: targets.metadata.signed.version,
          sha256: sha256(targets.bytes),
          signed: targetsOf(targets.metadata).map(({ path, sha256 }) => `${path} sha256:${sha256}`),
        }
      : null,
    drafts: {
      root: drafts.root ? sha256(drafts.root.bytes) : null,
      targets: drafts.targets ? sha256(drafts.targets.bytes) : null,
    },
  }
}
