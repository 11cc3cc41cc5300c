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
    .map((one) => {
      const { store, held } = kindOf(one.kind) ?? {}
      const why = one.wanted === undefined ? undefined : held?.(one.wanted as never)
      return planChange(one, { ...wishes, removable: store?.remove !== undefined, held: why })
    })
    .sort(inTurn)
}

const ORDER = Object.keys(KINDS)
const isGone = ({ action }: Change) => action === 'remove' || action === 'forget'

/** What is named comes before what names it, and goes after it. */
function inTurn(a: Change, b: Change): number {
  if (isGone(a) !== isGone(b)) return isGone(a) ? 1 : -1
  const kinds = ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind)
  if (kinds !== 0) return isGone(a) ? -kinds : kinds
  return a.name < b.name ? -1 : 1
}

/** Does one change of a plan, and remembers it. */
export async function applyChange(cloud: CloudClient, set: string, change: Change): Promise<void> {
  const { action, kind, name, wanted } = change
  const store = kindOf(kind)?.store
  const record = `/v1/applied/${set}/${kind}/${name}`
  const isMade = action === 'create' || action === 'start' || action === 'update'
  if (isMade) await store?.put(cloud, name, wanted)
  if (action === 'remove') await store?.remove?.(cloud, name)
  if (isMade || action === 'remember') await cloud.put(record, wanted)
  if (isGone(change)) await cloud.delete(record)
}
