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

interface Named {
  readonly kind: string
  readonly metadata: { readonly name: string }
}

const key = ({ kind, name }: { readonly kind: string; readonly name: string }) => `${kind} ${name}`

/** What has to happen so that the cloud is as the files say; nothing is done. Kinds that are not applied are left out. */
export async function planApply(cloud: CloudClient, options: PlanOptions): Promise<Change[]> {
  const { documents, set, ...wishes } = options
  const sides = new Map<string, Sides>()
  const add = (side: Sides) => sides.set(key(side), { ...sides.get(key(side)), ...side })
  for (const [kind, { path }] of Object.entries<Kind>(KINDS)) {
    if (path === undefined) continue
    for (const live of await listAll<Named>(cloud, path)) add({ kind, name: live.metadata.name, live })
  }
  const applied = await listAll<{ kind: string; name: string; document: unknown }>(cloud, `/v1/applied/${set}`)
  for (const { kind, name, document } of applied) add({ kind, name, applied: document })
  for (const { kind, name, document } of documents) {
    if (kindOf(kind)?.path !== undefined) add({ kind, name, wanted: document })
  }
  return [...sides.values()].map((one) => planChange(one, wishes)).sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** Does one change of a plan, and remembers it. */
export async function applyChange(cloud: CloudClient, set: string, change: Change): Promise<void> {
  const { action, kind, name, wanted } = change
  const path = `${kindOf(kind)?.path}/${name}`
  const record = `/v1/applied/${set}/${kind}/${name}`
  if (action === 'create' || action === 'update') await cloud.put(path, wanted)
  if (action === 'remove') await cloud.delete(path)
  if (action === 'create' || action === 'update' || action === 'remember') await cloud.put(record, wanted)
  if (action === 'remove' || action === 'forget') await cloud.delete(record)
}
