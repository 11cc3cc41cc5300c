import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecisionDefinition } from '../contracts/index.ts'
import { normalQuantile } from '../statistics/index.ts'
import { judgeDecision } from './judge.ts'
import { criticalRatio, orderQuantity, quantileAt } from './newsvendor.ts'
import { compileDecision, decisionComplaint } from './rule.ts'

interface Frozen {
  readonly normal: readonly (readonly [p: number, quantile: number])[]
  readonly newsvendor: readonly (Case & { readonly ratio: number })[]
  readonly cheapest: readonly Case[]
}
interface Case {
  readonly quantiles: readonly number[]
  readonly costs: { readonly under: number; readonly over: number }
  readonly order_up_to: number
}

/** Made by scripts/fixtures/decisions.py. */
const frozen: Frozen = JSON.parse(readFileSync(new URL('scipy.json', import.meta.url), 'utf8'))
const levels = [0.1, 0.5, 0.9]
const targetOf = ({ quantiles, costs }: Case) => quantileAt({ quantiles, levels, level: criticalRatio(costs) })
const rule = (more = {}) => compileDecision(DecisionDefinition.parse(more), levels)

describe("the newsvendor's quantity", () => {
  it("is SciPy's for a normal demand, between its quantiles and beyond them", () => {
    for (const [p, quantile] of frozen.normal) expect(normalQuantile(p)).toBeCloseTo(quantile, 12)
    for (const one of frozen.newsvendor) {
      expect(criticalRatio(one.costs)).toBeCloseTo(one.ratio, 15)
      expect(targetOf(one)).toBeCloseTo(Math.max(0, one.order_up_to), 9)
    }
  })

  it('is where missing and left-over units cost least together, found by trying', () => {
    for (const one of frozen.cheapest) expect(Math.abs(targetOf(one) - one.order_up_to)).toBeLessThan(0.5)
  })

  it('grows with the level, meets the quantiles that are known, and is never below 0', () => {
    const some = fc.uniqueArray(fc.double({ min: 0, max: 1000, noNaN: true }), { minLength: 3, maxLength: 3 })
    const level = fc.double({ min: 0.001, max: 0.999, noNaN: true })
    fc.assert(
      fc.property(some, level, level, (values, a, b) => {
        const quantiles = values.toSorted((x, y) => x - y)
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((at) => quantileAt({ quantiles, levels, level: at }))
        expect(low).toBeGreaterThanOrEqual(0)
        expect(high! - low!).toBeGreaterThanOrEqual(-1e-9)
        for (const [i, at] of levels.entries()) {
          expect(quantileAt({ quantiles, levels, level: at })).toBeCloseTo(quantiles[i]!, 9)
        }
      }),
    )
  })

  it('is rounded up to packs, and nothing where there is enough', () => {
    expect(orderQuantity({ target: 10, stock: 3, onOrder: 2, pack: 1 })).toBe(5)
    expect(orderQuantity({ target: 10.01, stock: 3, onOrder: 2, pack: 6 })).toBe(6)
    expect(orderQuantity({ target: 10, stock: 9, onOrder: 1, pack: 6 })).toBe(0)
    expect(orderQuantity({ target: 0.3, stock: 0, onOrder: 0, pack: 0.1 })).toBe(0.3)
    const amount = fc.integer({ min: 0, max: 5000 }).map((n) => n / 10)
    fc.assert(
      fc.property(amount, amount, amount, fc.integer({ min: 1, max: 240 }), (target, stock, onOrder, tenths) => {
        const pack = tenths / 10
        const quantity = orderQuantity({ target, stock, onOrder, pack })
        const lacking = Math.max(0, target - stock - onOrder)
        expect(quantity).toBeGreaterThanOrEqual(lacking - 1e-4)
        expect(quantity).toBeLessThan(lacking + pack + 1e-9)
        expect(Math.abs(quantity / pack - Math.round(quantity / pack))).toBeLessThan(1e-6)
      }),
    )
  })
})

describe('a rule', () => {
  const quantiles = [2, 5, 9]

  it('reorders where the p90 of the demand exceeds what is there and on its way', () => {
    expect(rule()({ quantiles, stock: 3, onOrder: 5, pack: 1 })).toEqual({ action: 'reorder', quantity: 1 })
    expect(rule()({ quantiles, stock: 4, onOrder: 5, pack: 1 })).toEqual({ action: 'hold', quantity: 0 })
    expect(rule()({ quantiles, stock: 0, onOrder: 0, pack: 6 })).toEqual({ action: 'reorder', quantity: 12 })
  })

  it('holds where the quantity that costs least is there already', () => {
    const cautious = rule({ costs: { under: 1, over: 1 } })
    expect(cautious({ quantiles, stock: 6, onOrder: 0, pack: 1 })).toEqual({ action: 'hold', quantity: 0 })
    expect(cautious({ quantiles, stock: 1, onOrder: 0, pack: 1 })).toEqual({ action: 'reorder', quantity: 4 })
  })

  it('tells what keeps an expression from being evaluated, where it is written', () => {
    const complaint = (when: string) => decisionComplaint(DecisionDefinition.parse({ when }), levels)
    expect(complaint('demand.p90 > stock + on_order')).toBeUndefined()
    expect(complaint('demand.p90 >')).toMatch(/line 1/)
    expect(complaint('demand.p95 > stock')).toMatch(/p95/)
    expect(complaint('shelf > 1')).toMatch(/there is no "shelf"/)
    expect(complaint('demand.p90 + stock')).toMatch(/neither true nor false/)
  })
})

describe('hindsight', () => {
  it.each([
    ['reorder', 3, 2, 5.5, false, true],
    ['reorder', 3, 2, 5, false, false],
    ['reorder', 3, 2, 3, true, true],
    ['hold', 3, 2, 5, false, true],
    ['hold', 3, 2, 5.5, false, false],
    ['hold', 3, 2, 3, true, false],
    // 0.1 + 0.2 in double, 0.3 in single precision.
    ['hold', 0.1, 0.2, Math.fround(0.3), false, true],
  ] as const)(
    '%s with %d and %d on order, %d sold, ran out: %s: right: %s',
    (action, stock, onOrder, actual, stockOut, right) => {
      expect(judgeDecision({ action, stock, onOrder }, { actual, stockOut })).toBe(right)
    },
  )
})
