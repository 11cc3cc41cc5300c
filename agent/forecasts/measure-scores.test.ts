import { parseSelfEntity } from '@storecast/shared/contracts'
import { score } from '@storecast/shared/forecasts'
import { Sketch } from '@storecast/shared/windows'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pick } from '../outbox/pick.ts'
import type { Connection } from '../platform/database.ts'
import { openReplica, readReplica } from '../test/replica.ts'
import { forecastProcedures } from './procedures.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
const T0 = Date.UTC(2026, 2, 2)

let db: Connection
beforeEach(() => {
  db = openReplica(':memory:')
})
afterEach(() => void db.close())

interface Row {
  readonly quantiles: readonly number[]
  readonly baseline: number
  readonly actual: number
  readonly censored: boolean
}

const key = { model: 'demand', version: 3 }

function issue(issuedAt: number, rows: readonly Row[]): void {
  const { start, end } = { start: issuedAt, end: issuedAt + DAY }
  const quantiles = Float32Array.from(rows.flatMap((row) => row.quantiles))
  forecastProcedures['forecasts.record'](db, {
    ...{ ...key, issuedAt, start, end, entities: rows.map((_, i) => `p${i}`) },
    ...{ quantiles, raw: quantiles, mean: new Float32Array(rows.length), profile: new Float32Array(rows.length * 24) },
    baseline: Float32Array.from(rows, ({ baseline }) => baseline),
  })
}
const settle = (issuedAt: number, rows: readonly Row[]) =>
  forecastProcedures['forecasts.score'](db, [
    {
      ...{ ...key, issuedAt, scoredAt: issuedAt + DAY, entities: rows.map((_, i) => `p${i}`) },
      actual: Float32Array.from(rows, ({ actual }) => actual),
      censored: Uint8Array.from(rows, ({ censored }) => Number(censored)),
    },
  ])
const windows = () => readReplica(db).windows
const windowOf = (sensor: string, start: number, entity = 'demand.3.1d') =>
  windows().find((w) => w.series.sensor === sensor && w.start === start && w.series.entity === entity)!

// Quarters: exact in float32 and in thousandths.
const quarter = fc.integer({ min: -400, max: 4000 }).map((n) => n / 4)
const row: fc.Arbitrary<Row> = fc.record({
  quantiles: fc.array(quarter, { minLength: 3, maxLength: 3 }).map((all) => all.toSorted((a, b) => a - b)),
  baseline: quarter,
  actual: quarter,
  censored: fc.boolean(),
})

describe('windows of forecast errors', () => {
  it('say what the scores of the same forecasts say, also where actuals are corrected later', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(row, quarter), { minLength: 1, maxLength: 12 }), (given) => {
        db.exec('DELETE FROM windows; DELETE FROM measured_parts; DELETE FROM forecasts')
        const rows = given.map(([row]) => row)
        issue(T0, rows)
        settle(
          T0,
          given.map(([row, actual]) => ({ ...row, actual })),
        )
        settle(T0, rows)
        const levels = [0.1, 0.5, 0.9]
        const scored = rows.map((row) => ({ ...row, point: row.quantiles[1]! }))
        const expected = score(scored, levels)
        const of = (name: string) => windowOf(`$forecast-${name}`, T0)
        const actual = of('actual').sum
        expect(of('error')).toMatchObject({ count: expected.rows, quality: { missing: expected.censored } })
        if (expected.rows === 0) return
        if (actual > 0) {
          expect(of('absolute-error').sum / actual).toBeCloseTo(expected.wape, 9)
          expect(of('error').sum / actual).toBeCloseTo(expected.wpe, 9)
        }
        expect(of('coverage').sum / of('coverage').count).toBeCloseTo(expected.coverage, 9)
        const counted = scored.filter(({ censored }) => !censored)
        const squares = counted.reduce((sum, { point, actual }) => sum + Math.round((point - actual) ** 2 * 1000), 0)
        expect(of('squared-error').sum).toBe(squares)
        const naive = counted.reduce((sum, { baseline, actual }) => sum + Math.abs(baseline - actual), 0)
        expect(of('baseline-error').sum).toBe(naive * 1000)
        const errors = counted.map(({ point, actual }) => (point - actual) * 1000).sort((a, b) => a - b)
        const median = errors[Math.floor((errors.length - 1) / 2)]!
        const told = Sketch.fromBins(of('error').sketch).quantile(0.5)
        expect(Math.abs(told - median)).toBeLessThanOrEqual(Math.abs(median) * 0.01 + 1e-9)
      }),
      { numRuns: 100 },
    )
  })

  it('are sent once, again only when they say something else, under names that travel', () => {
    const rows = [{ quantiles: [1, 2, 3], baseline: 1, actual: 3, censored: false }]
    issue(T0, rows)
    settle(T0, rows)
    const { revision } = windowOf('$forecast-error', T0)
    const picked = pick(db, { excluded: [], limit: 100, withSuperseded: true })!
    expect(picked.rejected).toEqual([])
    expect(picked.records.windows.map(({ record }) => record.series.sensor).sort()).toEqual([
      '$forecast-absolute-error',
      '$forecast-actual',
      '$forecast-baseline-error',
      '$forecast-coverage',
      '$forecast-error',
      '$forecast-squared-error',
    ])
    settle(T0, rows)
    expect(windowOf('$forecast-error', T0).revision).toBe(revision)
    settle(T0, [{ ...rows[0]!, actual: 4 }])
    expect(windowOf('$forecast-error', T0)).toMatchObject({ revision: revision + 1, count: 1, sum: -2000 })
  })

  it('of a model that forecasts step by step are told by horizon', () => {
    const ends = [T0 + HOUR, T0 + 2 * HOUR, T0 + 30 * HOUR]
    const profile = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9)
    const one = Float32Array.of(5)
    forecastProcedures['forecasts.record'](db, {
      ...{ ...key, issuedAt: T0, start: T0, end: ends[2]!, entities: ['load'], profile },
      ...{ quantiles: Float32Array.of(4, 5, 6), raw: Float32Array.of(4, 5, 6), mean: one, baseline: one },
    })
    const steps = { day: { start: T0, end: T0 + DAY }, ends, actual: Float32Array.of(2.5, Number.NaN, 10) }
    const scored = { ...key, issuedAt: T0, scoredAt: ends[2]!, entities: ['load'], censored: Uint8Array.of(0), steps }
    forecastProcedures['forecasts.score'](db, [{ ...scored, actual: Float32Array.of(Number.NaN) }])
    expect(windows()).toEqual([])
    forecastProcedures['forecasts.score'](db, [{ ...scored, actual: Float32Array.of(6.25) }])
    const horizons = new Set(windows().map(({ series }) => parseSelfEntity(series.entity)?.horizon))
    expect(horizons).toEqual(new Set(['1h', '2d']))
    expect(windowOf('$forecast-error', T0, 'demand.3.1h')).toMatchObject({ count: 1, sum: -500 })
    expect(windowOf('$forecast-error', T0, 'demand.3.2d')).toMatchObject({ count: 1, sum: -2000 })
    expect(windowOf('$forecast-coverage', T0, 'demand.3.2d')).toMatchObject({ count: 1, sum: 0 })
    expect(windowOf('$forecast-baseline-error', T0, 'demand.3.2d')).toMatchObject({ sum: 5000 })
  })
})
