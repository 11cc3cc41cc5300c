import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DailyDemandView } from '../contracts/index.ts'
import { type DailyDemandInput, dailyDemandEncoder, dailyDemandFeatures, siteEntities } from './index.ts'

const view = DailyDemandView.parse({
  kind: 'daily-demand',
  target: 'sales',
  censoredBy: 'stockout',
  statics: { site: 6, entity: 8, category1: 4 },
  knownAhead: { entity: ['discount'], site: ['holiday'] },
  states: ['discount', 'holiday'],
  groups: ['category1'],
})
const vocabulary = { site: ['s1'], entity: ['p0', 'p1'], category1: ['a', 'b'] }
const entitiesOf = (count: number) =>
  siteEntities({
    view,
    vocabulary,
    site: 's1',
    entities: Array.from({ length: count }, (_, i) => ({ id: `p${i}`, attributes: { category1: i % 2 ? 'b' : 'c' } })),
  })

type Day = { units: number; out: number; discount: number }
/** One row of days a product; the discount has two more, of the day forecast and the next. */
function input(rows: Day[][], ahead: [number, number][], weekday = 2): DailyDemandInput {
  const days = rows[0]!.length
  const flat = (pick: (day: Day) => number) => rows.flatMap((row) => row.map(pick))
  return {
    entities: entitiesOf(rows.length),
    history: {
      entities: rows.length,
      days,
      stride: days,
      first: 0,
      units: Float32Array.from(flat((d) => d.units)),
      stockoutHours: Uint8Array.from(flat((d) => d.out)),
    },
    ahead: {
      stride: days + 2,
      first: 0,
      weekday,
      entity: { discount: Float32Array.from(rows.flatMap((row, i) => [...row.map((d) => d.discount), ...ahead[i]!])) },
      site: { holiday: new Float32Array(days + 2).fill(0) },
    },
  }
}

/** Features by name of product `i`, in the units that their name says (scale divided out again where it was in). */
function read(given: DailyDemandInput, i = 0, encoder = dailyDemandEncoder({ view })) {
  const { features, scale } = encoder.rows(given)
  const width = encoder.features.length
  const at = (name: string) => features[i * width + encoder.features.indexOf(name)]!
  return { at, units: (name: string) => at(name) * scale[i]!, scale: scale[i]! }
}

const day = fc.record({
  units: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: 60 }).map((u) => u / 10) },
    fc.constant(Number.NaN),
  ),
  out: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 17 })),
  discount: fc.constantFrom(1, 0.8, 0.5),
})
const site = (days: number) =>
  fc.array(fc.array(day, { minLength: days, maxLength: days }), { minLength: 1, maxLength: 6 })
const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length

