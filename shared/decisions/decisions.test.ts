import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecisionDefinition } from '../contracts/index.ts'
import { normalQuantile } from '../statistics/index.ts'
import { judgeDecision } from './judge.ts'
import { criticalRatio, orderQuantity, quantileAt } from './newsvendor.ts'
import { compileDecision, type Decided, decisionComplaint } from './rule.ts'

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
  // 5 were there or coming, and of the 6 that may be wanted (p90) 4 are expected: 2 are for safety.
  const quantiles = [2, 4, 6]
  it.each([
    ['reorder', 5.5, false, true],
    ['reorder', 5, false, true],
    ['reorder', 3.1, false, true],
    ['reorder', 3, false, false],
    ['reorder', 1, false, false],
    ['reorder', 1, true, true],
    ['hold', 3, false, true],
    ['hold', 5, false, true],
    ['hold', 5.5, false, false],
    ['hold', 3, true, false],
  ] as const)('%s, %d sold, ran out: %s: right: %s', (action, actual, stockOut, right) => {
    expect(judgeDecision({ action, stock: 3, onOrder: 2, quantiles }, { actual, stockOut })).toBe(right)
  })

  it('takes no rounding for a unit: 0.1 + 0.2 in double, 0.3 in single precision', () => {
    const position = { stock: 0.1, onOrder: 0.2, quantiles: [] }
    const sold = { actual: Math.fround(0.3), stockOut: false }
    expect(judgeDecision({ ...position, action: 'hold' }, sold)).toBe(true)
    expect(judgeDecision({ ...position, action: 'reorder' }, sold)).toBe(false)
  })

  it('is right for nine holds of ten at least, where the forecast is: the rule holds from the p90 on', () => {
    const demand = normal(20_000, { mean: 20, deviation: 5 })
    const levels = [0.1, 0.5, 0.9]
    const told = levels.map((level) => 20 + 5 * normalQuantile(level))
    const decided = rule()
    const right = (stock: number) => {
      const { action } = decided({ quantiles: told, stock, onOrder: 0, pack: 1 }) as Decided
      const position = { action, stock, onOrder: 0, quantiles: told }
      const correct = demand.filter((actual) => judgeDecision(position, { actual, stockOut: actual >= stock }))
      return { action, share: correct.length / demand.length }
    }
    for (const stock of [26.5, 28, 32]) expect(right(stock)).toMatchObject({ action: 'hold' })
    for (const stock of [26.5, 28, 32]) expect(right(stock).share).toBeGreaterThan(0.89)
    // Just below the p90 half of the orders are right: the other half would have kept their safety.
    expect(right(26.3)).toMatchObject({ action: 'reorder', share: expect.closeTo(0.5, 1) })
    expect(right(15).share).toBeGreaterThan(0.95)
  })
})

/** Box–Muller on a counter's fractions: the same draws each time. */
function normal(count: number, { mean, deviation }: { mean: number; deviation: number }): number[] {
  const fraction = (index: number, step: number) => ((index + 0.5) * step) % 1
  return Array.from({ length: count }, (_, i) => {
    const radius = Math.sqrt(-2 * Math.log((i + 0.5) / count))
    return mean + deviation * radius * Math.cos(2 * Math.PI * fraction(i, 0.618_033_988_749_895))
  })
}
