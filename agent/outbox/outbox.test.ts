import type { DecisionRecord, WindowRecord } from '@storecast/shared/contracts'
import { mergeWindows, NO_QUALITY } from '@storecast/shared/windows'
import { rangesOf, sequencesOf } from '@storecast/shared/wire'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Connection } from '../platform/database.ts'
import { openReading } from '../platform/database.ts'
import {
  openReplica,
  putDecision,
  putEvent,
  putEvidence,
  putForecast,
  putReported,
  putWindow,
  removeWindows,
  temporaryReplica,
} from '../test/replica.ts'
import { acknowledge, beginRun, hello, nextSequence, readLink, takeGrant } from './link.ts'
import { backlog, floorOf, type Picked, pick } from './pick.ts'
import { resend } from './resend.ts'

const HOUR = 3_600_000
const MINUTES_5 = 300_000
const T0 = Date.UTC(2026, 2, 2)
const series = { sensor: 'fridge', entity: '' }

const window = (index: number, count = 1): WindowRecord => ({
  series,
  start: T0 + index * MINUTES_5,
  end: T0 + (index + 1) * MINUTES_5,
  revision: count,
  count,
  sum: 4 * count,
  min: 4,
  max: 4,
  last: 4,
  sketch: { zero: 0, positive: [[70, count]], negative: [] },
  quality: NO_QUALITY,
})
const forecast = (version: number, issuedAt: number) => ({
  model: 'demand',
  version,
  entity: 'P1',
  issuedAt,
  start: issuedAt,
  end: issuedAt + 24 * HOUR,
  quantiles: [1.5, 2.25, 4],
  mean: 2.4,
  baseline: 3,
})
const event = (id: number) => ({
  id: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
  at: T0 + id,
  severity: 'warning' as const,
  code: 'readings-dropped',
  message: 'gave up 3 readings',
  detail: { readings: 3 },
})
const evidence = {
  ...{ model: 'demand', champion: 1, candidate: 2, day: '2026-03-02', region: 'eu', rows: 2, excluded: 1, actual: 18 },
  ...{ difference: 2, differenceSquared: 4, largestDifference: 2, moved: 4, crashes: 0 },
  ...{ championAbsolute: 4, candidateAbsolute: 6, championError: -4, candidateError: -4 },
  ...{ intervals: 2, championCovered: 2, candidateCovered: 1 },
  latency: { zero: 0, positive: [[120, 1] as const], negative: [] },
}
const decision: DecisionRecord = {
  ...{ id: '019cab12-3456-7abc-8def-0123456789ab', decision: 'reorder', model: 'demand', version: 1, entity: 'P1' },
  ...{ issuedAt: T0, start: T0, end: T0 + 24 * HOUR, quantiles: [1.5, 2.25, 4], stock: 1.5, onOrder: 0 },
  ...{ action: 'reorder', quantity: 3 },
}
const chosen: DecisionRecord = {
  ...decision,
  choice: { kind: 'changed', chosenAt: T0 + HOUR, quantity: 4, reason: '' },
  outcome: { judgedAt: T0 + 25 * HOUR, actual: 4.5, stockOut: false, correct: true },
}
const reported = { site: 's1', agentVersion: '0.1.0', generation: 1, models: {}, documents: {} }

let outbox: ReturnType<typeof temporaryReplica>
let db: Connection
beforeEach(() => {
  outbox = temporaryReplica()
  db = outbox.db
})
afterEach(() => outbox[Symbol.dispose]())

const all = { excluded: [], limit: 1000, withSuperseded: true }
const grantOf = (epoch: number, link: number) => ({ epoch, link, quarantined: false })

/** Gives the device epoch 10 and link 1. */
function linked(device = db) {
  takeGrant(device, { nonce: hello(device).nonce, grant: grantOf(10, 1) })
}

/** As the cloud does where all arrived. */
function commit(picked: Picked | undefined, committedAt = T0) {
  const told = Object.values(picked?.superseded ?? {}).flat()
  const sequences = picked ? sequencesOf(picked.records) : []
  for (const committed of [rangesOf(sequences), told.toSorted((a, b) => a[0] - b[0])]) {
    acknowledge(db, { epoch: 10, link: 1, committed, committedAt, confirmed: [] })
  }
}

