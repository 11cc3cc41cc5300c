import { expect, it } from 'vitest'
import { madeUpNow, speedText, standsAt } from './clock-words.ts'

it.each([
  [{ ahead: 0, within: 5 }, 'agrees with the cloud’s'],
  [{ ahead: -900, within: 5 }, 'agrees with the cloud’s'],
  [{ ahead: 4000, within: 6000 }, 'agrees with the cloud’s'],
  [{ ahead: 1200, within: 5 }, '1.2 s ahead of the cloud’s'],
  [{ ahead: -7_200_000, within: 5 }, '2 h behind the cloud’s'],
  [{ ahead: -56 * 365 * 86_400_000, within: 5 }, '20,400 d behind the cloud’s'],
])('%j %s', (clock, words) => {
  expect(standsAt(clock)).toBe(words)
})

it('follows a made-up clock at its own speed, and not to before it was told', () => {
  expect(madeUpNow({ time: 1_000_000, speed: 600 }, 5000, 15_000)).toBe(7_000_000)
  expect(madeUpNow({ time: 1_000_000, speed: 600 }, 5000, 4000)).toBe(1_000_000)
  expect([speedText(1), speedText(600)]).toEqual(['as fast as a real one', '600 times as fast as a real one'])
})
