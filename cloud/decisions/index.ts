import type { Pool } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { Page, PageRequest } from '../platform/paging.ts'
import { type DecisionCounts, type DecisionCountsQuery, decisionCounts } from './counts.ts'
import { type DecisionFilter, type DecisionView, listDecisions } from './list.ts'

export { DECISION_STATES, type DecisionView } from './list.ts'
export { decisionMigrations } from './migrations.ts'

/** What devices suggested to staff, what staff made of it, and what came of it. */
export interface Decisions {
  /** Newest first. */
  list(query: DecisionFilter & PageRequest): Promise<Page<DecisionView>>
  /** Sums for KPIs. @throws NotFoundError `group-unknown` */
  counts(query: DecisionCountsQuery): Promise<DecisionCounts[]>
}

export function createDecisions({ pool, clock }: { readonly pool: Pool; readonly clock: Clock }): Decisions {
  return {
    list: (query) => listDecisions(pool, { ...query, now: clock.now() }),
    counts: (query) => decisionCounts(pool, { ...query, now: clock.now() }),
  }
}