describe('the dirty set', () => {
  it('takes every kind of record, in the transaction that writes it, and gives back the same', () => {
    const forecasts = [forecast(1, T0), { ...forecast(2, T0), score: { scoredAt: T0 + 1, actual: 3, censored: true } }]
    putWindow(db, window(0))
    for (const f of forecasts) putForecast(db, f)
    putEvent(db, event(1))
    putReported(db, reported)
    putEvidence(db, evidence)
    putDecision(db, decision)
    expect(pick(db, all)).toEqual({
      floor: 1,
      acknowledged: [],
      sequences: [1, 2, 3, 4, 5, 6, 7],
      records: {
        windows: [{ seq: 1, record: window(0) }],
        forecasts: forecasts.map((record, i) => ({ seq: i + 2, record })),
        events: [{ seq: 4, record: event(1) }],
        evidence: [{ seq: 6, record: evidence }],
        decisions: [{ seq: 7, record: decision }],
        reported: { seq: 5, record: reported },
      },
      superseded: { revised: [], coarsened: [], dropped: [] },
      rejected: [],
    })
    expect(backlog(db)).toEqual({ records: 7, oldest: T0 })
    db.exec('BEGIN')
    putWindow(db, window(1))
    db.exec('ROLLBACK')
    expect(nextSequence(db)).toBe(8)
  })

  it('replaces what a revision replaces, and says so', () => {
    putWindow(db, window(0))
    putForecast(db, forecast(1, T0))
    putWindow(db, window(0, 2))
    putForecast(db, { ...forecast(1, T0), score: { scoredAt: T0, actual: 2, censored: false } })
    const picked = pick(db, all)!
    expect(sequencesOf(picked.records)).toEqual([3, 4])
    expect(picked).toMatchObject({ floor: 1, superseded: { revised: [[1, 2]] } })
    expect(picked.records.windows[0]?.record).toEqual(window(0, 2))
  })

  it('sends a decision again with what staff chose and what came of it, and not as it is closed', () => {
    putDecision(db, decision)
    putDecision(db, chosen)
    db.statement('UPDATE decisions SET open = 0').run()
    expect(pick(db, all)).toMatchObject({
      superseded: { revised: [[1, 1]] },
      records: { decisions: [{ seq: 2, record: chosen }] },
    })
  })

  it.each(['coarse window first', 'fine windows first'])('tells coarsened windows from dropped ones: %s', (order) => {
    const fine = Array.from({ length: 12 }, (_, i) => window(i))
    for (const w of [...fine, window(12)]) putWindow(db, w)
    const coarse = mergeWindows(fine, { start: T0, end: T0 + HOUR })
    db.transaction(() => {
      if (order.startsWith('coarse')) putWindow(db, coarse)
      for (const { start, end } of fine) removeWindows(db, series, start, end)
      if (order.startsWith('fine')) putWindow(db, coarse)
      removeWindows(db, series, window(12).start, window(12).end)
    })()
    const picked = pick(db, all)!
    expect(picked.superseded).toEqual({ revised: [], coarsened: [[1, 12]], dropped: [[13, 13]] })
    expect(picked.records.windows).toEqual([{ seq: 14, record: coarse }])
    linked()
    commit(picked)
    expect(pick(db, all)).toBeUndefined()
    expect(floorOf(db)).toBe(15)
  })

  it('goes newest first, skipping what is under way', () => {
    for (let i = 0; i < 10; i++) putWindow(db, window(i))
    const first = pick(db, { ...all, limit: 4 })!
    expect(sequencesOf(first.records)).toEqual([7, 8, 9, 10])
    putWindow(db, window(10))
    const next = { ...all, excluded: [[7, 10]] as const, limit: 3 }
    expect(sequencesOf(pick(db, next)!.records)).toEqual([5, 6, 11])
  })

  it('sets aside a record that the cloud would refuse, and tells it as dropped', () => {
    putWindow(db, window(0))
    putReported(db, { ...reported, site: 'No Such Slug!' })
    const picked = pick(db, all)!
    expect(picked.rejected).toEqual([{ seq: 2, reason: expect.stringContaining('reported state: site') }])
    expect(picked.superseded.dropped).toEqual([[2, 2]])
    linked()
    commit(picked)
    expect(pick(db, all)).toBeUndefined()
  })

  it('is read by another connection while it is written', () => {
    putWindow(db, window(0))
    const reader = openReading(outbox.file)
    expect(sequencesOf(pick(reader, all)!.records)).toEqual([1])
    reader.close()
  })
})

