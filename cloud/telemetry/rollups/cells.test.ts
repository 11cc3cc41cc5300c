import { calendar, NO_QUALITY, Sketch } from '@storecast/shared/windows'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Cell, cellSpan, fold, joinSpans, rollUp } from './cells.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const berlin = calendar('Europe/Berlin')
const day0 = Date.UTC(2026, 2, 14, 23)

const windowOf = (from: number, to: number, values: readonly number[]): Cell => {
  const sketch = new Sketch()
  for (const value of values) sketch.add(value)
  const [start, end] = [day0 + from * MINUTE, day0 + to * MINUTE]
  return {
    ...{ start, end, sketch, covered: [{ start, end }] },
    count: values.length,
    sum: values.reduce((a, b) => a + b, 0),
    min: values.length > 0 ? Math.min(...values) : 0,
    max: values.length > 0 ? Math.max(...values) : 0,
    last: values.at(-1) ?? 0,
    quality: { ...NO_QUALITY, late: values.length % 3 },
  }
}
const hourOf = (window: { start: number; end: number }) => cellSpan(berlin, 'hour', window)
const dayOf = (window: { start: number; end: number }) => cellSpan(berlin, 'day', window)
const told = ({ sketch, ...cell }: Cell) => ({ ...cell, sketch: sketch.bins() })
const sorted = (cells: readonly Cell[]) => cells.map(told).sort((a, b) => a.start - b.start)

describe('a window is rolled up', () => {
  it('into the local hour and day; one that does not fit stands for itself', () => {
    const kolkata = calendar('Asia/Kolkata')
    const at = Date.UTC(2026, 2, 10, 5, 40)
    const window = { start: at, end: at + 5 * MINUTE }
    expect(cellSpan(kolkata, 'hour', window)).toEqual({
      start: Date.UTC(2026, 2, 10, 5, 30),
      end: Date.UTC(2026, 2, 10, 6, 30),
    })
    const whole = { start: day0, end: day0 + 24 * HOUR }
    expect(hourOf(whole)).toEqual(whole)
    expect(dayOf(whole)).toEqual(whole)
  })

  it('into what of its hour and day is of its month, UTC', () => {
    const month = Date.UTC(2026, 3, 1)
    const before = { start: month - 5 * MINUTE, end: month }
    // 1 April has begun in Berlin two hours ago.
    expect(dayOf(before)).toEqual({ start: month - 2 * HOUR, end: month })
    expect(dayOf({ start: month, end: month + 5 * MINUTE })).toEqual({ start: month, end: month + 22 * HOUR })
    const across = { start: month - 2 * HOUR, end: month + 22 * HOUR }
    expect(dayOf(across)).toEqual(across)
  })
})

/** Windows of five minutes of two days, some left out. */
const windows = fc
  .array(fc.option(fc.array(fc.integer({ min: -500, max: 500 }), { maxLength: 4 }), { nil: undefined }), {
    minLength: 1,
    maxLength: 60,
  })
  .map((slots) => slots.flatMap((values, i) => (values ? [windowOf(i * 50, i * 50 + 5, values)] : [])))

describe('what comes after its windows were dropped', () => {
  it('ends in the same cells as if it had come before, in any order', () => {
    fc.assert(
      fc.property(windows, fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), fc.nat(), (all, late, turn) => {
        const early = all.filter((_, i) => !late[i])
        const rest = all.filter((_, i) => late[i])
        const turned = [...rest.slice(turn % (rest.length || 1)), ...rest.slice(0, turn % (rest.length || 1))]
        let cells: readonly Cell[] = rollUp(early, hourOf)
        for (const window of turned) {
          const folded = fold(cells, window, hourOf)
          expect(folded.conflict).toBeUndefined()
          cells = folded.cells
        }
        expect(sorted(cells)).toEqual(sorted(rollUp(all, hourOf)))
        expect(sorted(rollUp(cells, dayOf))).toEqual(sorted(rollUp(all, dayOf)))
      }),
    )
  })

  it('counts once: what is known already is left out', () => {
    const cells = rollUp([windowOf(0, 5, [1, 2]), windowOf(5, 10, [3])], hourOf)
    expect(fold(cells, windowOf(0, 5, [1, 2]), hourOf)).toEqual({ cells, conflict: { count: 3 } })
    expect(fold(cells, windowOf(0, 15, [1, 2]), hourOf)).toEqual({ cells, conflict: { count: 3 } })
  })

  it('replaces what it holds as a whole, if it counts as much', () => {
    const cells = rollUp([windowOf(0, 5, [1, 2]), windowOf(65, 70, [3]), windowOf(1500, 1505, [9])], hourOf)
    const coarse = windowOf(0, 1440, [1, 2, 3, 4])
    const { cells: replaced, conflict } = fold(cells, coarse, hourOf)
    expect(conflict).toBeUndefined()
    expect(sorted(replaced)).toEqual(sorted([coarse, ...rollUp([windowOf(1500, 1505, [9])], hourOf)]))
    expect(fold(replaced, windowOf(65, 70, [3]), hourOf).conflict).toEqual({ count: 4 })
  })
})

it('spans that touch or overlap are one', () => {
  const span = (start: number, end: number) => ({ start, end })
  expect(joinSpans([span(5, 6), span(0, 2), span(2, 4), span(3, 4)])).toEqual([span(0, 4), span(5, 6)])
})