describe('dailyDemandEncoder', () => {
  it('agrees with the definitions, read literally', () => {
    fc.assert(
      fc.property(site(30), (rows) => {
        const given = input(
          rows,
          rows.map(() => [0.8, 1]),
        )
        rows.forEach((row, i) => {
          const { at, units, scale } = read(given, i)
          const last = (n: number) => row.slice(-n).filter((d) => !Number.isNaN(d.units))
          const inStock = (n: number) => last(n).filter((d) => d.out === 0)
          const sold = (days: Day[]) => mean(days.map((d) => d.units))
          if (inStock(7).length > 0) {
            expect(scale).toBeCloseTo(Math.max(0.3, sold(inStock(7))), 4)
            expect(units('in_stock_mean7')).toBeCloseTo(sold(inStock(7)), 4)
          }
          if (last(14).length > 0) expect(units('mean14')).toBeCloseTo(sold(last(14)), 4)
          if (!Number.isNaN(row.at(-7)!.units)) expect(units('lag7')).toBeCloseTo(row.at(-7)!.units, 4)
          const same = inStock(28).filter((d) => d.discount === 0.8)
          if (same.length > 0) expect(units('same_discount_mean')).toBeCloseTo(sold(same), 4)
          expect(at('same_discount_share')).toBeCloseTo(inStock(28).length ? same.length / inStock(28).length : 0, 5)
          expect(at('known_share')).toBeCloseTo(last(28).length / 28, 5)
          expect(at('discount_change')).toBeCloseTo(0.8 - row.at(-1)!.discount, 5)
          expect(at('discount_against_week')).toBeCloseTo(0.8 - mean(row.slice(-7).map((d) => d.discount)), 5)
          expect([at('wednesday'), at('sunday')]).toEqual([1, 0])
        })
      }),
    )
  })

  it('gives finite features for any history, none included', () => {
    fc.assert(
      fc.property(
        fc.nat(40).chain((days) => site(days)),
        (rows) => {
          const given = input(
            rows,
            rows.map(() => [1, 1]),
          )
          const { features, scale } = dailyDemandEncoder({ view, fill: dailyDemandFeatures(view).map(() => 0) }).rows(
            given,
          )
          expect(features.every(Number.isFinite)).toBe(true)
          expect(scale.every((s) => s >= 0.3 - 1e-6 && Number.isFinite(s))).toBe(true)
        },
      ),
    )
  })

  it('looks back 28 days and no further', () => {
    fc.assert(
      fc.property(site(28), site(5), (rows, before) => {
        const ahead = rows.map((): [number, number] => [1, 0.5])
        const longer = rows.map((row, i) => [...before[i % before.length]!, ...row])
        const encoder = dailyDemandEncoder({ view })
        expect(encoder.rows(input(longer, ahead))).toEqual(encoder.rows(input(rows, ahead)))
      }),
    )
  })

  it('reads a window of a longer array as if it stood alone', () => {
    fc.assert(
      fc.property(site(45), fc.nat(10), (rows, first) => {
        const whole = input(
          rows,
          rows.map(() => [1, 1]),
        )
        const window = {
          ...whole,
          history: { ...whole.history, days: 30, first },
          ahead: { ...whole.ahead, first },
        }
        const cut = input(
          rows.map((row) => row.slice(first, first + 30)),
          rows.map((row) => [row[first + 30]!.discount, row[first + 31]!.discount]),
        )
        const encoder = dailyDemandEncoder({ view })
        expect(encoder.rows(window)).toEqual(encoder.rows(cut))
      }),
    )
  })

  it('does not change with the other products of the site, but for the pooled ratios', () => {
    fc.assert(
      fc.property(site(28), (rows) => {
        const ahead = rows.map((): [number, number] => [1, 1])
        const pooled = /^(site|category1)_/
        const names = dailyDemandFeatures(view).filter((name) => !pooled.test(name))
        const encoder = dailyDemandEncoder({ view, features: names })
        fc.pre(rows[0]!.some((d) => d.out === 0 && !Number.isNaN(d.units)))
        const alone = encoder.rows(input([rows[0]!], [ahead[0]!])).features
        expect(encoder.rows(input(rows, ahead)).features.slice(0, names.length)).toEqual(alone)
      }),
    )
  })

  it("compares pooled in-stock sales with the same products' means", () => {
    const steady = Array.from({ length: 27 }, () => ({ units: 2, out: 0, discount: 1 }))
    const row = [...steady, { units: 4, out: 0, discount: 1 }]
    const outToday = [...steady, { units: 0, out: 5, discount: 1 }]
    const { at } = read(
      input(
        [row, outToday],
        [
          [1, 1],
          [1, 1],
        ],
      ),
    )
    const level = (27 * 2 + 4) / 28
    expect(at('site_ratio1')).toBeCloseTo((4 + 1) / (level + 1), 5)
    expect(at('product_ratio1')).toBeCloseTo((4 + 1) / (level + 1), 5)
    expect(at('site_ratio3')).toBeCloseTo((4 + 4 * 2 + 1) / (3 * level + 2 * 2 + 1), 5)
  })

  it('picks columns by name, fills what is not known, writes where it is told', () => {
    const rows = [[{ units: 1, out: 0, discount: 1 }]]
    const given = { ...input(rows, [[1, 1]]) }
    const unknown = { ...given, ahead: { ...given.ahead, entity: {} } }
    const encoder = dailyDemandEncoder({ view, features: ['discount', 'lag1'], fill: [0.7, 9] })
    const into = { features: new Float32Array(2), statics: new BigInt64Array(3), scale: new Float32Array(1) }
    expect(encoder.rows(unknown, into)).toBe(into)
    expect([...into.features]).toEqual([Math.fround(0.7), 1])
    expect(into.statics).toEqual(BigInt64Array.of(1n, 1n, 0n))
    expect(() => dailyDemandEncoder({ view, features: ['lag99'] })).toThrow(/lag99/)
  })

  it('names every column once', () => {
    const names = dailyDemandFeatures(view)
    expect(new Set(names).size).toBe(names.length)
    const given = input([[{ units: 1, out: 0, discount: 1 }]], [[1, 1]])
    expect(dailyDemandEncoder({ view }).rows(given).features).toHaveLength(names.length)
  })
})

describe('siteEntities', () => {
  it('codes what training saw from 1, anything else 0', () => {
    const { codes, groups } = entitiesOf(3)
    expect([...codes]).toEqual([1n, 1n, 0n, 1n, 2n, 2n, 1n, 0n, 0n])
    expect(groups).toEqual([{ of: Int32Array.of(0, 1, 0), count: 2 }])
  })
})
