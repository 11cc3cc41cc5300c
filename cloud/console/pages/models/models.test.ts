import { expect, it } from 'vitest'
import { differences } from './differences.ts'
import { against, metricNames, metricText } from './figures.ts'
import { BOX, layOut } from './lineage-layout.ts'

it('lays a lineage out in columns, each in the middle, with an edge to every box of the next', () => {
  const one = (title: string) => ({ kind: 'k', title })
  const { width, height, nodes, edges } = layOut([[one('data')], [], [one('a'), one('b')], [one('devices')]])
  expect(width).toBe(3 * BOX.width + 2 * 34)
  expect(height).toBe(2 * BOX.height + 14)
  expect(nodes.map(({ title, y }) => [title, y])).toEqual([
    ['data', 40],
    ['a', 0],
    ['b', 80],
    ['devices', 40],
  ])
  expect(edges.map(({ from, to }) => `${from.title} ${to.title}`)).toEqual([
    ...['data a', 'data b', 'a devices', 'b devices'],
  ])
})

it('finds where two documents differ', () => {
  const a = { spec: { horizon: 24, levels: [0.1, 0.9], seed: 1 }, name: 'x' }
  const b = { spec: { horizon: 24, levels: [0.1, 0.5, 0.9] }, name: 'x' }
  expect(differences(a, b)).toEqual([
    { path: 'spec.levels', a: '[0.1,0.9]', b: '[0.1,0.5,0.9]' },
    { path: 'spec.seed', a: '1', b: '–' },
  ])
  expect(differences(a, structuredClone(a))).toEqual([])
})

it('says of a score whether it is better only where less is better', () => {
  expect(against('wape', 0.3, 0.4)).toEqual({ text: '25.0 % less', isBetter: true })
  expect(against('wape', 0.5, 0.4)).toEqual({ text: '25.0 % more', isBetter: false })
  expect([against('coverage', 0.7, 0.8), against('wape', undefined, 0.4), against('wape', 0.4, 0.4)]).toEqual([
    ...[undefined, undefined, undefined],
  ])
})

it('puts the metrics that people look at first, each in its unit', () => {
  expect(metricNames({ rows: 3, own: 1, wape: 0.3 }, { coverage: 0.8 })).toEqual(['wape', 'coverage', 'rows', 'own'])
  expect([metricText('wape', 0.299), metricText('rows', 1234), metricText('own', undefined)]).toEqual([
    ...['29.9 %', '1,234', '–'],
  ])
})
