import type { DailyDemandView, DecisionDefinition } from '@storecast/shared/contracts'
import { judgeDecision } from '@storecast/shared/decisions'
import { fromSteps, type Span } from '@storecast/shared/windows'
import { readDefinitions } from '../buffer/index.ts'
import type { Connection } from '../platform/database.ts'
import type { Judgement } from './judgements.ts'
import { openWithin } from './lead-time.ts'
import { type DecisionRow, quantilesOf } from './row.ts'

const LONGEST_WINDOW_MS = 25 * 3_600_000
/** As long as what came of a forecast is followed, and a day more. */
const FOLLOWED_MS = 15 * 86_400_000

/** A decision whose lead time is over, and the local day that was forecast. */
export type Matured = Pick<
  DecisionRow,
  'id' | 'entity' | 'quantiles' | 'stock' | 'on_order' | 'quantity' | 'start' | 'end'
> & {
  readonly day_start: number
  readonly day_end: number
}

/** Where sales, stock-outs and stock are told. */
export type HindsightSource = Pick<DailyDemandView, 'target' | 'censoredBy' | 'openHours'> &
  Pick<DecisionDefinition, 'stock'>

/**
 * Decisions of a model whose day is scored and that were not looked at since. A day is scored once it has closed, if the device was
 * there, and again when a reading comes late.
 */
export function matured(db: Connection, { model, now }: { readonly model: string; readonly now: number }): Matured[] {
  return db
    .statement<{ model: string; from: number }, Matured>(
      `SELECT d.id, d.entity, d.quantiles, d.stock, d.on_order, d.quantity, d.start, d."end", f.start AS day_start, f."end" AS day_end
       FROM decisions d JOIN forecasts f
         ON f.model = d.model AND f.version = d.version AND f.issued_at = d.issued_at AND f.entity = d.entity
       WHERE d.model = :model AND d.issued_at >= :from AND f.actual IS NOT NULL
         AND (d.judged_at IS NULL OR coalesce(d.examined_at, d.judged_at) < f.scored_at)`,
    )
    .all({ model, from: now - FOLLOWED_MS })
}

interface WindowRow extends Span {
  readonly sensor: string
  readonly count: number
  readonly sum: number
  readonly min: number
}

/**
 * What came of decisions, by the stored windows. Left out is what they cannot tell: a window that was merged across the end of
 * a lead time has sales of both sides.
 */
export function hindsight(
  db: Connection,
  { decisions, source, now }: { decisions: readonly Matured[]; source: HindsightSource; now: number },
): Judgement[] {
  const { target, censoredBy, stock } = source
  const resolution = readDefinitions(db).get(target)?.resolution
  if (resolution === undefined) return []
  const windows = db.statement<Record<string, string | number>, WindowRow>(
    `SELECT s.sensor, w.start, w."end", w.count, w.sum, w.min FROM series s JOIN windows w ON w.series = s.id
     WHERE s.entity = :entity AND s.sensor IN (:target, :censoredBy, :stock)
       AND w.start > :start - ${LONGEST_WINDOW_MS} AND w.start < :end AND w."end" > :start`,
  )
  return decisions.flatMap((decision) => {
    const { id, entity, start, end, quantity } = decision
    const all = windows.all({ entity, target, censoredBy, stock, start, end })
    const sales = all.filter(({ sensor, sum }) => sensor === target && sum !== 0)
    if (sales.some((window) => window.start < start || window.end > end)) return []
    const actual = fromSteps(
      sales.reduce((sum, window) => sum + window.sum, 0),
      resolution,
    )
    const stockOut = ranOut(all, decision, source)
    const action = quantity > 0 ? 'reorder' : 'hold'
    const quantiles = quantilesOf(decision)
    const position = { action, quantiles, stock: decision.stock, onOrder: decision.on_order } as const
    return [{ id, at: now, actual, stockOut, correct: judgeDecision(position, { actual, stockOut }) }]
  })
}

/** While the shop was open: minutes without stock were told, or the shelf's gauge showed nothing left. */
function ranOut(windows: readonly WindowRow[], decision: Matured, source: HindsightSource): boolean {
  const { start, end, day_start, day_end } = decision
  const open = openWithin({ start, end }, { start: day_start, end: day_end }, source.openHours)
  return windows.some((window) => {
    const overlaps = window.start < open.end && window.end > open.start
    if (window.sensor === source.censoredBy) return overlaps && window.sum > 0
    const within = window.start >= open.start && window.end <= open.end
    return window.sensor === source.stock && within && window.count > 0 && window.min <= 0
  })
}
