import { expect, it } from 'vitest'
import { seriesOf, subjectsOf } from './forecast-series.ts'

const forecast = (start: number, issuedAt: number, over: object = {}) => ({
  ...{ model: 'demand', entity: 'milk', start, end: start + 10, issuedAt, quantiles: [1, 2, 4], mean: 2, baseline: 3 },
  ...{ actual: 5, censored: false },
  ...over,
})

it('takes the newest forecast of a span, and leaves out what a stock-out hid', () => {
  const series = seriesOf([
    forecast(20, 11, { censored: true }),
    forecast(10, 5, { quantiles: [9, 9, 9] }),
    forecast(10, 6),
    forecast(30, 21, { actual: null, censored: null }),
  ])
  expect(series).toEqual({
    starts: [10, 20, 30],
    length: 10,
    middle: [2, 2, 2],
    low: [1, 1, 1],
    high: [4, 4, 4],
    actual: [5, null, null],
    baseline: [3, 3, 3],
    ...{ over: 2, hidden: 1 },
  })
})

it('names what is forecast most first', () => {
  const all = [forecast(1, 1), forecast(1, 1, { entity: 'bread', mean: 9 }), forecast(2, 1, { mean: 4 })]
  expect(subjectsOf(all)).toEqual([
    { model: 'demand', entity: 'bread' },
    { model: 'demand', entity: 'milk' },
  ])
})
