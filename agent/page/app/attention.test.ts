import { describe, expect, it } from 'vitest'
import { attention } from './attention.ts'
import type { Decision } from './decisions.ts'
import type { Forecasts, SensorStatus, Status } from './wire.ts'

const NOW = Date.UTC(2026, 2, 11, 12)
const HOUR = 3_600_000
const iso = (time: number) => new Date(time).toISOString()

const fridge: SensorStatus = {
  ...{ name: 'fridge', kind: 'gauge', unit: '°C', heardAt: iso(NOW - 60_000), silent: false, accepted: 500 },
  ...{ outOfRange: 0, duplicate: 0, wrongType: 0, wrongUnit: 0, untrusted: 0, latest: null },
}
const calm: Status = {
  ...{ device: 'north-1', site: 'north', agentVersion: '1.0.0', startedAt: iso(NOW - 48 * HOUR), now: iso(NOW) },
  timeZone: 'Europe/Berlin',
  models: { demand: { active: 3, target: 3, phase: 'active', at: iso(NOW - 48 * HOUR) } },
  modelHost: { residentBytes: 1 },
  link: { configured: true, connected: true, trouble: null },
  certificateExpires: iso(NOW + 60 * 24 * HOUR),
  clock: null,
  trust: { desiredExpires: iso(NOW + 24 * HOUR), lastRefusal: null },
  backlog: { records: 0, oldest: null, ageSeconds: 0 },
  space: { databaseBytes: 1, capBytes: 2 },
  sensors: [fridge],
  sources: [{ name: 'tills', kind: 'mqtt', trouble: null }],
  refused: [],
}
const run = {
  ...{ model: 'demand', version: 3, issuedAt: iso(NOW - 12 * HOUR), levels: [0.1, 0.5, 0.9], forecasts: [] },
  ...{ start: iso(NOW - 12 * HOUR), end: iso(NOW + 12 * HOUR) },
}
const today: Forecasts = { models: [run] }
const order: Decision = {
  ...{ id: 'd', entity: 'milk', issuedAt: iso(NOW - HOUR), start: iso(NOW - HOUR), end: iso(NOW + 23 * HOUR) },
  ...{ quantiles: [1, 2, 3], stock: 0, onOrder: 0, quantity: 3, open: true },
}

const found = (
  part: Partial<Status> = {},
  { forecasts = today, decisions = [] }: { forecasts?: Forecasts; decisions?: readonly Decision[] } = {},
) => attention({ status: { ...calm, ...part }, forecasts, decisions, realNow: NOW })
const codes = (...of: Parameters<typeof found>) => found(...of).map(({ code, level }) => `${level} ${code}`)
const offline = (trouble: string | null, waiting = HOUR): Partial<Status> => ({
  link: { configured: true, connected: false, trouble },
  backlog: { records: 40, oldest: iso(NOW - waiting), ageSeconds: waiting / 1000 },
})

