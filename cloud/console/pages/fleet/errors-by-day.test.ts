import { expect, it } from 'vitest'
import { errorsByDay } from './errors-by-day.ts'

const day = (name: string, numerator: number, denominator: number) => ({
  ...{ day: name, numerator, denominator, value: denominator === 0 ? null : numerator / denominator },
})

it('sets a model’s error beside its baseline’s, on the same days', () => {
  const kpis = [
    { id: 'forecast-error', model: 'demand', trend: [day('2026-03-01', 20, 100), day('2026-03-02', 30, 100)] },
    // Saved 20 of the 40 by which the baseline was off.
    { id: 'forecast-gain', model: 'demand', trend: [day('2026-03-01', 20, 40)] },
    { id: 'forecast-error', model: 'quiet', trend: [] },
    { id: 'forecast-bias', model: 'demand', trend: [day('2026-03-01', 1, 100)] },
  ]
  expect(errorsByDay(kpis)).toEqual([
    {
      model: 'demand',
      days: [Date.UTC(2026, 2, 1), Date.UTC(2026, 2, 2)],
      error: [0.2, 0.3],
      baseline: [0.4, null],
    },
  ])
})
