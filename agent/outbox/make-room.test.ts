import type { Priority, WindowRecord } from '@storecast/shared/contracts'
import { NO_QUALITY, stretchesOf } from '@storecast/shared/windows'
import { rangesOf, sizeOf } from '@storecast/shared/wire'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bufferProcedures } from '../buffer/index.ts'
import type { Connection } from '../platform/database.ts'
import {
  openReplica,
  putDecision,
  putEvent,
  putForecast,
  putWindow,
  type ReplicaRecords,
  readReplica,
} from '../test/replica.ts'
import { temperature } from '../test/storage.ts'
import { acknowledge, hello, nextSequence, takeGrant } from './link.ts'
import { concededCounts, makeRoom } from './make-room.ts'
import { pick } from './pick.ts'

const MINUTES_5 = 300_000
const HOUR = 3_600_000
const DAY = 24 * HOUR
const T0 = Date.UTC(2026, 2, 2)
const NOW = T0 + 60 * DAY
const zone = stretchesOf('UTC', { from: T0 - DAY, to: NOW })

let db: Connection
beforeEach(() => {
  db = openReplica(':memory:')
  takeGrant(db, { nonce: hello(db).nonce, grant: { epoch: 10, link: 1, quarantined: false } })
})
afterEach(() => void db.close())

const define = (sensor: string, priority?: Priority) =>
  bufferProcedures['journal.define'](db, {
    at: T0,
    definitions: [{ ...temperature, name: sensor, ...(priority && { priority }) }],
  })
const window = (sensor: string, index: number): WindowRecord => ({
  ...{ series: { sensor, entity: '' }, start: T0 + index * MINUTES_5, end: T0 + (index + 1) * MINUTES_5 },
  ...{ revision: 1, count: 3, sum: index - 7, min: -9, max: index, last: index, quality: NO_QUALITY },
  sketch: { zero: 1, positive: [[index % 50, 1]], negative: [[3, 1]] },
})
const fill = (sensor: string, windows: number) => {
  for (let i = 0; i < windows; i++) putWindow(db, window(sensor, i))
}
/** As the writer does: a transaction each. */
const concede = (enough = 20_000) =>
  db.transaction(() => makeRoom(db, { zone, now: NOW, keepFineMs: DAY, enough }))().conceded
const everything = { excluded: [], limit: 8000, withSuperseded: true }
/** The cloud has committed all there is. */
const acknowledgeAll = () => {
  const committed = [[1, nextSequence(db) - 1]] as const
  acknowledge(db, { epoch: 10, link: 1, committed, committedAt: NOW, confirmed: [] })
}
const hours = ({ windows }: ReplicaRecords, sensor: string) => [
  ...new Set(windows.filter(({ series }) => series.sensor === sensor).map(({ start, end }) => (end - start) / HOUR)),
]
const totals = ({ windows }: ReplicaRecords) => {
  const all: Record<string, [count: number, sum: number]> = {}
  for (const { series, count, sum } of windows) {
    const [counted, summed] = all[series.sensor] ?? [0, 0]
    all[series.sensor] = [counted + count, summed + sum]
  }
  return all
}
/** Sequences that the cloud will hear of, one way or the other. */
const accounted = () => {
  const { sequences, superseded } = pick(db, everything)!
  return sizeOf(rangesOf(sequences)) + Object.values(superseded).reduce((sum, ranges) => sum + sizeOf(ranges), 0)
}

