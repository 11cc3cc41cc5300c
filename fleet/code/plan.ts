import { isDeepStrictEqual } from 'node:util'

/** Of one document: what the files say, what was last applied from them, and what the cloud has. */
export interface Sides {
  readonly kind: string
  readonly name: string
  /** Absent: the files do not hold it. */
  readonly wanted?: unknown
  /** Absent: the files never made it. */
  readonly applied?: unknown
  /** Absent: the cloud has none. */
  readonly live?: unknown
}

export type Action = 'create' | 'start' | 'update' | 'remove' | 'remember' | 'forget' | 'keep' | 'conflict'

export interface Change extends Sides {
  readonly action: Action
  /** Why what the files hold is left alone for now. */
  readonly held?: string
  /** For people. */
  readonly why: string
}

interface Wishes {
  /** Remove what the files made once and hold no longer. */
  readonly prune: boolean
  /** The files win over what was changed beside them. */
  readonly force: boolean
  /** Whether documents of the kind can be removed; a rollout's is a deed: it is started, and what it did stays done. */
  readonly removable: boolean
  /** Why what the files hold is to be left alone. */
  readonly held?: string | undefined
}

/**
 * Three-way: what somebody changed or made beside the files is a conflict, and not lost; only what was applied from the
 * files before is removed.
 */
export function planChange(sides: Sides, { prune, force, removable, held }: Wishes): Change {
  const { wanted, applied, live } = sides
  const change = (action: Action, why: string): Change => ({ ...sides, action, why })
  const isLive = live !== undefined
  const touched = isLive && applied !== undefined && !isDeepStrictEqual(live, applied)
  if (wanted === undefined) {
    if (applied === undefined) return change('keep', 'not of these files')
    if (!prune) return change('keep', 'no longer in the files; --prune removes it')
    if (!isLive) return change('forget', 'gone from the files and from the cloud')
    if (!removable) return change('forget', 'no longer in the files; what it did stays done')
    if (touched && !force)
      return change('conflict', 'no longer in the files, and changed beside them; --force removes it')
    return change('remove', 'no longer in the files')
  }
  if (held !== undefined) return { ...change('keep', held), held }
  const make = removable ? 'create' : 'start'
  if (!isLive) return change(make, applied === undefined ? 'new' : 'was removed beside the files')
  if (isDeepStrictEqual(live, wanted)) {
    return isDeepStrictEqual(applied, wanted) ? change('keep', 'unchanged') : change('remember', 'is so already')
  }
  if (applied === undefined && !force) return change('conflict', 'was made beside the files; --force takes it over')
  if (touched && !force) return change('conflict', 'was changed beside the files; --force overwrites it')
  if (!removable) return change('start', 'another of its name, as the file says now')
  return change('update', touched ? 'overwrites what was changed beside the files' : 'changed')
}

/** The fields that differ, as `spec.gates: ["register"] → ["rollout"]`. */
export function differences(before: unknown, after: unknown, at = ''): string[] {
  if (isDeepStrictEqual(before, after)) return []
  const both = [before, after]
  if (!both.every((one) => one !== null && typeof one === 'object' && !Array.isArray(one))) {
    const show = (value: unknown) => (value === undefined ? '(none)' : JSON.stringify(value))
    return [`${at || 'document'}: ${show(before)} → ${show(after)}`]
  }
  const [old, now] = both as Record<string, unknown>[]
  const names = [...new Set([...Object.keys(old!), ...Object.keys(now!)])].sort()
  return names.flatMap((name) => differences(old![name], now![name], at === '' ? name : `${at}.${name}`))
}
