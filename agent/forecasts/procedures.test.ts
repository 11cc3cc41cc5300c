import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Connection } from '../platform/database.ts'
import { openReplica } from '../test/replica.ts'
import { forecastProcedures, type RecordForecasts } from './procedures.ts'
import { forecastsOf } from './runs.ts'

let db: Connection
beforeEach(() => {
  db = openReplica(':memory:')
})
afterEach(() => void db.close())

const key = { model: 'demand', version: 3, issuedAt: 1_767_225_600_000 }
const float = fc.float({ noNaN: true, noDefaultInfinity: true })
const floats = (size: number) =>
  fc.array(float, { minLength: size, maxLength: size }).map((all) => Float32Array.from(all))
const batch: fc.Arbitrary<RecordForecasts> = fc
  .uniqueArray(fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/), { minLength: 1, maxLength: 20 })
  .chain((entities) => {
    const n = entities.length
    return fc.record({
      ...{ model: fc.constant(key.model), version: fc.constant(key.version), issuedAt: fc.constant(key.issuedAt) },
      ...{ start: fc.nat(), end: fc.nat(), entities: fc.constant(entities) },
      ...{
        quantiles: floats(n * 3),
        raw: floats(n * 3),
        mean: floats(n),
        profile: floats(n * 24),
        baseline: floats(n),
      },
    })
  })

describe('forecasts.record', () => {
  it('stores every number as it was, and replaces it when the run is made again', () => {
    fc.assert(
      fc.property(batch, (given) => {
        db.exec('DELETE FROM forecasts')
        forecastProcedures['forecasts.record'](db, { ...given, mean: given.baseline, quantiles: given.raw })
        forecastProcedures['forecasts.record'](db, given)
        const rows = new Map([...forecastsOf(db, key)].map((row) => [row.entity, row]))
        expect(rows.size).toBe(given.entities.length)
        given.entities.forEach((entity, i) => {
          const row = rows.get(entity)!
          expect(row.quantiles).toEqual(given.quantiles.slice(i * 3, i * 3 + 3))
          expect(row.raw).toEqual(given.raw.slice(i * 3, i * 3 + 3))
          expect(row.profile).toEqual(given.profile.slice(i * 24, i * 24 + 24))
          expect([Math.fround(row.mean), Math.fround(row.baseline)].map((x) => x + 0)).toEqual(
            [given.mean[i]!, given.baseline[i]!].map((x) => x + 0),
          )
        })
      }),
    )
  })

  it('takes nothing', () => {
    const none = new Float32Array()
    const columns = { quantiles: none, raw: none, mean: none, profile: none, baseline: none }
    forecastProcedures['forecasts.record'](db, { ...key, start: 0, end: 1, entities: [], ...columns })
    expect(db.prepare('SELECT count(*) FROM forecasts').pluck().get()).toBe(0)
  })
})

describe('forecasts.score', () => {
  const record = (entities: string[]) => {
    const some = (width: number) => new Float32Array(entities.length * width).fill(1)
    const columns = { quantiles: some(3), raw: some(3), mean: some(1), profile: some(24), baseline: some(1) }
    forecastProcedures['forecasts.record'](db, { ...key, start: 0, end: 1, entities, ...columns })
  }
  const score = (outcomes: Record<string, [actual: number, censored: number]>) =>
    forecastProcedures['forecasts.score'](db, [
      {
        ...{ ...key, scoredAt: 7, entities: Object.keys(outcomes) },
        actual: Float32Array.from(Object.values(outcomes), ([actual]) => actual),
        censored: Uint8Array.from(Object.values(outcomes), ([, censored]) => censored),
      },
    ])
  const rows = () => db.prepare('SELECT entity, scored_at, actual, censored FROM forecasts').raw().all()

  it('writes what came of each, takes it back where it is not known any more, and leaves others alone', () => {
    record(['bread', 'milk', 'tea'])
    score({ bread: [2.5, 0], milk: [0, 1], 'not-forecast': [1, 0] })
    expect(rows()).toEqual([
      ['bread', 7, 2.5, 0],
      ['milk', 7, 0, 1],
      ['tea', null, null, null],
    ])
    score({ bread: [Number.NaN, 0] })
    expect(rows()[0]).toEqual(['bread', null, null, null])
  })
})

describe('forecasts.prune and discard', () => {
  const finish = (issuedAt: number) =>
    forecastProcedures['forecasts.finish'](db, {
      ...{ ...key, issuedAt, start: 0, end: 1, madeAt: 0, levels: [0.5], calibration: null },
    })
  const record = (issuedAt: number, model = key.model) => {
    const one = Float32Array.of(1)
    const columns = { quantiles: one, raw: one, mean: one, profile: one, baseline: one }
    forecastProcedures['forecasts.record'](db, {
      ...key,
      model,
      issuedAt,
      start: 0,
      end: 1,
      entities: ['a'],
      ...columns,
    })
  }
  const issued = () => db.prepare('SELECT model, issued_at FROM forecasts ORDER BY 1, 2').raw().all()

  it('forget runs issued before a time', () => {
    for (const issuedAt of [1, 2, 3]) {
      record(issuedAt)
      finish(issuedAt)
    }
    forecastProcedures['forecasts.prune'](db, 3)
    expect(issued()).toEqual([['demand', 3]])
    expect(db.prepare('SELECT issued_at FROM forecast_runs').pluck().all()).toEqual([3])
  })

  it('drop forecasts without a finished run, of one model or of all', () => {
    record(1)
    finish(1)
    record(2)
    record(2, 'other')
    forecastProcedures['forecasts.discard'](db, 'demand')
    expect(issued()).toEqual([
      ['demand', 1],
      ['other', 2],
    ])
    forecastProcedures['forecasts.discard'](db, null)
    expect(issued()).toEqual([['demand', 1]])
  })
})
