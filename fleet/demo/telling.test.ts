import { expect, it } from 'vitest'
import { type ReceivedForecast, scoresOf, totalsByDay } from './day-scores.ts'
import {
  dayLine,
  drawings,
  driftLines,
  improvement,
  kpiLines,
  orderingLines,
  summaryTable,
  taskLines,
} from './telling.ts'

const DAY = 86_400_000
const LEVELS = [0.1, 0.5, 0.9]
const forecast = (part: Partial<ReceivedForecast>): ReceivedForecast => ({
  ...{ site: 'shop-1', version: 1, entity: '1', issuedAt: 0, start: 0, end: DAY, baseline: 5 },
  ...{ quantiles: [2, 4, 6], scoredAt: DAY, actual: 5, censored: false, ...part },
})

it('pools scores over what has an actual and was not sold out', () => {
  const scores = scoresOf(
    [
      forecast({ actual: 5 }),
      forecast({ actual: 10, baseline: 4 }),
      forecast({ actual: 3, censored: true }),
      forecast({ actual: null, scoredAt: null, censored: null }),
    ],
    LEVELS,
  )
  expect(scores).toMatchObject({ rows: 2, censored: 1, coverage: 0.5 })
  expect(scores.wape).toBeCloseTo((1 + 6) / 15, 12)
  expect(scores.wpe).toBeCloseTo(-7 / 15, 12)
  expect(scores.baseline).toBeCloseTo(6 / 15, 12)
})

it('adds products up by day, in order', () => {
  const forecasts = [
    forecast({ start: DAY, quantiles: [0, 7, 9], actual: 8 }),
    forecast({ actual: 5 }),
    forecast({ entity: '2', actual: 1 }),
    forecast({ actual: 9, censored: true }),
  ]
  expect(totalsByDay(forecasts)).toEqual([
    { start: 0, forecast: 8, actual: 6 },
    { start: DAY, forecast: 7, actual: 8 },
  ])
})

it('tells a day in a line', () => {
  const forecasts = [forecast({}), forecast({ entity: '2', censored: true })]
  const line = dayLine({ date: '2026-03-02', weekday: 0, version: 2, scores: scoresOf(forecasts, LEVELS), forecasts })
  expect(line).toBe(
    'Mon 2026-03-02  v2  forecast    4.0  sold    5.0  WAPE 20.0 % (naive  0.0 %)  in p10–p90 100.0 %  1 of 2 sold out',
  )
})

it('draws a few shops, one scale each, and not two dozen', () => {
  const days = [
    forecast({ actual: 8 }),
    forecast({ start: DAY, actual: 4 }),
    forecast({ site: 'shop-2', actual: 1, quantiles: [0, 1, 2] }),
  ]
  expect(drawings(days)).toEqual([
    '  shop-1  forecast ▅▅',
    '          sold     █▅',
    '  shop-2  forecast █',
    '          sold     █',
  ])
  expect(drawings(Array.from({ length: 24 }, (_, n) => forecast({ site: `shop-${n}` })))).toEqual([])
})

it('says what improved, and does not where nothing did', () => {
  const row = (version: number, wape: number) => ({
    title: `week ${version}`,
    version,
    scores: { rows: 10, censored: 2, wape, wpe: -0.021, pinball: 1, coverage: 0.8, baseline: 0.5 },
  })
  expect(improvement(row(1, 0.4), row(2, 0.3))).toBe(
    'v2 is better than v1: WAPE 40.0 % → 30.0 %, below the baseline by 20.0 % → 40.0 % of its error',
  )
  expect(improvement(row(1, 0.3), row(2, 0.4))).toContain('v2 is no better than v1')
  expect(summaryTable([row(1, 0.4)])[2]).toMatch(/^week 1 +v1 +40\.0 % +50\.0 % +-2\.1 % +80\.0 % +10$/)
})

it('names what drifts most, of all that was compared', () => {
  const row = (column: string, value: number, verdict = 'drift') => {
    const psi = { value, threshold: 0.1 }
    return { name: 'shop-1', kind: 'feature', column, effective: 64.4, statistics: { psi }, q: 0.0042, verdict }
  }
  const rows = [row('mean7', 0.3), row('stable', 0.9, 'stable'), row('target', 0.5)]
  expect(driftLines({ devices: 2, drift: { drift: 2, stable: 7, insufficient: 1 } }, rows)).toEqual([
    'drift: 2 of 10 comparisons with what the model was trained on, on 2 devices',
    '  shop-1  feature target: PSI 0.50, 0.10 would be chance with 64 independent values (q 0.004)',
    '  shop-1  feature mean7: PSI 0.30, 0.10 would be chance with 64 independent values (q 0.004)',
  ])
  expect(driftLines({ devices: 2, drift: { stable: 9 } }, [])).toHaveLength(1)
})

it('tells whom a task was opened for, and that it closed', () => {
  const task = { id: 3, device: 'shop-2', sensor: 'fridge', dimension: 'movement', threshold: 0.8 }
  const opened = { ...task, score: 0.042, steward: 'cold@example.com' }
  expect(taskLines({ opened: [opened], closed: [{ ...opened, score: 1 }] })).toEqual([
    'stewardship task 3 opened for cold@example.com: fridge of shop-2, movement 4.2 %, where at least 80.0 % is expected',
    'stewardship task 3 closed, recovered: fridge of shop-2, movement 100.0 %',
  ])
  expect(taskLines({ opened: [{ ...opened, steward: null }], closed: [] })[0]).toContain('for nobody')
})

it('tells what came of suggestions, and of stock-outs where they were ordered and where not', () => {
  const kpi = { title: '', unit: '1', target: null, met: null }
  const taken = { ...kpi, id: 'model-adoption', value: 0.9, denominator: 100 }
  const right = { ...kpi, id: 'decision-accuracy', value: 0.85, denominator: 320 }
  const cohort = (shops: number, before: number, after: number) => ({
    ...{ shops, before: { value: before }, after: { value: after } },
  })
  const stockOuts = { treated: cohort(2, 0.5, 0.2), control: cohort(1, 0.5, 0.55) }
  expect(orderingLines('2026-03-23', [taken, right], stockOuts)).toEqual([
    'decisions since 2026-03-23: 100 suggestions, 90.0 % of them taken; 85.0 % of 320 decisions were right',
    'stock-outs where staff order by suggestions (2 shops) 50.0 % → 20.0 % of product-days; where they order as ever (1 shop) 50.0 % → 55.0 % of product-days',
  ])
  expect(orderingLines('2026-03-23', [taken], stockOuts)).toEqual([])
})

it('sets KPIs beside their targets', () => {
  const kpi = {
    id: 'latency',
    title: 'Latency',
    unit: 'ms',
    value: 12.34,
    denominator: 6,
    target: { below: 50 },
    met: true,
  }
  const share = {
    id: 'inside',
    title: 'Inside',
    unit: '1',
    value: null,
    denominator: 0,
    target: { above: 0.75, below: 0.85 },
    met: null,
  }
  expect(kpiLines([kpi, share]).slice(2)).toEqual([
    'Latency  12.3 ms  < 50.0 ms           yes       6',
    'Inside         –  > 75.0 %, < 85.0 %  –         0',
  ])
})
