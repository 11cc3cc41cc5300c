import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { calibrate, fitCalibration, type ScoredDay, warmupDays } from './index.ts'

const levels = [0.1, 0.5, 0.9]
const both = { levelDays: 7, conformalDays: 7, priorRows: 0 }
const row = (day: number, quantiles: number[], actual: number, censored = false): ScoredDay => ({
  day,
  quantiles,
  actual,
  censored,
})

/** Uniform in [0, 1), the same on every run (Park & Miller's minimal standard generator). */
function uniforms(seed: number) {
  let state = seed
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

const history = fc.array(
  fc
    .record({
      day: fc.integer({ min: 20_000, max: 20_020 }),
      centre: fc.double({ min: 0, max: 50, noNaN: true }),
      below: fc.double({ min: 0, max: 1, noNaN: true }),
      above: fc.double({ min: 0, max: 30, noNaN: true }),
      actual: fc.double({ min: 0, max: 100, noNaN: true }),
      censored: fc.boolean(),
    })
    .map(({ day, centre, below, above, actual, censored }) =>
      row(day, [centre * (1 - below), centre, centre + above], actual, censored),
    ),
  { maxLength: 60 },
)
const calibration = fc.record({
  levelDays: fc.nat(10),
  conformalDays: fc.nat(10),
  priorRows: fc.constantFrom(0, 1, 60),
})

describe('calibrate', () => {
  it('gives ascending, finite quantiles of no less than 0 for any history', () => {
    fc.assert(
      fc.property(history, history, calibration, (past, next, calibration) => {
        const raw = {
          quantiles: Float32Array.from(next.flatMap(({ quantiles }) => [...(quantiles as number[])])),
          mean: Float32Array.from(next, ({ quantiles }) => quantiles[1]!),
        }
        const { quantiles, mean } = calibrate(raw, { history: past, levels, calibration })
        for (let i = 0; i < next.length; i++) {
          const [low, middle, high] = quantiles.subarray(3 * i, 3 * i + 3)
          expect(0 <= low! && low! <= middle! && middle! <= high! && high! < Number.POSITIVE_INFINITY).toBe(true)
          expect(mean[i]).toBeGreaterThanOrEqual(0)
        }
      }),
      {
        // Forecasts too small to divide by.
        examples: [
          [
            [row(1, [5e-324, 5e-324, 5e-324], 0)],
            [row(1, [0, 0, 0], 0)],
            { levelDays: 1, conformalDays: 1, priorRows: 0 },
          ],
        ],
      },
    )
  })

  it('changes nothing when both steps are off, or nothing is known yet', () => {
    fc.assert(
      fc.property(history, (past) => {
        const off = { levelDays: 0, conformalDays: 0, priorRows: 60 }
        for (const state of [
          fitCalibration({ history: past, levels, calibration: off }),
          fitCalibration({ history: [], levels, calibration: both }),
        ]) {
          expect(state).toEqual({ factor: 1, stretch: [1, 1, 1], levelRows: 0, conformalRows: 0 })
        }
      }),
    )
  })

  it('learns nothing from censored rows, nor from days before its windows', () => {
    fc.assert(
      fc.property(history, calibration, (past, calibration) => {
        const newest = Math.max(...past.map(({ day }) => day))
        const days = Math.max(calibration.levelDays, calibration.conformalDays)
        const told = past.filter(({ day, censored }) => day === newest || (!censored && day > newest - days))
        expect(fitCalibration({ history: past, levels, calibration })).toEqual(
          fitCalibration({ history: told, levels, calibration }),
        )
      }),
    )
  })

  it('makes the level right on what it has seen, and less so the stronger the prior', () => {
    const past = [row(1, [1, 2, 3], 3), row(2, [2, 4, 6], 5), row(2, [0, 1, 2], 9, true)]
    const factor = (priorRows: number) =>
      fitCalibration({ history: past, levels, calibration: { ...both, priorRows } }).factor
    expect(factor(0)).toBeCloseTo(8 / 6, 12)
    // Two rows of mean 3; a prior of two more rows of 3.
    expect(factor(2)).toBeCloseTo((8 + 6) / (6 + 6), 12)
    expect(factor(1e5)).toBeCloseTo(1, 3)
  })

  it('takes the conformal order statistic of each side', () => {
    // Distances from the middle, over the gap: below −1 … 8 in steps of 1 (n = 10), the gap above is 2.
    const past = Array.from({ length: 10 }, (_, i) => row(1, [9, 10, 12], 10 - (i - 1)))
    const { stretch } = fitCalibration({ history: past, levels, calibration: { ...both, levelDays: 0 } })
    // ⌈11 × 0.9⌉ = 10th smallest: 8, capped at 5, below; (y − m) / 2 has a largest of 0.5 above.
    expect(stretch).toEqual([5, 1, 0.5])
    const wide = Array.from({ length: 19 }, (_, i) => row(1, [0, 100, 200], 100 - 10 * i))
    const state = fitCalibration({ history: wide, levels, calibration: { ...both, levelDays: 0 } })
    // ⌈20 × 0.9⌉ = 18th smallest of 0, 0.1 … 1.8.
    expect(state.stretch[0]).toBeCloseTo(1.7, 12)
  })

  it('covers new days as promised when days are alike', () => {
    // Demand is exponential around a level; the raw quantiles are too narrow and 20 % too low.
    const random = uniforms(7)
    const draw = (count: number) =>
      Array.from({ length: count }, () => {
        const level = 5 + 10 * random()
        const middle = 0.8 * level
        return row(1, [0.7 * middle, middle, 1.4 * middle], level * (0.4 - 0.85 * Math.log(1 - random())))
      })
    const past = draw(2000)
    const next = draw(2000)
    const raw = {
      quantiles: Float32Array.from(next.flatMap(({ quantiles }) => [...(quantiles as number[])])),
      mean: new Float32Array(next.length),
    }
    const { quantiles } = calibrate(raw, { history: past, levels, calibration: { ...both, priorRows: 60 } })
    const share = (inside: (q: Float32Array, actual: number) => boolean) =>
      next.filter(({ actual }, i) => inside(quantiles.subarray(3 * i, 3 * i + 3), actual)).length / next.length
    expect(Math.abs(share((q, y) => y < q[0]!) - 0.1)).toBeLessThan(0.03)
    expect(Math.abs(share((q, y) => y > q[2]!) - 0.1)).toBeLessThan(0.03)
  })
})

describe('warmupDays', () => {
  const warmup = {
    format: 1 as const,
    levels,
    sites: {
      s1: {
        days: ['1970-01-03', '2026-03-01'],
        actual: [1, 2],
        mean: [1, 2],
        quantiles: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      },
    },
  }
  it('gives the rows of one site', () => {
    expect(warmupDays(warmup, 's1')).toEqual([row(2, [1, 3, 5], 1), row(20_513, [2, 4, 6], 2)])
    expect(warmupDays(warmup, 'constructor')).toEqual([])
    expect(warmupDays(null, 's1')).toEqual([])
  })
})
