import { type ChoiceKind, type DecisionAction, DeviceId } from '@storecast/shared/contracts'
import type { Pool } from 'pg'
import { z } from 'zod'
import { type LabelLimit, NO_LIMIT, siteWithin } from '../platform/label-limit.ts'
import { fromCursor, type Page, type PageRequest, toCursor, toPage } from '../platform/paging.ts'

/**
 * How far a decision is: `held`, nothing was suggested; `open`, staff may still choose; what they chose; `unanswered`, they
 * chose nothing while they could.
 */
export const DECISION_STATES = ['held', 'open', 'accepted', 'changed', 'rejected', 'unanswered'] as const
export type DecisionState = (typeof DECISION_STATES)[number]

/** A decision as a device sent it last. Quantities are in the unit of what the model forecasts. */
export interface DecisionView {
  readonly id: string
  readonly site: string
  readonly device: string
  readonly decision: string
  readonly model: string
  readonly version: number
  readonly product: string
  readonly issuedAt: number
  /** The lead time, `[start, end)`. */
  readonly start: number
  readonly end: number
  readonly quantiles: number[]
  readonly stock: number
  readonly onOrder: number
  readonly action: DecisionAction
  readonly quantity: number
  readonly state: DecisionState
  readonly choice: {
    readonly kind: ChoiceKind
    readonly chosenAt: number
    readonly quantity: number
    readonly reason: string
  } | null
  readonly outcome: {
    readonly judgedAt: number
    readonly actual: number
    readonly stockOut: boolean
    readonly correct: boolean
  } | null
}

export interface DecisionFilter {
  readonly site?: string | undefined
  readonly device?: string | undefined
  readonly model?: string | undefined
  readonly product?: string | undefined
  readonly state?: DecisionState | undefined
  /** Of those that are judged: whether they were right. */
  readonly correct?: boolean | undefined
  /** Of the issue time, unix ms: `[from, to)`. */
  readonly from: number
  readonly to: number
  /** What lies outside is left out. */
  readonly within?: LabelLimit | undefined
}

/** Of decisions `c`; parameter 1 is now. */
const STATE = `CASE WHEN c.action = 'hold' THEN 'held' WHEN c.choice IS NOT NULL THEN c.choice
  WHEN c.judged_at IS NULL AND c.end_at > $1 THEN 'open' ELSE 'unanswered' END`

/** Issue time, device, id. */
const Position = z.tuple([z.int(), DeviceId, z.uuid()])

/** Newest first. */
export async function listDecisions(
  pool: Pool,
  {
    now,
    site,
    device,
    model,
    product,
    state,
    correct,
    from,
    to,
    within = NO_LIMIT,
    after,
    limit,
  }: DecisionFilter & PageRequest & { readonly now: number },
): Promise<Page<DecisionView>> {
  const { rows } = await pool.query<DecisionView>(
    `SELECT c.id, d.site, c.device, c.decision, c.model, c.version, c.entity AS product, c.issued_at AS "issuedAt",
       c.start_at AS start, c.end_at AS end, c.quantiles, c.stock, c.on_order AS "onOrder", c.action, c.quantity,
       ${STATE} AS state,
       CASE WHEN c.chosen_at IS NOT NULL THEN jsonb_build_object('kind', c.choice, 'chosenAt', c.chosen_at,
         'quantity', c.chosen_quantity, 'reason', c.reason) END AS choice,
       CASE WHEN c.judged_at IS NOT NULL THEN jsonb_build_object('judgedAt', c.judged_at, 'actual', c.actual,
         'stockOut', c.stock_out, 'correct', c.correct) END AS outcome
     FROM decisions c JOIN devices d ON d.id = c.device
     WHERE ($2::text IS NULL OR d.site = $2) AND ($3::text IS NULL OR c.device = $3)
       AND ($4::text IS NULL OR c.model = $4) AND ($5::text IS NULL OR c.entity = $5)
       AND ($6::text IS NULL OR ${STATE} = $6) AND ($7::boolean IS NULL OR c.correct = $7)
       AND c.issued_at >= $8 AND c.issued_at < $9 AND ${siteWithin('d.site', 10)}
       AND ($11::jsonb IS NULL OR (c.issued_at, c.device, c.id) < (($11->>0)::int8, $11->>1, ($11->>2)::uuid))
     ORDER BY c.issued_at DESC, c.device DESC, c.id DESC LIMIT $12`,
    [
      ...[now, site ?? null, device ?? null, model ?? null, product ?? null, state ?? null, correct ?? null, from, to],
      within,
      after === undefined ? null : JSON.stringify(fromCursor(after, Position)),
      limit + 1,
    ],
  )
  return toPage(rows, limit, ({ issuedAt, device: of, id }) => toCursor([issuedAt, of, id]))
}
