import type { DecisionRecord } from '@storecast/shared/contracts'
import type { Connection } from '../platform/database.ts'
import { type DecisionRow, recordOf } from './row.ts'

/** `open`: staff may choose. `chosen`: they have. `missed`: they have not, and may no longer. `hold`: nothing to choose. */
export const DECISION_STATES = ['open', 'chosen', 'missed', 'hold', 'all'] as const
export type DecisionState = (typeof DECISION_STATES)[number]

export interface DecisionQuery {
  readonly state: DecisionState
  readonly entity?: string | undefined
  /** Ids below, the newest first. */
  readonly before?: string | undefined
  readonly limit: number
  /** Store time: a suggestion ends with its lead time. */
  readonly now: number
}

/** A decision, and whether staff may still choose. */
export type ListedDecision = DecisionRecord & { readonly open: boolean }

const WHERE: Readonly<Record<DecisionState, string>> = {
  open: 'open = 1 AND "end" > :now',
  chosen: 'choice IS NOT NULL',
  missed: 'quantity > 0 AND choice IS NULL AND NOT (open = 1 AND "end" > :now)',
  hold: 'quantity = 0',
  all: 'true',
}

/** Newest run first; within a run the last product by name first. */
export function listDecisions(
  db: Connection,
  { state, entity = '', before = '~', limit, now }: DecisionQuery,
): ListedDecision[] {
  return db
    .statement<Record<string, string | number>, DecisionRow>(
      `SELECT * FROM decisions WHERE id < :before AND ${WHERE[state]} AND (:entity = '' OR entity = :entity)
       ORDER BY id DESC LIMIT :limit`,
    )
    .all({ before, entity, now, limit })
    .map((row) => listed(row, now))
}

export const listed = (row: DecisionRow, now: number): ListedDecision => ({
  ...recordOf(row),
  open: row.open === 1 && row.end > now,
})

export interface DecisionCount {
  /** `reorder`, `hold`, what kept from deciding, or what staff chose. */
  readonly what: string
  readonly products: number
}

/** Since the database began. */
export function decisionCounts(db: Connection): DecisionCount[] {
  return db.statement<[], DecisionCount>('SELECT what, products FROM decision_counts ORDER BY what').all()
}

/** Suggestions that staff may still take. */
export function openSuggestions(db: Connection, now: number): number {
  const sql = 'SELECT count(*) FROM decisions WHERE open = 1 AND "end" > ?'
  return db.statement<[number], number>(sql).pluck().get(now)!
}
