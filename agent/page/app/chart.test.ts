import { describe, expect, it } from 'vitest'
import { area, axis, daysOfTen, line, rangeOf, steps } from './chart.ts'
import { dayOf, expectedBy, soldBy } from './day.ts'

describe('an axis', () => {
  it.each([
    [0, [0, 0.25, 0.5, 0.75, 1]],
    [7, [0, 2, 4, 6, 8]],
    [100, [0, 25, 50, 75, 100]],
    [141, [0, 50, 100, 150]],
    [0.3, [0, 0.25, 0.5, 0.75, 1]],
    [9999, [0, 2500, 5000, 7500, 10000]],
  ])('up to %d counts in steps that people count in', (largest, ticks) => {
    expect(axis(largest)).toEqual({ top: ticks.at(-1), ticks })
  })
})

describe('paths', () => {
  const points = [
    { x: 0, y: 10 },
    { x: 5, y: 4 },
  ]
  it('go from point to point, in steps, or around a band', () => {
    expect(line(points)).toBe('M0.0,10.0L5.0,4.0')
    expect(steps(points)).toBe('M0.0,10.0H5.0V4.0')
    expect(
      area(points, [
        { x: 0, y: 10 },
        { x: 5, y: 9 },
      ]),
    ).toBe('M0.0,10.0L5.0,4.0L5.0,9.0L0.0,10.0Z')
    expect([line([]), steps([]), area([], [])]).toEqual(['', '', ''])
  })
})

describe('a day', () => {
  const start = Date.UTC(2026, 2, 28, 23)
  const HOUR = 3_600_000
  const iso = (time: number) => new Date(time).toISOString()
  // The clocks go forward in Berlin: 23 hours.
  const run = {
    ...{ model: 'demand', version: 1, issuedAt: iso(start), start: iso(start), end: iso(start + 23 * HOUR) },
    levels: [0.05, 0.1, 0.5, 0.9, 0.95],
    forecasts: [
      {
        ...{ entity: 'milk', quantiles: [-1, 10, 20, 40, 50], mean: 20, actual: null },
        accumulated: Array.from({ length: 23 }, (_, i) => [0, i, 2 * i, 3 * i, 4 * i]),
        soFar: [
          { at: iso(start + 9 * HOUR), total: 5 },
          { at: iso(start + 12 * HOUR), total: 9 },
        ],
      },
    ],
  }
  it('has its hours between its beginning and its end, and what was sold by then', () => {
    const day = dayOf(run)!
    expect(day.name).toBe('milk')
    expect(day.hours).toHaveLength(23)
    expect(day.hours.at(-1)).toEqual({ at: start + 23 * HOUR, low: 0, middle: 44, high: 88 })
    expect([8, 9, 11, 12, 23].map((hour) => soldBy(day, start + hour * HOUR))).toEqual([0, 5, 5, 9, 9])
    expect(expectedBy(day, start + 30 * 60_000)).toBeUndefined()
    expect(expectedBy(day, start + 2.5 * HOUR)).toMatchObject({ low: 0, middle: 2, high: 4 })
  })

  it('is none where a model tells nothing of a day', () => {
    expect(dayOf({ ...run, forecasts: [] })).toBeUndefined()
    expect(dayOf({ ...run, forecasts: [{ ...run.forecasts[0]!, accumulated: [] }] })).toBeUndefined()
  })

  it('has the outer quantiles for its range, and nothing below nothing', () => {
    expect(rangeOf([-1, 10, 20, 40, 50], run.levels)).toEqual({ low: 0, middle: 20, high: 50 })
  })

  it('says of how many days in ten its range holds the sales, as its model has it', () => {
    expect(
      [
        [0.1, 0.5, 0.9],
        [0.05, 0.95],
        [0.025, 0.5, 0.975],
      ].map(daysOfTen),
    ).toEqual([8, 9, 9.5])
  })
})
