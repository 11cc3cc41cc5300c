import { expect, it } from 'vitest'
import { grouped, list } from './made-of.ts'

const NOTHING = { sensors: [], covariates: [], attributes: [] }

it('puts features together that are made of the same, in the order of the first', () => {
  const history = { ...NOTHING, from: 'history', sensors: ['sales'] } as const
  const rain = { ...NOTHING, from: 'covariate', covariates: ['rain'] } as const
  const groups = grouped([
    { ...history, name: 'lag1' },
    { ...rain, name: 'rain' },
    { ...history, name: 'lag7' },
    { ...NOTHING, from: 'static', name: 'site', attributes: ['site'] },
    { ...NOTHING, from: 'static', name: 'category', attributes: ['category'] },
  ])
  expect(groups.map(({ names }) => names)).toEqual([['lag1', 'lag7'], ['rain'], ['site', 'category']])
  expect(groups[0]!.of).toEqual(history)
})

it('lists names as one says them', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(list)).toEqual(['', 'a', 'a and b', 'a, b and c'])
})
