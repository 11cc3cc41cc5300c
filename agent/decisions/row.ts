import type { ChoiceKind, DecisionRecord } from '@storecast/shared/contracts'

/** A decision as it is stored. */
export interface DecisionRow {
  readonly id: string
  readonly decision: string
  readonly model: string
  readonly version: number
  readonly entity: string
  readonly issued_at: number
  readonly start: number
  readonly end: number
  readonly quantiles: Uint8Array
  readonly stock: number
  readonly on_order: number
  readonly quantity: number
  readonly open: number
  readonly choice: ChoiceKind | null
  readonly chosen_at: number | null
  readonly chosen_quantity: number | null
  readonly reason: string | null
  readonly judged_at: number | null
  readonly actual: number | null
  readonly stock_out: number | null
  readonly correct: number | null
}

export function recordOf(row: DecisionRow): DecisionRecord {
  const { id, decision, model, version, entity, start, end, stock, quantity } = row
  const { choice, chosen_at, chosen_quantity, reason, judged_at, actual, stock_out, correct } = row
  return {
    ...{ id, decision, model, version, entity, start, end, stock, quantity },
    issuedAt: row.issued_at,
    quantiles: quantilesOf(row),
    onOrder: row.on_order,
    action: quantity > 0 ? 'reorder' : 'hold',
    ...(choice !== null && {
      choice: { kind: choice, chosenAt: chosen_at!, quantity: chosen_quantity!, reason: reason! },
    }),
    ...(judged_at !== null && {
      outcome: { judgedAt: judged_at, actual: actual!, stockOut: stock_out === 1, correct: correct === 1 },
    }),
  }
}

/** From a copy: float32 needs an alignment that the blob's place in its buffer may lack. */
export const quantilesOf = ({ quantiles }: Pick<DecisionRow, 'quantiles'>): number[] => [
  ...new Float32Array(new Uint8Array(quantiles).buffer),
]
