import { expect, it } from 'vitest'
import { decide } from './decide.ts'

it.each([
  ['none', 0.91, 'nothing'],
  ['none', 0.9, 'nothing'],
  ['none', 0.89, 'open'],
  ['none', null, 'nothing'],
  ['open', 0.5, 'note'],
  ['open', 0.94, 'note'],
  ['open', 0.95, 'close'],
  ['open', null, 'nothing'],
  ['dismissed', 0.5, 'nothing'],
  ['dismissed', 0.94, 'nothing'],
  ['dismissed', 0.96, 'recovered'],
] as const)('with a task that is %s, a score of %s against 0.9: %s', (standing, score, decision) => {
  expect(decide({ score, threshold: 0.9, standing })).toBe(decision)
})

it('opens nothing where the threshold is 0', () => {
  expect(decide({ score: 0, threshold: 0, standing: 'none' })).toBe('nothing')
})
