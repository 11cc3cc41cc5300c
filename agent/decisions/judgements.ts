import type { Connection } from '../platform/database.ts'

/** What came of a decision. */
export interface Judgement {
  readonly id: string
  /** Store time. */
  readonly at: number
  /** In the target's unit. */
  readonly actual: number
  readonly stockOut: boolean
  readonly correct: boolean
}

/** Stores what came of decisions; what is known already is told to nobody again. */
export function judge(db: Connection, judgements: readonly Judgement[]): void {
  const rows = judgements.map(({ id, at, actual, stockOut, correct }) => [id, at, actual, +stockOut, +correct])
  db.statement(
    `UPDATE decisions SET open = 0, judged_at = value ->> 1, actual = CAST(value ->> 2 AS REAL), stock_out = value ->> 3,
       correct = value ->> 4
     FROM json_each(?) WHERE decisions.id = value ->> 0 AND (judged_at IS NULL OR actual <> CAST(value ->> 2 AS REAL)
       OR stock_out <> value ->> 3 OR correct <> value ->> 4)`,
  ).run(JSON.stringify(rows))
  // By itself: the outbox watches what the statement above changes.
  db.statement('UPDATE decisions SET examined_at = value ->> 1 FROM json_each(?) WHERE decisions.id = value ->> 0').run(
    JSON.stringify(rows),
  )
}
