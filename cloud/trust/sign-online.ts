import type { Log } from '../platform/log.ts'
import { type CloudKeyIds, namesCloud } from './decide.ts'
import { addSignatures, composeSnapshot, composeTimestamp, metadataBytes, nextVersion } from './metadata.ts'
import type { OnlineKeys } from './online-keys.ts'
import type { TrustStore } from './store.ts'

const HOUR_MS = 3_600_000
/** How long a device may be kept from hearing of anything newer; each is signed anew at half of it. */
const LIFE_MS = { snapshot: 7 * 24 * HOUR_MS, timestamp: 24 * HOUR_MS } as const

interface SigningOptions {
  readonly store: TrustStore
  readonly keys: OnlineKeys
  readonly keyIds: CloudKeyIds
  /** Both, whatever their age. */
  readonly anew: boolean
  readonly now: number
  readonly log: Log
}

/** Brings snapshot and timestamp up to what is in force, in the store's transaction. */
export async function signOnline({ store, keys, keyIds, anew, now, log }: SigningOptions): Promise<void> {
  const { root, targets } = await store.inForce()
  if (!root || !targets) return
  if (!namesCloud(root.metadata, keyIds)) {
    log.error(
      { root: root.metadata.signed.version },
      'the root names other snapshot and timestamp keys than this cloud has: nothing new can be signed for devices; operators have to sign a root that names them (storecast trust rotate --cloud-keys)',
    )
    return
  }
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
