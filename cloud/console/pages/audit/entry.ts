import type { Item } from '../../api/client.ts'
import type { DECISIONS } from './search.ts'

export type Row = Item<'/v1/audit'>

/** What the log keeps of every entry; its schema is open, as entries of older versions are never rewritten. */
export interface Entry {
  readonly at: number
  readonly actor?: { readonly kind: string; readonly id: string }
  readonly action: string
  readonly subject: string
  readonly decision: (typeof DECISIONS)[number]
  /** Why it was refused, or what came of it. */
  readonly message?: string
}
export const entryOf = ({ entry }: Row) => entry as unknown as Entry
export const TONES = { allowed: 'good', denied: 'bad', failed: 'warning' } as const
