import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { score, seasonalNaive } from './index.ts'

const at = (forecast: number, actual: number, levels = 1) => ({
  quantiles: Array.from({ length: levels }, () => forecast),
  point: forecast,
  actual,
  censored: false,
})

describe('score', () => {
  // Examples in the documentation of scikit-learn 1.7, sklearn.metrics.mean_pinball_loss.
  it.each([
    { forecasts: [0, 2, 3], level: 0.1, loss: 0.03333 },
    { forecasts: [1, 2, 4], level: 0.1, loss: 0.3 },
    { forecasts: [0, 2, 3], level: 0.9, loss: 0.3 },
    { forecasts: [1, 2, 4], level: 0.9, loss: 0.03333 },
    { forecasts: [1, 2, 3], level: 0.1, loss: 0 },
  ])('has the pinball loss of scikit-learn: $forecasts at $level is $loss', ({ forecasts, level, loss }) => {
    const rows = forecasts.map((forecast, i) => at(forecast, [1, 2, 3][i]!))
    expect(score(rows, [level]).pinball).toBeCloseTo(loss, 4)
  })

  it('pools errors before it divides', () => {
    const { wape, wpe, rows } = score([at(8, 10), at(3, 0), at(5, 5)], [0.5])
    expect([wape, wpe, rows]).toEqual([5 / 15, 1 / 15, 3])
  })

  it('leaves censored rows out, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ forecast: fc.nat(100), actual: fc.nat(100), censored: fc.boolean() })),
        (all) => {
          const rows = all.map(({ forecast, actual, censored }) => ({ ...at(forecast, actual, 3), censored }))
          const levels = [0.1, 0.5, 0.9]
          const kept = rows.filter((row) => !row.censored)
          expect({ ...score(rows, levels), censored: 0 }).toEqual(score(kept, levels))
          expect(score(rows, levels).censored).toBe(rows.length - kept.length)
        },
      ),
    )
  })

  it('counts an actual on the border as covered', () => {
    const row = { quantiles: [1, 2, 3], point: 2, censored: false }
    const actuals = [0.9, 1, 2, 3, 3.1]
    expect(
      score(
        actuals.map((actual) => ({ ...row, actual })),
        [0.1, 0.5, 0.9],
      ).coverage,
    ).toBe(3 / 5)
  })

  it('says that nothing can be said', () => {
    expect(score([], [0.5])).toEqual({
      rows: 0,
      censored: 0,
      wape: Number.NaN,
      wpe: Number.NaN,
      pinball: Number.NaN,
      coverage: Number.NaN,
    })
  })
})

describe('seasonalNaive', () => {
  const history = (units: number[], days: number) => ({
    entities: units.length / days,
    days,
    stride: days,
    first: 0,
    units: Float32Array.from(units),
    stockoutHours: new Uint8Array(units.length),
  })

  it('repeats the day one season ago, else one season before, else the mean', () => {
    const known = [1, 2, 3, 4, 5, 6, 7, 8]
    const gap = [1, 2, Number.NaN, 4, 5, 6, 7, 8]
    const empty = Array(8).fill(Number.NaN)
    expect([...seasonalNaive(history([...known, ...gap, ...empty], 8), 3)]).toEqual([6, 6, 0])
    expect([...seasonalNaive(history([1, 2, 3, 4, 5, Number.NaN, 7, 8], 8), 3)]).toEqual([3])
    expect([...seasonalNaive(history([1, Number.NaN, 3], 3), 7)]).toEqual([2])
  })
})