describe('acknowledgements', () => {
  it('let go of exactly the sequences they name, of this epoch and link only', () => {
    linked()
    for (let i = 0; i < 5; i++) putWindow(db, window(i))
    putWindow(db, window(1, 2))
    const committed = [
      [1, 2],
      [4, 4],
    ] as const
    expect(acknowledge(db, { epoch: 9, link: 1, committed, committedAt: T0, confirmed: [] })).toBe(0)
    expect(acknowledge(db, { epoch: 10, link: 2, committed, committedAt: T0, confirmed: [] })).toBe(0)
    expect(acknowledge(db, { epoch: 10, link: 1, committed, committedAt: T0, confirmed: [] })).toBe(2)
    const left = pick(db, all)!
    expect(sequencesOf(left.records)).toEqual([3, 5, 6])
    expect(left).toMatchObject({ floor: 3, superseded: { revised: [] } })
    expect(hello(db).acknowledged).toEqual([T0])
    acknowledge(db, { epoch: 10, link: 1, committed: [[3, 3]], committedAt: T0 + 9, confirmed: [T0] })
    expect(hello(db).acknowledged).toEqual([T0 + 9])
    takeGrant(db, { nonce: hello(db).nonce, grant: grantOf(10, 2) })
    expect(hello(db).acknowledged).toEqual([])
  })

  it('cut the ranges of superseded sequences where they end', () => {
    linked()
    for (let i = 0; i < 10; i++) putWindow(db, window(0, i + 1))
    acknowledge(db, { epoch: 10, link: 1, committed: [[3, 5]], committedAt: T0, confirmed: [] })
    expect(pick(db, all)?.superseded.revised).toEqual([
      [1, 2],
      [6, 9],
    ])
    acknowledge(db, { epoch: 10, link: 1, committed: [[1, 20]], committedAt: T0, confirmed: [] })
    expect(pick(db, all)).toBeUndefined()
  })
})

describe('the link', () => {
  it('keeps its nonce until it is answered, through a restart', () => {
    const first = hello(db)
    expect(first).toMatchObject({ epoch: 0, link: 0, nextSeq: 1, acknowledged: [] })
    putWindow(db, window(0))
    const reopened = openReplica(outbox.file)
    expect(hello(reopened)).toEqual({ ...first, nextSeq: 2 })
    reopened.close()
    expect(takeGrant(db, { nonce: first.nonce, grant: grantOf(10, 1) })).toBe(true)
    expect(takeGrant(db, { nonce: first.nonce, grant: grantOf(11, 1) })).toBe(false)
    expect(readLink(db)).toMatchObject({ dbId: first.dbId, epoch: 10, link: 1, resending: false })
    expect(hello(db).nonce).not.toBe(first.nonce)
  })

  it('tells by whom its sequences were given out, for as many runs as a hello takes', () => {
    beginRun(db)
    beginRun(db)
    putWindow(db, window(0))
    beginRun(db)
    const [first, second, ...more] = hello(db).runs
    expect([first?.first, second?.first, more]).toEqual([1, 2, []])
    expect(first?.id).not.toBe(second?.id)
    for (let i = 1; i <= 70; i++) {
      putWindow(db, window(i))
      beginRun(db)
    }
    const { runs } = hello(db)
    expect(runs.map(({ first }) => first)).toEqual(Array.from({ length: 64 }, (_, i) => i + 9))
  })

  it('names its database by a version 4 UUID, each its own', () => {
    using other = temporaryReplica()
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
    expect(hello(db).dbId).toMatch(uuid)
    expect(hello(other.db).dbId).not.toBe(hello(db).dbId)
  })

  it('sends again, in steps, what was acknowledged in or after the hour that the cloud names', () => {
    linked()
    for (let i = 0; i < 40; i++) putWindow(db, window(i))
    putForecast(db, forecast(1, window(20).start))
    putEvent(db, { ...event(1), at: window(20).start })
    putReported(db, reported)
    putEvidence(db, { ...evidence, day: '2026-03-03' })
    putDecision(db, { ...decision, issuedAt: window(20).start })
    acknowledge(db, { epoch: 10, link: 1, committed: [[1, 20]], committedAt: T0 + 24 * HOUR, confirmed: [] })
    acknowledge(db, { epoch: 10, link: 1, committed: [[21, 39]], committedAt: T0 + 26 * HOUR, confirmed: [] })
    acknowledge(db, { epoch: 10, link: 1, committed: [[41, 45]], committedAt: T0 + 27 * HOUR, confirmed: [] })

    takeGrant(db, { nonce: hello(db).nonce, grant: { ...grantOf(10, 3), resendSince: T0 + 25 * HOUR } })
    expect(readLink(db).resending).toBe(true)
    let steps = 1
    while (!resend(db, { limit: 7 })) steps++
    expect(steps).toBeGreaterThan(4)
    const { records } = pick(db, all)!
    // The 40th was never acknowledged: it keeps its sequence.
    expect(records.windows.map(({ record }) => record.start).sort()).toEqual(
      Array.from({ length: 20 }, (_, i) => window(i + 20).start),
    )
    expect(records.windows[0]?.seq).toBe(40)
    expect([records.forecasts.length, records.events.length, records.reported !== undefined]).toEqual([1, 1, true])
    expect([records.evidence.length, records.decisions.length]).toEqual([1, 1])
    expect(readLink(db).resending).toBe(false)
  })

  it('sends nothing again where nothing was acknowledged since', () => {
    linked()
    putWindow(db, window(0))
    commit(pick(db, all), T0)
    takeGrant(db, { nonce: hello(db).nonce, grant: { ...grantOf(10, 3), resendSince: T0 + 2 * HOUR } })
    expect(resend(db, { limit: 10 })).toBe(true)
    expect(pick(db, all)).toBeUndefined()
  })

  it('keeps marks of acknowledgements for 100 days, and the older ones as one', () => {
    linked()
    for (let day = 0; day < 130; day++) {
      putWindow(db, window(day))
      commit(pick(db, all), T0 + day * 24 * HOUR)
    }
    const marks = db.prepare('SELECT count(*) FROM ack_marks').pluck().get()
    expect(marks).toBe(101)
    takeGrant(db, { nonce: hello(db).nonce, grant: { ...grantOf(10, 3), resendSince: 0 } })
    while (!resend(db, { limit: 50 })) {
      // The next step.
    }
    expect(pick(db, all)?.records.windows).toHaveLength(130)
  })
})

