import { expect, it } from 'vitest'
import { putNewest } from './maps.ts'

it('a map forgets what was put longest ago, and putting again counts', () => {
  const map = new Map<string, number>()
  for (const [key, value] of [
    ['a', 1],
    ['b', 2],
    ['c', 3],
    ['a', 4],
    ['d', 5],
  ] as const)
    putNewest(map, key, value, 3)
  expect([...map]).toEqual([
    ['c', 3],
    ['a', 4],
    ['d', 5],
  ])
  putNewest(map, 'e', 6, 1)
  expect([...map]).toEqual([['e', 6]])
})
