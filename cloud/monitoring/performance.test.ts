import type { Warmup } from '@storecast/shared/contracts'
import { describe, expect, it } from 'vitest'
import { clusteringOfGroup } from './compare.ts'
import { type DaySums, decide, judgeDevice, scoresOf, validationOf, worseTail } from './performance.ts'

const HIGH = [0.31, 0.22, 0.35, 0.24, 0.33, 0.21, 0.36, 0.25]
const LOW = [0.2, 0.28, 0.19, 0.27, 0.22, 0.25, 0.21]

const sums = (absolute: number, more: Partial<DaySums> = {}): DaySums => ({
  ...{
    rows: 10,
    leftOut: 1,
    absolute,
    squared: absolute ** 2 / 10,
    error: -absolute,
    actual: 100,
    baseline: 25,
    covered: 8,
  },
  ...more,
})
const watched = { device: 'a-1', site: 'a', timeZone: 'UTC', labels: { region: 'north' } }
const daysOf = (values: readonly number[]) =>
  new Map(values.map((value, i) => [`2026-03-${String(i + 1).padStart(2, '0')}`, sums(value)] as const))
const judge = (values: readonly number[], wape: number) => {
  const rule = { level: 0.05, method: 'benjamini-hochberg' } as const
  const judged = judgeDevice(
    { model: 'demand', version: 1, horizon: '1d', watched, from: 0, to: 1, days: daysOf(values) },
    {
      ...rule,
      validation: () => ({ validation: { wape, of: 'training', coverage: null, baselineWape: null }, days: null }),
    },
  )
  return { ...judged, ...decide([judged], rule)[0]! }
}

describe('whether days are worse', () => {
  it('is as SciPy’s ttest_ind(equal_var=False) and ttest_1samp say where no day goes with the next', () => {
    expect(worseTail(HIGH, LOW)).toBeCloseTo(0.030530145999674636, 9)
    expect(worseTail(LOW, HIGH)).toBeCloseTo(0.9694698540003254, 9)
    expect(worseTail(HIGH, [0.24])).toBeCloseTo(0.03995825209194322, 9)
  })

  it('takes days that go together for fewer', () => {
    const sorted = HIGH.toSorted()
    expect(worseTail(sorted, [0.24])).toBeGreaterThan(2 * worseTail(HIGH, [0.24]))
  })

  it('is certain where nothing varies', () => {
    expect(worseTail([0.3, 0.3], [0.2])).toBe(0)
    expect(worseTail([0.2, 0.2], [0.2])).toBe(1)
  })
})

describe('a verdict', () => {
  it('tells what is worse than the seasonal naive, than validation, than neither', () => {
    const around = (level: number) => Array.from({ length: 10 }, (_, i) => level + (i % 2 === 0 ? 1 : -1))
    expect(judge(around(40), 0.3)).toMatchObject({ verdict: 'below-baseline', rows: 100, leftOut: 10 })
    expect(judge(around(20), 0.15)).toMatchObject({ verdict: 'worse' })
    // Surely worse, by less than matters.
    expect(judge(around(20), 0.19)).toMatchObject({ verdict: 'as-validated' })
    expect(judge(around(20), 0.25)).toMatchObject({ verdict: 'as-validated' })
    expect(judge(around(40).slice(0, 6), 0.3)).toMatchObject({
      verdict: 'insufficient',
      reason: 'insufficient: n=6 days with scored forecasts; at least 7',
    })
  })

  it('comes with the figures', () => {
    const scores = scoresOf(sums(30))
    expect(scores).toMatchObject({ mae: 3, rmse: 3, wape: 0.3, bias: -0.3, coverage: 0.8, baselineWape: 0.25 })
    expect(scoresOf(sums(0, { rows: 0, actual: 0 }))).toMatchObject({
      mae: null,
      rmse: null,
      wape: null,
      coverage: null,
    })
  })
})

describe('validation', () => {
  const days = ['2026-01-01', '2026-01-02']
  const site = {
    days,
    actual: [10, 20],
    mean: [0, 0],
    quantiles: [
      [8, 8],
      [9, 24],
      [11, 30],
    ],
  }
  const warmup: Warmup = { format: 1, levels: [0.1, 0.5, 0.9], sites: { a: site, b: site } }

  it('is of the very sites where the bundle has their held-out days', () => {
    const found = validationOf(warmup, { wape: 0.5 }, { wape: 0.6 }, new Set(['a', 'b']))!
    expect(found.days).toEqual([0.1, 0.2])
    expect(found.validation).toMatchObject({ of: 'sites', coverage: 1, baselineWape: 0.6 })
    expect(found.validation.wape).toBeCloseTo(10 / 60, 12)
  })

  it('is of all that was trained on for others, and absent without a figure', () => {
    const elsewhere = validationOf(warmup, { wape: 0.5 }, {}, new Set(['a', 'z']))
    expect(elsewhere).toEqual({
      validation: { wape: 0.5, of: 'training', coverage: null, baselineWape: null },
      days: null,
    })
    expect(validationOf(null, { mse: 1 }, {}, new Set(['a']))).toBeNull()
  })
})

describe('rows of a group’s week', () => {
  const alike = (mean: number, freedom: number) => ({ mean, square: mean ** 2, largest: mean, carry: 0, freedom })

  it('are as alike as those of its sites, in so far as they are of one site', () => {
    // Four sites: the common correlation is a quarter of 0.2 and three quarters of what sites share.
    const known = { site: alike(0.2, 40), common: alike(0.08, 9), sites: 4 }
    expect(clusteringOfGroup(known, 1).mean).toBeCloseTo(0.2, 12)
    expect(clusteringOfGroup(known, 4).mean).toBeCloseTo(0.08, 12)
    expect(clusteringOfGroup(known, 1e9).mean).toBeCloseTo(0.04, 9)
    expect(clusteringOfGroup(known, 4).freedom).toBe(9)
  })

  it('are taken for as alike as one site’s where nothing is known of others', () => {
    expect(clusteringOfGroup({ site: alike(0.2, 7), common: null, sites: 1 }, 50).mean).toBeCloseTo(0.2, 12)
  })
})
