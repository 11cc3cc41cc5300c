import { type Batch, rangesOf } from '@storecast/shared/wire'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Account, type Gap, takeBatch } from './account.ts'

const fresh: Account = {
  floor: 1,
  told: [],
  highest: 0,
  counts: { records: 0, revised: 0, coarsened: 0, dropped: 0 },
}
const none = { revised: [], coarsened: [], dropped: [] }
type Told = Pick<Batch, 'floor' | 'sequences' | 'superseded'>

function takeAll(batches: readonly Told[]) {
  let account = fresh
  const gaps: Gap[] = []
  for (const batch of batches) {
    const taken = takeBatch(account, batch)
    account = taken.account
    gaps.push(...taken.gaps)
  }
  return { account, gaps }
}

describe('the account of sequences', () => {
  it('finds what is below the floor and never came', () => {
    const { account, gaps } = takeAll([
      { floor: 1, sequences: [[3, 4]], superseded: none },
      { floor: 8, sequences: [[9, 9]], superseded: { ...none, coarsened: [[1, 1]] } },
    ])
    expect(gaps).toEqual([
      { cause: 'unaccounted', first: 2, last: 2 },
      { cause: 'unaccounted', first: 5, last: 7 },
    ])
    expect(account).toMatchObject({ floor: 8, told: [[9, 9]], highest: 9 })
  })

  it('shows what was dropped, once', () => {
    const batch = { floor: 1, sequences: [], superseded: { ...none, dropped: [[2, 3]] as const } }
    const { account, gaps } = takeAll([batch, batch])
    expect(gaps).toEqual([{ cause: 'dropped', first: 2, last: 3 }])
    expect(account.counts).toEqual({ records: 0, revised: 0, coarsened: 0, dropped: 2 })
  })

  it('counts every sequence once and misses none, however often and in whatever order batches come', () => {
    // Each sequence from 1 to 40 is told in one of five batches, as a record or as superseded; they come twice, shuffled.
    const fate = fc.record({ batch: fc.nat(4), as: fc.constantFrom('records', 'revised', 'coarsened', 'dropped') })
    fc.assert(
      fc.property(
        fc.array(fate, { minLength: 40, maxLength: 40 }),
        fc.array(fc.nat(), { minLength: 10, maxLength: 10 }),
        (fates, shuffle) => {
          const told = (batch: number, as: string) =>
            rangesOf(fates.flatMap((f, i) => (f.batch === batch && f.as === as ? [i + 1] : [])))
          const batches = [0, 1, 2, 3, 4].map((batch) => ({
            floor: 1,
            sequences: told(batch, 'records'),
            superseded: {
              revised: told(batch, 'revised'),
              coarsened: told(batch, 'coarsened'),
              dropped: told(batch, 'dropped'),
            },
          }))
          const order = [...batches, ...batches].sort(
            (a, b) => shuffle[batches.indexOf(a)]! - shuffle[batches.indexOf(b)]!,
          )
          const { account, gaps } = takeAll([...order, { floor: 41, sequences: [], superseded: none }])
          const count = (as: string) => fates.filter((f) => f.as === as).length
          expect(account.counts).toEqual({
            records: count('records'),
            revised: count('revised'),
            coarsened: count('coarsened'),
            dropped: count('dropped'),
          })
          expect(account).toMatchObject({ floor: 41, told: [] })
          expect(gaps.filter(({ cause }) => cause !== 'dropped')).toEqual([])
        },
      ),
    )
  })
})
