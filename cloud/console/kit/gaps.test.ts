import { expect, it } from 'vitest'
import { alone, withGaps } from './gaps.ts'

it('puts an empty row where some are missing', () => {
  expect(
    withGaps(
      [0, 10, 20, 50, 60],
      [
        [1, 2, null, 3, 4],
        [5, 6, 7, 8, 9],
      ],
      10,
    ),
  ).toEqual([
    [0, 10, 20, 30, 50, 60],
    [1, 2, null, null, 3, 4],
    [5, 6, 7, null, 8, 9],
  ])
})

it('takes a day of 23 or 25 hours for the next one, and the first for no gap', () => {
  expect(withGaps([100, 123, 148, 172], [[1, 2, 3, 4]], 24)).toEqual([
    [100, 123, 148, 172],
    [1, 2, 3, 4],
  ])
})

it('leaves all as it is where nothing is said of how far apart they are', () => {
  expect(withGaps([1, 100], [[1, 2]])).toEqual([
    [1, 100],
    [1, 2],
  ])
  expect(withGaps([], [[]], 10)).toEqual([[], []])
})

it('finds values that stand alone', () => {
  expect(alone([1, null, 2, 3, null, 4])).toEqual([0, 5])
  expect(alone([null, 7, undefined])).toEqual([1])
  expect(alone([])).toEqual([])
})
