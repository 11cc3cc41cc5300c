import fc from 'fast-check'
import { expect, it } from 'vitest'
import { edgeOf, rankOf } from './bins.ts'

it('no value of a rank is above its edge, and every value of the next is', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), (steps) => {
      const scale = { resolution: 0.5, centre: 20 }
      const value = scale.centre + scale.resolution * steps
      const rank = rankOf(steps)
      const slack = 1e-9 * Math.abs(scale.resolution * steps)
      expect(value).toBeLessThanOrEqual(edgeOf(rank, scale) + slack)
      expect(value).toBeGreaterThanOrEqual(edgeOf(rank - 1, scale) - slack)
    }),
  )
})
