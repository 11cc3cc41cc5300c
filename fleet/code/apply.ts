import { type CloudClient, listAll } from '../client/client.ts'
import type { FleetDocument } from './documents.ts'
import { KINDS, type Kind, kindOf } from './kinds.ts'
import { type Change, planChange, type Sides } from './plan.ts'

interface PlanOptions {
  readonly documents: readonly FleetDocument[]
  /** Names the files among others that are applied to the same cloud. */
  readonly set: string
  readonly prune: boolean
  readonly force: boolean
}

const key = ({ kind, name }: { readonly kind: string; readonly name: string }) => `${kind} ${name}`

/** What has to happen so that the cloud is as the files say; nothing is done. Kinds that are not applied are left out. */
export async function planApply(cloud: CloudClient, options: PlanOptions): Promise<Change[]> {
  const { documents, set, ...wishes } = options
  const sides = new Map<string, Sides>()
  const add = (side: Sides) => sides.set(key(side), { ...sides.get(key(side)), ...side })
  for (const [kind, { store }] of Object.entries<Kind>(KINDS)) {
    for (const { name, document } of (await store?.list(cloud)) ?? []) add({ kind, name, live: document })
  }
  const applied = await listAll<{ kind: string; name: string; document: unknown }>(cloud, `/v1/applied/${set}`)
  for (const { kind, name, document } of applied) add({ kind, name, applied: document })
  for (const { kind, name, document } of documents) {
    if (kindOf(kind)?.store) add({ kind, name, wanted: document })
  }
  return [...sides.values()]
    .map((one) => planChange(one, { ...wishes, removable: kindOf(one.kind)?.store?.remove !== undefined }))
    .sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** Does one change of a plan, and remembers it. */
export async function applyChange(cloud: CloudClient, set: string, change: Change): Promise<void> {
  const { action, kind, name, wanted } = change
  const store = kindOf(kind)?.store
  const record = `/v1/applied/${set}/${kind}/${name}`
  if (action === 'create' || action === 'update') await store?.put(cloud, name, wanted)
  if (action === 'remove') await store?.remove?.(cloud, name)
  if (action === 'create' || action === 'update' || action === 'remember') await cloud.put(record, wanted)
  if (action === 'remove' || action === 'forget') await cloud.delete(record)
}
