import { expect, it } from 'vitest'
import type { Scores } from './queries.ts'
import { isBelowBaseline, isGrouping, LEAST, slicesOf } from './slices-of.ts'

const scores = (key: Partial<Scores>, wape: number, rows = LEAST): Scores => ({
  ...{ censored: 0, waiting: 0, wpe: 0, coverage: 0.8, baselineWape: 0.5, rows, wape },
  ...key,
})

it('puts the worst slice first, and those with too few forecasts last', () => {
  const slices = slicesOf('product', undefined, [
    scores({ entity: 'milk' }, 0.3),
    scores({ entity: 'figs' }, 2, LEAST - 1),
    scores({ entity: 'bread' }, 0.6),
    scores({ entity: '' }, 0.1),
    scores({ entity: 'none yet' }, 0, 0),
  ])
  expect(slices.map(({ name, isSmall }) => [name, isSmall])).toEqual([
    ['bread', false],
    ['milk', false],
    ['the shop itself', false],
    ['figs', true],
  ])
  expect(slices.map(isBelowBaseline)).toEqual([true, false, false, true])
})

it('puts what is several slices together last, whatever its error', () => {
  const slices = slicesOf('attribute', undefined, [
    scores({ attribute: null, others: 1200, share: 0.1 }, 0.9),
    scores({ attribute: 'dairy', others: null, share: 0.6 }, 0.2),
    scores({ attribute: null, others: null, share: 0.2 }, 0.4),
    scores({ attribute: 'few', others: null, share: 0.1 }, 0.5, 1),
  ])
  expect(slices.map(({ name, share, isOthers }) => [name, share, isOthers])).toEqual([
    ['without the attribute', 0.2, false],
    ['dairy', 0.6, false],
    ['few', 0.1, false],
    ['1,200 smaller ones', 0.1, true],
  ])
})

it('takes for groups what several products of a shop share', () => {
  const of = { name: 'category', sites: 3, products: 72 }
  expect([5, 23, 24].map((values) => isGrouping({ ...of, values }))).toEqual([true, true, false])
})

it('names weekdays, and sites without the label', () => {
  const days = slicesOf('weekday', undefined, [scores({ weekday: 1 }, 0.1), scores({ weekday: 7 }, 0.2)])
  expect(days.map(({ name }) => name)).toEqual(['Sunday', 'Monday'])
  const labels = slicesOf('label', undefined, [scores({ label: null }, 0.1), scores({ label: 'eu' }, 0.2)])
  expect(labels.map(({ name }) => name)).toEqual(['eu', 'without the label'])
})

it('shows held-out scores of sites that nothing was scored at', () => {
  const heldOut = { sites: [{ site: 'oslo', rows: 40, wape: 0.4, coverage: 0.7 }] } as never
  expect(slicesOf('site', { heldOut }, [scores({ site: 'berlin' }, 0.2)])).toMatchObject([
    { name: 'oslo', heldOut: { wape: 0.4 }, inService: undefined },
    { name: 'berlin', inService: { wape: 0.2 } },
  ])
})
