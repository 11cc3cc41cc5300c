import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Connection } from '../platform/database.ts'
import { openReplica, putDecision } from '../test/replica.ts'
import { forget } from './forget.ts'
import { firstIdAt, runIds } from './ids.ts'

const DAY = 86_400_000
const now = Date.UTC(2026, 6, 1, 6)
let db: Connection
beforeEach(() => {
  db = openReplica(':memory:')
})
afterEach(() => db.close())

function decide(issuedAt: number): void {
  const nextId = runIds(issuedAt)
  for (const entity of ['milk', 'bread']) {
    putDecision(db, {
      ...{ id: nextId(), decision: 'reorder', model: 'demand', version: 1, entity, issuedAt },
      ...{
        start: issuedAt,
        end: issuedAt + DAY,
        quantiles: [1, 2, 3],
        stock: 1,
        onOrder: 0,
        action: 'hold',
        quantity: 0,
      },
    })
  }
}
const kept = () => db.statement<[], number>('SELECT DISTINCT issued_at FROM decisions ORDER BY issued_at').pluck().all()

it('decisions older than 120 days are forgotten, to the millisecond, without reading the others', () => {
  const edge = now - 120 * DAY
  for (const at of [edge - DAY, edge - 1, edge, now]) decide(at)
  forget(db, now)
  expect(kept()).toEqual([edge, now])
  const plan = db.statement<[string], { detail: string }>('EXPLAIN QUERY PLAN DELETE FROM decisions WHERE id < ?')
  expect(plan.all(firstIdAt(edge)).map(({ detail }) => detail)).toContain('SEARCH decisions USING PRIMARY KEY (id<?)')
})

it('nothing is forgotten by a clock that was not set yet', () => {
  decide(1000)
  forget(db, 5000)
  expect(kept()).toEqual([1000])
})