/** Everything a device may do to its windows, in any order, with acknowledgements of any part of what was picked. */
const step = fc.oneof(
  fc.record({ do: fc.constant('put' as const), index: fc.nat(35), count: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ do: fc.constant('coarsen' as const), hour: fc.nat(2) }),
  fc.record({ do: fc.constant('drop' as const), index: fc.nat(35) }),
  fc.record({ do: fc.constant('report' as const) }),
  fc.record({ do: fc.constant('pick' as const), limit: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ do: fc.constant('acknowledge' as const), first: fc.integer({ min: 1, max: 60 }), size: fc.nat(9) }),
)

it('accounts for every sequence exactly once, whatever happens', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const own = openReplica(':memory:')
      linked(own)
      const acknowledged = new Set<number>()
      for (const action of steps) perform(own, action, acknowledged)
      const sequences = (sql: string) => own.prepare(sql).pluck().all() as number[]
      const superseded = own.prepare('SELECT first, last FROM superseded').raw().all() as [number, number][]
      const accounts = [
        ...sequences('SELECT seq FROM outbox'),
        ...sequences('SELECT seq FROM given_up'),
        ...superseded.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)),
      ]
      const expected = Array.from({ length: nextSequence(own) - 1 }, (_, i) => i + 1)
      expect(accounts.filter((seq) => acknowledged.has(seq))).toEqual([])
      expect([...accounts, ...acknowledged].sort((a, b) => a - b)).toEqual(expected)
      own.close()
    }),
    { numRuns: 200 },
  )
})

type Step = typeof step extends fc.Arbitrary<infer A> ? A : never

function perform(device: Connection, action: Step, acknowledged: Set<number>) {
  if (action.do === 'put') putWindow(device, window(action.index, action.count))
  if (action.do === 'drop') removeWindows(device, series, window(action.index).start, window(action.index).end)
  if (action.do === 'report') putReported(device, { ...reported, generation: nextSequence(device) })
  if (action.do === 'coarsen') {
    const [start, end] = [T0 + action.hour * HOUR, T0 + (action.hour + 1) * HOUR]
    device.transaction(() => {
      removeWindows(device, series, start, end)
      putWindow(device, { ...window(0, 20), start, end })
    })()
  }
  if (action.do === 'acknowledge') {
    const last = Math.min(action.first + action.size, nextSequence(device) - 1)
    if (last < action.first) return
    for (let seq = action.first; seq <= last; seq++) acknowledged.add(seq)
    acknowledge(device, { epoch: 10, link: 1, committed: [[action.first, last]], committedAt: T0, confirmed: [] })
  }
  if (action.do === 'pick') {
    const picked = pick(device, { ...all, limit: action.limit })
    if (picked) expect(picked.floor).toBeLessThanOrEqual(Math.min(...sequencesOf(picked.records)))
  }
}
