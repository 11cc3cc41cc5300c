import { Reference, Warmup } from '@storecast/shared/contracts'
import { expect, it } from 'vitest'
import { distributionsOf, heldOutOf } from './evaluation.ts'

const everywhere = () => true

it('scores held-out forecasts by site, and tells how often actuals lay below each quantile', () => {
  const quantiles = [
    [1, 1, 1, 1],
    [2, 2, 2, 2],
    [4, 4, 4, 4],
  ]
  const days = ['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04']
  const warmup = Warmup.parse({
    format: 1,
    levels: [0.1, 0.5, 0.9],
    sites: {
      oslo: { days, actual: [1, 2, 3, 6], mean: [2, 2, 2, 2], quantiles },
      rome: { days, actual: [0, 0, 0, 0], mean: [2, 2, 2, 2], quantiles },
    },
  })
  // By hand. oslo: |2 − 1| + 0 + 1 + 4 of 12 sold; 1, 2 and 3 of 4 lie in [1, 4].
  expect(heldOutOf(warmup, everywhere)).toEqual({
    levels: [0.1, 0.5, 0.9],
    rows: 8,
    below: [4 / 8, 5 / 8, 7 / 8],
    atOrBelow: [5 / 8, 6 / 8, 7 / 8],
    sites: [
      { site: 'oslo', rows: 4, wape: 6 / 12, wpe: -4 / 12, coverage: 3 / 4 },
      { site: 'rome', rows: 4, wape: null, wpe: null, coverage: 0 },
    ],
  })
  const one = heldOutOf(warmup, (site) => site === 'rome')
  expect([one.rows, one.below, one.sites.map(({ site }) => site)]).toEqual([4, [1, 1, 1], ['rome']])
})

it('pools frozen distributions over sites, with their bins in the column’s own unit', () => {
  const column = {
    ...{ name: 'price', centre: 10, resolution: 0.5, mean: 11, sd: 2 },
    ...{ cuts: [-1, 0, 1], points: [-2, 0, 1, 3] },
    clustering: { site: null, common: null },
  }
  const site = (counts: number[]) => ({ features: { rows: 10, counts: [counts] }, target: null })
  const reference = Reference.parse({
    ...{ format: 2, blockDays: 7, blocks: 4, features: [column], target: null },
    sites: { oslo: site([1, 2, 3, 4]), rome: site([4, 3, 2, 1]) },
  })
  const gamma = 1.01 / 0.99
  const edge = 10 - 0.5 / gamma
  expect(distributionsOf(reference)).toEqual([
    {
      ...{ name: 'price', kind: 'feature', rows: 20, mean: 11, sd: 2 },
      bins: [
        { from: null, to: edge, rows: 5 },
        { from: edge, to: 10, rows: 5 },
        { from: 10, to: 10.5, rows: 5 },
        { from: 10.5, to: null, rows: 5 },
      ],
    },
  ])
})
