import { Reference } from '@storecast/shared/contracts'
import { binCounts, ofRanks } from '@storecast/shared/statistics'
import { Sketch } from '@storecast/shared/windows'
import { describe, expect, it } from 'vitest'
import { freezeColumn, referenceOf } from './reference.ts'

describe('a frozen column', () => {
  const scale = { name: 'x', centre: 5, resolution: 0.5 }
  const grid = { sites: ['a', 'b'], blocks: 3 }
  // Row m: site m % 2, block ⌊m / 100⌋; the last hundred lie outside.
  const value = (m: number) => (m % 7 === 0 ? Number.NaN : 5 + Math.sin(m * (m % 2 === 0 ? 1 : 2)) * 8)
  const sample = { rows: 400, value, site: (m: number) => m % 2, block: (m: number) => Math.floor(m / 100) }
  const frozen = freezeColumn(scale, sample, grid)

  it('counts as a device’s sketch of the same values does', () => {
    const rows = [...Array(300).keys()].filter((m) => m % 7 !== 0)
    grid.sites.forEach((_, site) => {
      const sketch = new Sketch()
      for (const m of rows) if (m % 2 === site) sketch.add(Math.round((value(m) - 5) / 0.5))
      expect(frozen.counts[site]).toEqual(binCounts(sketch.bins(), frozen.column.cuts))
    })
    const mean = rows.reduce((sum, m) => sum + value(m), 0) / rows.length
    expect(frozen.column.mean).toBeCloseTo(mean, 10)
    expect(frozen.column.clustering.site!.freedom).toBe(4)
    expect(frozen.column.clustering.common!.freedom).toBe(2)
  })

  it('stands for each bin by a point inside it', () => {
    const { cuts, points } = frozen.column
    const one = ofRanks(points.map((rank) => [rank, 1] as const))
    expect(binCounts(one, cuts)).toEqual(points.map(() => 1))
  })

  it('is what the contract says, and of one value has one bin', () => {
    const flat = freezeColumn({ ...scale, name: 'flat' }, { ...sample, value: () => 3 }, grid)
    expect(flat.column).toMatchObject({ cuts: [], sd: 0, clustering: { site: null, common: null } })
    const reference = referenceOf({ grid, blockDays: 7, features: [frozen, flat] })
    expect(Reference.parse(reference)).toEqual(reference)
    expect(reference.sites.a!.target).toBeNull()
    const [, other] = reference.features
    expect(() => Reference.parse({ ...reference, features: [other] })).toThrow('one count a column and bin')
  })

  it('leaves out sites without rows', () => {
    const none = freezeColumn(scale, { ...sample, site: () => 0 }, grid)
    expect(Object.keys(referenceOf({ grid, blockDays: 7, features: [none] }).sites)).toEqual(['a'])
    const empty = freezeColumn(scale, { ...sample, rows: 0 }, grid)
    expect(Reference.parse(referenceOf({ grid, blockDays: 7, features: [empty], target: empty })).sites).toEqual({})
  })
})
