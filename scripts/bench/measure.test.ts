import { expect, it } from 'vitest'
import { alternate, median } from './measure.ts'

it('takes the middle value, or the mean of the two in the middle', () => {
  expect(median([5, 1, 3])).toBe(3)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(() => median([])).toThrow('no values')
})

it('runs both sides in turns after a warm-up, and pairs the rounds for the ratio', async () => {
  const order: string[] = []
  const slowed = [1, 1, 10, 1, 1, 1] // a neighbour that slows both sides of one round
  const side = (name: string, cost: number) => {
    let round = 0
    return () => {
      order.push(name)
      return cost * slowed[round++]!
    }
  }
  const result = await alternate({ a: side('a', 6), b: side('b', 3), rounds: 5 })
  expect(order.join('')).toBe('ababbaabbaab')
  expect(result).toEqual({ a: 6, b: 3, ratio: 2, rounds: 5 })
})

it('times a side that returns nothing', async () => {
  const { a, b } = await alternate({
    a: async () => {
      for (const until = performance.now() + 3; performance.now() < until; );
    },
    b: async () => {},
  })
  expect(a).toBeGreaterThan(2.5)
  expect(b).toBeLessThan(a)
})

it('refuses fewer than five rounds', async () => {
  await expect(alternate({ a: () => 1, b: () => 1, rounds: 4 })).rejects.toThrow('at least 5')
})
