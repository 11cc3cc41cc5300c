import { expect, it } from 'vitest'
import type { Scores } from './queries.ts'
import { isBelowBaseline, LEAST, slicesOf } from './slices-of.ts'

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
    ['the site itself', false],
    ['figs', true],
  ])
  expect(slices.map(isBelowBaseline)).toEqual([true, false, false, true])
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