describe('what needs attention', () => {
  it('is nothing in a shop where all is well', () => {
    expect(found()).toEqual([])
    expect(found({ link: { configured: false, connected: false, trouble: null } })).toEqual([])
    expect(found({}, { decisions: [order] })).toEqual([])
  })

  it('names sensors that are silent, were never heard, or say what cannot be', () => {
    const sensors = [
      { ...fridge, silent: true },
      { ...fridge, name: 'freezer', silent: true, heardAt: null, accepted: 0 },
      { ...fridge, name: 'door', outOfRange: 100 },
      // An event sensor says nothing while nothing happens.
      { ...fridge, name: 'stockout', kind: 'event', heardAt: null, accepted: 0 },
      { ...fridge, name: 'new', outOfRange: 3, accepted: 3 },
    ]
    expect(found({ sensors })).toEqual([
      { code: 'sensor-silent', level: 'problem', about: { sensor: 'fridge' }, time: NOW - 60_000 },
      { code: 'sensor-never', level: 'warning', about: { sensor: 'freezer' }, time: NOW - 48 * HOUR },
      { code: 'sensor-doubtful', level: 'warning', about: { sensor: 'door', share: 0.2 } },
    ])
  })

  it.each([
    ['connect ENETUNREACH 10.0.0.1:8883', 'warning offline-cable'],
    [null, 'warning offline-cable'],
    ['getaddrinfo ENOTFOUND cloud.example', 'warning offline-name'],
    ['Connection refused: Not authorized', 'problem offline-refused'],
    ['connect ECONNREFUSED 10.0.0.1:8883', 'warning offline-cable'],
    ['self-signed certificate in certificate chain', 'problem offline-certificate'],
    ['not enrolled yet', 'problem not-enrolled'],
  ])('tells why there is no connection: %s', (trouble, expected) => {
    expect(codes(offline(trouble))).toEqual([expected])
  })

  it('takes a day without a connection for a problem, and tells a backlog that lags', () => {
    expect(codes(offline('connect ENETUNREACH', 25 * HOUR))).toEqual(['problem offline-cable'])
    const chosen = { records: 3, oldest: iso(NOW - 12 * HOUR), ageSeconds: (12 * HOUR) / 1000 }
    expect(found({ backlog: chosen })).toEqual([])
    const backlog = { records: 9000, oldest: iso(NOW - 5 * HOUR), ageSeconds: (5 * HOUR) / 1000 }
    expect(found({ backlog })).toEqual([
      { code: 'backlog-old', level: 'note', about: { n: 9000 }, time: NOW - 5 * HOUR },
    ])
  })

  it('misses models and forecasts, and says so once', () => {
    const none = { forecasts: { models: [] } }
    expect(codes({ models: {} }, none)).toEqual(['problem no-model'])
    expect(codes({ models: {}, ...offline('not enrolled yet') }, none)).toEqual(['problem not-enrolled'])
    // The first forecast comes with the model's hour.
    expect(codes({}, none)).toEqual([])
    const yesterday = { models: [{ ...run, end: iso(NOW - HOUR) }] }
    expect(codes({}, { forecasts: yesterday })).toEqual(['problem no-forecast'])
    const failed = { active: 3, target: 4, phase: 'failed', at: iso(NOW), error: { code: 'x', message: 'x' } }
    expect(codes({ models: { demand: failed } })).toEqual(['note update-failed'])
    expect(codes({ models: { demand: calm.models.demand!, sensor: { ...failed, active: null } } })).toEqual([
      'problem model-stopped',
    ])
  })

  it('tells of clocks, certificates, orders of the head office and systems in the shop', () => {
    expect(codes({ sensors: [{ ...fridge, untrusted: 300 }] })).toEqual(['warning clock-wrong'])
    expect(codes({ clock: { trusted: false, aheadSeconds: 3600 } })).toEqual(['warning clock-wrong'])
    expect(codes({ clock: { trusted: true, aheadSeconds: 0.2 } })).toEqual([])
    expect(codes({ certificateExpires: iso(NOW + 3 * 24 * HOUR) })).toEqual(['warning certificate-ends'])
    expect(codes({ trust: { desiredExpires: iso(NOW - HOUR), lastRefusal: null } })).toEqual(['note updates-on-hold'])
    expect(codes({ sources: [{ name: 'tills', kind: 'mqtt', trouble: 'connect ECONNREFUSED' }] })).toEqual([
      'problem source-down',
    ])
  })

  it('reminds of suggestions when half their time has gone, the worst first', () => {
    const late = { ...order, start: iso(NOW - 13 * HOUR), end: iso(NOW + 11 * HOUR) }
    expect(found({}, { decisions: [order, late, { ...late, id: 'e', open: false }] })).toEqual([
      { code: 'stale-orders', level: 'warning', about: { n: 1 }, time: NOW + 11 * HOUR },
    ])
    expect(codes({ sensors: [{ ...fridge, silent: true }] }, { decisions: [late] })).toEqual([
      'problem sensor-silent',
      'warning stale-orders',
    ])
  })
})
