import type { Permission } from '../people/index.ts'
import { isLimited, type LabelLimit, siteLiesWithin } from '../platform/label-limit.ts'
import { CHANGE_KINDS, type ChangeKind, KINDS } from './kinds.ts'

/** That something has changed; what it is now, one asks. */
export interface Change {
  readonly kind: ChangeKind
  /** Null: some of the kind, or many at once. */
  readonly key: string | null
  readonly site: string | null
}

/** A change as the database has it. */
export interface NotedChange {
  readonly kind: string
  readonly key: string
  readonly site: string | null
  /** Of the site; null where there is none, or no more. */
  readonly labels: LabelLimit | null
}

/** Beyond so many of a kind at once, one looks at all of the kind. */
export const MANY = 100

interface Watcher {
  readonly grants: ReadonlySet<Permission>
  readonly limit: LabelLimit
}

/** What of the changes somebody is told. Pure. */
export function toldTo({ grants, limit }: Watcher, changes: readonly NotedChange[]): Change[] {
  return CHANGE_KINDS.filter((kind) => grants.has(KINDS[kind].permission)).flatMap((kind) => {
    const told = distinct(changes.filter((one) => one.kind === kind).flatMap((one): Change[] => seen(kind, one, limit)))
    return told.length > MANY ? [{ kind, key: null, site: null }] : told
  })
}

function seen(kind: ChangeKind, { key, site, labels }: NotedChange, limit: LabelLimit): Change[] {
  if (!isLimited(limit)) return [{ kind, key, site }]
  if (site !== null) return siteLiesWithin({ id: site, labels: labels ?? {} }, limit) ? [{ kind, key, site }] : []
  const { limited } = KINDS[kind]
  if (limited === 'nothing') return []
  return [{ kind, key: limited === 'all' ? key : null, site: null }]
}

const distinct = (changes: readonly Change[]): Change[] => [
  ...new Map(changes.map((change) => [`${change.key}\0${change.site}`, change])).values(),
]
