import type { ChoiceKind, DecisionAnswer } from '@storecast/shared/contracts'
import type { Connection } from '../platform/database.ts'
import type { DecisionRow } from './row.ts'

/**
 * - `chosen`: taken in now. `again`: this very choice was taken in before.
 * - `unknown`: there is no such decision. `not-suggested`: it is a hold, which asks nothing.
 * - `otherwise`: something else was chosen. `closed`: a newer suggestion, or the end of its time, came first.
 */
export type ChoiceMade =
  | { readonly state: 'chosen' | 'again'; readonly kind: ChoiceKind; readonly row: DecisionRow }
  | { readonly state: 'unknown' | 'not-suggested' | 'otherwise' | 'closed' }

/** Takes in what staff chose; the same choice twice counts once. @param at store time */
export function choose(
  db: Connection,
  { id, at, answer }: { readonly id: string; readonly at: number; readonly answer: DecisionAnswer },
): ChoiceMade {
  const read = () => db.statement<[string], DecisionRow>('SELECT * FROM decisions WHERE id = ?').get(id)
  const row = read()
  if (!row) return { state: 'unknown' }
  if (row.quantity === 0) return { state: 'not-suggested' }
  const wanted = choiceOf(answer, row.quantity)
  if (row.choice !== null) {
    const isSame = row.choice === wanted.kind && row.chosen_quantity === wanted.quantity && row.reason === wanted.reason
    return isSame ? { state: 'again', kind: wanted.kind, row } : { state: 'otherwise' }
  }
  if (row.open === 0 || row.end <= at) return { state: 'closed' }
  db.statement(
    'UPDATE decisions SET open = 0, choice = ?, chosen_at = ?, chosen_quantity = ?, reason = ? WHERE id = ?',
  ).run(wanted.kind, at, wanted.quantity, wanted.reason, id)
  return { state: 'chosen', kind: wanted.kind, row: read()! }
}

/** Changed to what was suggested is accepted. */
function choiceOf(answer: DecisionAnswer, suggested: number) {
  if (answer.choice === 'accepted') return { kind: 'accepted', quantity: suggested, reason: '' } as const
  if (answer.choice === 'rejected') return { kind: 'rejected', quantity: 0, reason: answer.reason } as const
  const { quantity, reason = '' } = answer
  return { kind: quantity === suggested ? 'accepted' : 'changed', quantity, reason } as const
}
