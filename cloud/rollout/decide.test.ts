import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countStates, DEVICE_STATES, type DeviceFacts, deviceState, verdict } from './decide.ts'

type Model = NonNullable<DeviceFacts['reported']>['models'][string]
const facts = (change: Partial<DeviceFacts>, model?: Partial<Model>, generation = 7): DeviceFacts => ({
  model: 'demand',
  version: 3,
  generation: 7,
  desiredVersion: 3,
  retired: false,
  online: true,
  reported: model && {
    site: 's',
    agentVersion: '1',
    generation,
    documents: {},
    models: { demand: { active: 2, target: 3, phase: 'download', at: 0, ...model } },
  },
  ...change,
})

describe('deviceState', () => {
  const error = { code: 'golden-mismatch', message: 'output differs' }
  it.each([
    ['retired', facts({ retired: true }, { active: 3 }), { state: 'retired' }],
    ['wanted otherwise', facts({ desiredVersion: 4 }, { active: 3 }), { state: 'superseded' }],
    ['wanted no more', facts({ desiredVersion: null }), { state: 'superseded' }],
    ['never heard of', facts({}), { state: 'pending' }],
    ['never heard of and away', facts({ online: false }), { state: 'offline' }],
    ['at an older state', facts({}, { target: 2, phase: 'active' }, 6), { state: 'pending' }],
    ['downloading', facts({}, {}), { state: 'updating' }],
    ['downloading and away', facts({ online: false }, {}), { state: 'offline' }],
    ['there', facts({}, { active: 3, phase: 'active' }), { state: 'active' }],
    ['there and away', facts({ online: false }, { active: 3, phase: 'active' }), { state: 'active' }],
    [
      'back',
      facts({}, { phase: 'rolled-back', error }),
      { state: 'failed', reason: 'golden-mismatch: output differs' },
    ],
    ['failed and away', facts({ online: false }, { phase: 'failed' }), { state: 'failed', reason: 'failed' }],
    ['failed at an earlier try', facts({}, { phase: 'failed', error }, 6), { state: 'pending' }],
  ])('of a device that is %s', (_what, given, expected) => {
    expect(deviceState(given)).toEqual(expected)
  })
})

describe('verdict', () => {
  const counts = (given: Partial<Record<(typeof DEVICE_STATES)[number], number>>) =>
    countStates(DEVICE_STATES.flatMap((state) => Array.from({ length: given[state] ?? 0 }, () => state)))
  const all = { minimumActive: 1, timeoutMs: null }
  const most = { minimumActive: 0.9, timeoutMs: 1000 }

  it.each([
    ['all are active', counts({ active: 3 }), all, 0, 'succeeded', '3 of 3 devices are active'],
    ['one failed', counts({ active: 2, failed: 1 }), all, 0, 'failed', '1 of 3 devices failed; 3 had to succeed'],
    ['one is away', counts({ active: 2, offline: 1 }), all, 1e12, 'running', ''],
    ['one is at it', counts({ active: 9, updating: 1 }), most, 0, 'running', ''],
    ['enough are active', counts({ active: 9, offline: 1 }), most, 0, 'succeeded', '9 of 10'],
    ['one may fail', counts({ active: 9, failed: 1 }), most, 0, 'succeeded', '9 of 10'],
    ['two may not', counts({ failed: 2, pending: 8 }), most, 0, 'failed', '2 of 10'],
    ['time is over', counts({ active: 8, pending: 2 }), most, 1000, 'failed', 'only 8 of 10'],
    ['time is over with enough', counts({ active: 9, pending: 1 }), most, 1000, 'succeeded', '9 of 10'],
    [
      'some left',
      counts({ active: 2, retired: 1, superseded: 2 }),
      all,
      0,
      'succeeded',
      '2 of 2 devices (3 of 5 left out)',
    ],
    ['all left', counts({ superseded: 2 }), all, 0, 'failed', 'none left'],
    ['none is needed', counts({ offline: 2 }), { minimumActive: 0, timeoutMs: null }, 0, 'running', ''],
  ] as const)('when %s', (_what, given, rule, elapsed, state, reason) => {
    const result = verdict(given, rule, elapsed)
    expect(result.state).toBe(state)
    if (result.state !== 'running') expect(result.reason).toContain(reason)
  })

  it('never passes without its share of active devices, and ends once nothing more can change', () => {
    const states = fc.array(fc.constantFrom(...DEVICE_STATES), { maxLength: 30 })
    const rule = fc.record({
      minimumActive: fc.double({ min: 0, max: 1, noNaN: true }),
      timeoutMs: fc.option(fc.nat(100)),
    })
    fc.assert(
      fc.property(states, rule, fc.nat(200), (states, rule, elapsed) => {
        const given = countStates(states)
        expect(given.devices).toBe(states.length)
        const { state } = verdict(given, rule, elapsed)
        if (state === 'succeeded') {
          expect(given.active).toBeGreaterThan(0)
          expect(given.active / given.counted).toBeGreaterThanOrEqual(rule.minimumActive - 1e-6)
        }
        const open = given.updating + given.pending + given.offline
        if (open === 0 || (rule.timeoutMs !== null && elapsed >= rule.timeoutMs)) expect(state).not.toBe('running')
      }),
    )
  })
})
