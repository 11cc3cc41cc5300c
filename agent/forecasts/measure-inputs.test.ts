import { Sketch } from '@storecast/shared/windows'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DemandRows } from '../features/index.ts'
import type { Connection } from '../platform/database.ts'
import { openReplica, readReplica } from '../test/replica.ts'
import { observeInputs } from './measure-inputs.ts'
import { forecastProcedures } from './procedures.ts'

const DAY = 86_400_000
const T0 = Date.UTC(2026, 2, 2)
const run = { model: 'demand', version: 3, issuedAt: T0, span: { start: T0, end: T0 + DAY } }
const scales = [
  { mean: 10, sd: 2 },
  { mean: 0, sd: 0.5 },
]

let db: Connection
beforeEach(() => {
  db = openReplica(':memory:')
})
afterEach(() => void db.close())

/** Feature 0 counts the products, feature 1 is its opposite. */
const rowsOf = (products: number, known = (_: number) => true) =>
  ({
    entities: Array.from({ length: products }, (_, i) => `p${i}`),
    known: Array.from({ length: products }, (_, i) => known(i)),
    features: Float32Array.from({ length: products * 2 }, (_, at) => (at % 2 === 0 ? at / 2 : -(at - 1) / 2)),
  }) as unknown as DemandRows

const store = (inputs: readonly (typeof run & { observed: ReturnType<typeof observeInputs> })[]) =>
  forecastProcedures['forecasts.measureInputs'](db, { at: T0, inputs })

describe('what the inputs of a run are like', () => {
  it('is told by feature, in thousandths of the reference’s deviation from its mean, of known products', () => {
    const observed = observeInputs(
      rowsOf(14, (row) => row % 2 === 0),
      scales,
    )
    store([{ ...run, observed }])
    const [first, second] = readReplica(db).windows.toSorted((a, b) => (a.series.entity < b.series.entity ? -1 : 1))
    expect(first).toMatchObject({ series: { sensor: '$feature', entity: 'demand.3.0' }, count: 7, ...run.span })
    expect(first).toMatchObject({ min: -5000, max: 1000, sum: (0 + 2 + 4 + 6 + 8 + 10 + 12 - 70) * 500 })
    expect(second).toMatchObject({ series: { entity: 'demand.3.1' }, min: -24_000, max: 0 })
    const expected = new Sketch()
    for (const value of [0, 2, 4, 6, 8, 10, 12]) expected.add((value - 10) * 500)
    expect(first!.sketch).toEqual(expected.bins())
  })

  it('is told of two hundred products at most, from all over the shop', () => {
    const [first] = observeInputs(rowsOf(1000), scales)
    expect(first).toMatchObject({ count: 200, min: -5000, max: (995 - 10) * 500 })
  })

  it('replaces what a run told that is made again, and adds up over runs of one day', () => {
    store([{ ...run, observed: observeInputs(rowsOf(9), scales) }])
    store([{ ...run, observed: observeInputs(rowsOf(4), scales) }])
    expect(readReplica(db).windows.map(({ count }) => count)).toEqual([4, 4])
    store([{ ...run, issuedAt: T0 + 1, observed: observeInputs(rowsOf(3), scales) }])
    expect(readReplica(db).windows.map(({ count }) => count)).toEqual([7, 7])
  })
})
