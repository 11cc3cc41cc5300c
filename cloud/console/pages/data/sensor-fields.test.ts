import { expect, it } from 'vitest'
import { compared, expectedOf, measuredBy, type Variant } from './sensor-fields.ts'

const variant = (changed: Partial<Variant>): Variant => ({
  ...{ name: 'fridge', kind: 'gauge', unit: '°C', resolution: 0.1, range: [-40, 12_345], centre: 4, interval: 90 },
  ...{ window: '5m', per: 'site', priority: 'normal', sites: 1, example: 'berlin' },
  quality: {
    ...{ flatAfter: 0, aheadBy: 60, anomalyAbove: 8 },
    thresholds: { completeness: 0.9, validity: 0.98, timeliness: 0.9, movement: 0, uniqueness: 0.9, clock: 0.98 },
  },
  ...changed,
})

it('tells what definitions of a sensor have in common, in words, and where they differ', () => {
  const variants = [variant({}), variant({ interval: 0, priority: 'high' })]
  const { common, differing } = compared(variants.map(measuredBy))
  expect(differing).toEqual([
    { name: 'Readings', texts: ['every 1.5 min', 'as they come'] },
    { name: 'Detail, as space runs out', texts: ['goes as others do', 'goes last'] },
  ])
  expect(Object.fromEntries(common)).toEqual({
    ...{ Kind: 'gauge: a level', Unit: '°C', Series: 'one per shop', Range: '-40 to 12,345 °C', Resolution: '0.1 °C' },
    ...{ 'Usual level': '4 °C', Windows: '5 min' },
  })
})

it('tells what is expected of its data, also where that is nothing', () => {
  const { common, differing } = compared([variant({}), variant({ sites: 7, example: 'bonn' })].map(expectedOf))
  expect(differing).toEqual([])
  expect(Object.fromEntries(common)).toMatchObject({
    ...{ 'Completeness, at least': '90 %', 'Movement, at least': 'anything' },
    ...{ 'Stands still for at most': 'no limit', 'Ahead of the clock by at most': '1 min' },
  })
})
