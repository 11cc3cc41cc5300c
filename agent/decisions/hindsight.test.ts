import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Connection } from '../platform/database.ts'
import { openReplica, putDecision, putForecast } from '../test/replica.ts'
import { matured } from './hindsight.ts'
import { judge } from './judgements.ts'

const DAY = 86_400_000
const issuedAt = Date.UTC(2026, 6, 1)
const of = { model: 'demand', version: 1, entity: 'milk', issuedAt, start: issuedAt, end: issuedAt + DAY }
const id = '0195a2e4-1c00-7abc-8def-0123456789ab'
const scored = issuedAt + DAY
const found = { actual: 2, stockOut: false, correct: true }
let db: Connection
beforeEach(() => {
  db = openReplica(':memory:')
  putDecision(db, {
    ...{ ...of, id, decision: 'reorder', quantiles: [1, 2, 3], stock: 1, onOrder: 0, action: 'hold', quantity: 0 },
  })
  scoreAt(scored)
})
afterEach(() => db.close())

function scoreAt(scoredAt: number): void {
  const score = { scoredAt, actual: 2, censored: false }
  putForecast(db, { ...of, quantiles: [1, 2, 3], mean: 2, baseline: 2, score })
}
const waiting = () => matured(db, { model: 'demand', now: scored + DAY }).map((one) => one.id)
const told = () => db.statement<[], number>("SELECT seq FROM outbox WHERE kind = 'decision'").pluck().get()

it('a decision whose day is scored again and that stays as it was is looked at once, and told to nobody', () => {
  expect(waiting()).toEqual([id])
  judge(db, [{ id, at: scored + 1, ...found }])
  expect(waiting()).toEqual([])
  const before = told()
  scoreAt(scored + 1000)
  expect(waiting()).toEqual([id])
  judge(db, [{ id, at: scored + 1001, ...found }])
  expect([waiting(), told()]).toEqual([[], before])
})

it('a decision of which another thing came is told again', () => {
  judge(db, [{ id, at: scored + 1, ...found }])
  const before = told()!
  scoreAt(scored + 1000)
  judge(db, [{ id, at: scored + 1001, ...found, actual: 4, correct: false }])
  expect(waiting()).toEqual([])
  expect(told()).toBeGreaterThan(before)
})
