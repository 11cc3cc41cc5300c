import { expect, it } from 'vitest'
import { type Compared, driftMaps, supersededModels } from './rows.ts'

const one = (name: string, column: string, verdict: Compared['verdict'], version = 0): Compared =>
  ({
    ...{ scope: 'device', name, kind: version === 0 ? 'sensor' : 'feature', column, verdict, version },
    ...{ model: version === 0 ? '' : 'demand', statistics: null, bins: null, reason: null },
  }) as Compared

const titles = (of: readonly { readonly title: string }[]) => of.map(({ title }) => title)

it('sets what drifted first, then goes by name, and a device’s versions apart', () => {
  const [sensors, models] = driftMaps([
    one('a-10', 'fridge', 'stable'),
    one('a-2', 'fridge', 'stable'),
    one('a-10', 'lag1', 'stable', 1),
    one('a-2', 'lag7', 'stable', 1),
    one('a-2', 'lag7', 'drift', 2),
  ])
  expect(titles(sensors!.rows)).toEqual(['a-2', 'a-10'])
  expect(titles(sensors!.columns)).toEqual(['fridge'])
  expect(titles(models!.rows)).toEqual(['a-2, demand 2', 'a-2, demand 1', 'a-10, demand 1'])
  expect(titles(models!.columns)).toEqual(['lag7', 'lag1'])
  expect(models!.rows[0]!.cells.get('feature lag7')?.verdict).toBe('drift')
  expect(models!.rows[0]!.cells.get('feature lag1')).toBeUndefined()
})

it('has a map of those alone that there are', () => {
  expect(titles(driftMaps([one('a-2', 'lag7', 'stable', 1)]))).toEqual(['What models see and forecast'])
})

it('knows models that were looked at before another version served', () => {
  const items = [one('a-2', 'fridge', 'stable'), one('a-2', 'lag7', 'drift', 2), one('a-10', 'lag7', 'drift', 1)]
  const serving = (version: number, devices: number) => ({ model: 'demand', version, serving: devices })
  expect(supersededModels(items, [serving(1, 0), serving(2, 0), serving(3, 3)])).toEqual([
    { model: 'demand', measured: [1, 2], serves: [3] },
  ])
  expect(supersededModels(items, [serving(2, 1), serving(3, 2)])).toEqual([])
  // Nothing serves, or it is not known: there is nothing to say.
  expect(supersededModels(items, [])).toEqual([])
})
