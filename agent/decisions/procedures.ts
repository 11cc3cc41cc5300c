import { randomUUID } from 'node:crypto'
import type { DecisionAnswer } from '@storecast/shared/contracts'
import type { Connection } from '../platform/database.ts'
import { recordEvent } from '../platform/events.ts'
import { large } from '../platform/writer.ts'
import { type ChoiceMade, choose } from './choose.ts'
import { forget } from './forget.ts'
import { type Judgement, judge } from './judgements.ts'

/** Decisions of a run, or a part of them: N rows, arrays of their columns. */
export interface RecordDecisions {
  readonly decision: string
  readonly model: string
  readonly version: number
  readonly issuedAt: number
  readonly start: number
  readonly end: number
  readonly ids: readonly string[]
  readonly entities: readonly string[]
  /** [N×Q] */
  readonly quantiles: Float32Array
  readonly stock: readonly number[]
  readonly onOrder: readonly number[]
  readonly quantity: readonly number[]
}

/** All of a run are there. */
export interface FinishDecisions {
  readonly model: string
  readonly issuedAt: number
  /** Store time. */
  readonly madeAt: number
  /** Products by what became of them. */
  readonly outcomes: Readonly<Record<string, number>>
  /** To be told; none where all was as it should be. */
  readonly complaint?: { readonly message: string; readonly detail: Readonly<Record<string, string | number>> }
}

/** What was recorded by a run that was cut short stays as it is: staff may have chosen by then. */
function record(db: Connection, batch: RecordDecisions): void {
  const { decision, model, version, issuedAt, start, end, ids, entities, quantiles, stock, onOrder, quantity } = batch
  const rows = ids.map((id, i) => [id, entities[i], stock[i], onOrder[i], quantity[i]])
  db.statement(
    `INSERT INTO decisions(id, decision, model, version, entity, issued_at, start, "end", quantiles, stock, on_order, quantity, open)
     SELECT value ->> 0, :decision, :model, :version, value ->> 1, :issuedAt, :start, :end,
       substr(:quantiles, key * :q + 1, :q), CAST(value ->> 2 AS REAL), CAST(value ->> 3 AS REAL), CAST(value ->> 4 AS REAL),
       value ->> 4 > 0
     FROM json_each(:rows) WHERE true ON CONFLICT(model, issued_at, entity) DO NOTHING`,
  ).run({
    ...{ decision, model, version, issuedAt, start, end },
    rows: JSON.stringify(rows),
    quantiles: Buffer.from(quantiles.buffer, quantiles.byteOffset, quantiles.byteLength),
    // Bytes of a row; an integer, or the product would be REAL.
    q: BigInt((quantiles.length / Math.max(1, ids.length)) * 4),
  })
}

/** One suggestion a product: what nobody chose of former runs is closed by the next. */
function supersede(db: Connection, { model, issuedAt }: { readonly model: string; readonly issuedAt: number }): void {
  db.statement('UPDATE decisions SET open = 0 WHERE open = 1 AND model = ? AND issued_at < ?').run(model, issuedAt)
}

function finish(db: Connection, { model, issuedAt, madeAt, outcomes, complaint }: FinishDecisions): void {
  const { changes } = db
    .statement('INSERT INTO decision_runs(model, issued_at, made_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
    .run(model, issuedAt, madeAt)
  if (changes === 0) return
  for (const [what, products] of Object.entries(outcomes)) count(db, what, products)
  if (complaint)
    recordEvent(db, { ...complaint, id: randomUUID(), at: madeAt, severity: 'warning', code: 'not-decided' })
}

function count(db: Connection, what: string, products: number): void {
  if (products === 0) return
  db.statement(
    `INSERT INTO decision_counts(what, products) VALUES (?, ?) ON CONFLICT DO UPDATE SET products = products + excluded.products`,
  ).run(what, products)
}

/** A choice, answered once it is durable. */
export interface Choose {
  readonly id: string
  /** Store time. */
  readonly at: number
  readonly answer: DecisionAnswer
}

function chooseAndCount(db: Connection, request: Choose): ChoiceMade {
  const made = choose(db, request)
  if (made.state === 'chosen') count(db, made.kind, 1)
  return made
}

export const decisionProcedures = {
  'decisions.supersede': supersede,
  'decisions.record': large(record),
  'decisions.finish': finish,
  'decisions.choose': chooseAndCount,
  'decisions.judge': large((db: Connection, judgements: readonly Judgement[]) => judge(db, judgements)),
  'decisions.forget': forget,
}
