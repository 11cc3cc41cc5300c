import { expect, it } from 'vitest'
import { type Compared, driftMap } from './rows.ts'

const one = (name: string, column: string, verdict: Compared['verdict'], version = 0): Compared =>
  ({
    ...{ scope: 'device', name, kind: version === 0 ? 'sensor' : 'feature', column, verdict, version },
    ...{ model: version === 0 ? '' : 'demand', statistics: null, bins: null, reason: null },
  }) as Compared

it('sets what drifted first, then goes by name, and a device’s versions apart', () => {
  const { rows, columns } = driftMap([
    one('a-10', 'fridge', 'stable'),
    one('a-2', 'fridge', 'stable'),
    one('a-2', 'lag7', 'stable', 1),
    one('a-2', 'lag7', 'drift', 2),
  ])
  expect(rows.map(({ title }) => title)).toEqual(['a-2, demand v2', 'a-2', 'a-2, demand v1', 'a-10'])
  expect(columns.map(({ title }) => title)).toEqual(['lag7', 'fridge'])
  expect(rows[0]!.cells.get('feature lag7')?.verdict).toBe('drift')
  expect(rows[0]!.cells.get('sensor fridge')).toBeUndefined()
})