describe('making room', () => {
  it('takes detail from what matters least first, and loses no sum', () => {
    for (const priority of ['low', 'normal', 'high'] as const) {
      define(priority, priority)
      fill(priority, 288)
    }
    const before = totals(readReplica(db))
    const steps: string[] = []
    for (let i = 0; i < 6; i++) {
      expect(concede()).toMatch(/^windows-coarsened/)
      const sizes = ['low', 'normal', 'high'].map((sensor) => hours(readReplica(db), sensor).join('+'))
      steps.push(sizes.join(' '))
      expect(totals(readReplica(db))).toEqual(before)
    }
    const fine = String(1 / 12)
    expect(steps).toEqual([`1 ${fine} ${fine}`, `1 1 ${fine}`, `24 1 ${fine}`, '24 1 1', '24 24 1', '24 24 24'])
    expect(concededCounts(db)).toMatchObject([
      { what: 'windows-coarsened-1d', records: 72, at: NOW },
      { what: 'windows-coarsened-1h', records: 864, at: NOW },
    ])
  })

  it('does not send a coarse window where the cloud has all the fine ones', () => {
    define('fridge')
    fill('fridge', 24)
    acknowledgeAll()
    putWindow(db, { ...window('fridge', 13), revision: 2, count: 4 })
    expect(concede()).toBe('windows-coarsened-1h')
    const { records, superseded } = pick(db, everything)!
    // The first hour stays fine in the cloud; of the second it lacks the revision.
    expect(records.windows.map(({ record }) => record.start)).toEqual([T0 + HOUR])
    expect(readReplica(db).windows).toHaveLength(2)
    expect(superseded.dropped).toEqual([])
    acknowledgeAll()
    expect(pick(db, everything)).toBeUndefined()
  })

  it('goes in portions that one transaction holds', () => {
    for (const sensor of ['a', 'b', 'c']) {
      define(sensor)
      fill(sensor, 24)
    }
    expect([concede(24), concede(24), concede(24)]).toEqual(Array(3).fill('windows-coarsened-1h'))
    expect(['a', 'b', 'c'].map((sensor) => hours(readReplica(db), sensor))).toEqual([[1], [1], [1]])
  })

  it('keeps the account of what will never be sent short, and loses no sequence of it', () => {
    define('fridge')
    fill('fridge', 1)
    const add = db.prepare('INSERT INTO superseded VALUES (?, ?, ?)')
    db.prepare("UPDATE sqlite_sequence SET seq = 20000 WHERE name = 'outbox'").run()
    for (let seq = 2; seq <= 12_001; seq += 2) {
      add.run(seq, seq, 'revised')
      add.run(seq + 1, seq + 1, seq === 6000 ? 'dropped' : 'coarsened')
    }
    concede()
    const ranges = db.prepare('SELECT first, last, cause FROM superseded ORDER BY first').raw().all()
    expect(ranges).toEqual([
      [1, 6000, 'coarsened'],
      [6001, 6001, 'dropped'],
      [6002, 12_001, 'coarsened'],
    ])
  })

  it('finds again what came late behind what is coarse already', () => {
    define('fridge')
    fill('fridge', 24)
    concede()
    putWindow(db, { ...window('fridge', -20), count: 1 })
    db.exec(`UPDATE coarse_until SET until = ${T0 - 20 * MINUTES_5}`)
    expect(concede()).toBe('windows-coarsened-1h')
    expect(hours(readReplica(db), 'fridge')).toEqual([1])
  })

  it('forgets forecasts that the cloud has before any detail, and drops others last of all, each counted and told', () => {
    define('fridge')
    fill('fridge', 12)
    const issue = (issuedAt: number) => {
      const forecast = { model: 'demand', version: 1, entity: 'milk', issuedAt, start: issuedAt, end: issuedAt + DAY }
      putForecast(db, { ...forecast, quantiles: [1, 2, 3], mean: 2, baseline: 2 })
      db.prepare('INSERT INTO forecast_runs VALUES (?, ?, 1, 0, 1, 0, ?, ?)').run('demand', issuedAt, '[]', 'null')
    }
    const decide = (n: number, issuedAt: number, quantity: number) => {
      const of = {
        id: `019cab12-3456-7abc-8def-00000000000${n}`,
        decision: 'reorder',
        model: 'demand',
        version: 1,
      } as const
      const span = { entity: `p${n}`, issuedAt, start: issuedAt, end: issuedAt + DAY, quantiles: [1, 2, 3] }
      putDecision(db, { ...of, ...span, stock: 1, onOrder: 0, action: quantity > 0 ? 'reorder' : 'hold', quantity })
    }
    issue(T0)
    decide(1, T0, 0)
    acknowledgeAll()
    issue(T0 + DAY)
    decide(2, T0 + DAY, 0)
    decide(3, T0 + DAY, 4)
    const event = { id: '00000000-0000-4000-8000-000000000001', severity: 'info', code: 'x', message: '', detail: {} }
    putEvent(db, { ...event, at: T0 } as never)
    const told: (string | undefined)[] = []
    do told.push(concede())
    while (told.at(-1) !== undefined)
    expect(told).toEqual([
      'forecasts-forgotten',
      'decisions-forgotten',
      'windows-coarsened-1h',
      'windows-coarsened-1d',
      'holds-dropped',
      'forecasts-dropped',
      'events-dropped',
      'windows-dropped',
      undefined,
    ])
    const { windows, forecasts, events, decisions } = readReplica(db)
    expect([windows, forecasts]).toEqual([[], []])
    // What staff were asked stays.
    expect(decisions).toMatchObject([{ entity: 'p3', quantity: 4 }])
    const dropped = events.filter(({ code }) => code === 'records-dropped').map(({ detail }) => detail)
    expect(dropped).toContainEqual({ what: 'forecasts', records: 1 })
    expect(dropped).toContainEqual({ what: 'windows', records: 1 })
    expect(concededCounts(db)).toContainEqual({ what: 'forecasts-dropped', records: 1, at: NOW })
    // Nothing is a gap: what was taken is either to come or told.
    const { superseded, floor } = pick(db, everything)!
    expect(sizeOf(superseded.dropped)).toBeGreaterThan(0)
    expect(floor).toBe(14 + 1)
    expect(accounted()).toBe(nextSequence(db) - floor)
    expect(db.prepare('SELECT count(*) FROM given_up').pluck().get()).toBe(0)
  })
})
