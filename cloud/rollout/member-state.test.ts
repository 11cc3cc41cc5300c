import { describe, expect, it } from 'vitest'
import { type MemberFacts, memberState } from './member-state.ts'

type Report = NonNullable<MemberFacts['report']>
const NOW = 1_000_000
const rule = { now: NOW, deadlineMs: 1000, offlineExpiryMs: 5000 }
const facts = (change: Partial<MemberFacts>, report?: Partial<Report>, generation = 7): MemberFacts => ({
  ...{ version: 3, previousVersion: 2, applied: 'active', generation: 7, toldAt: NOW - 10 },
  ...{ desiredVersion: 3, retired: false, online: true, presenceAt: 0, reportedAt: 0 },
  reportedGeneration: report ? generation : null,
  report: report ? { active: 2, target: 3, phase: 'download', at: 0, ...report } : null,
  ...change,
})
const back = { applied: 'back', desiredVersion: 2 } as const
const error = { code: 'golden-mismatch', message: 'output differs' }

describe('memberState', () => {
  it.each<[string, MemberFacts, object]>([
    ['retired', facts({ retired: true }, { active: 3 }), { state: 'excluded', reason: 'retired' }],
    ['not told yet', facts({ applied: 'none', desiredVersion: 2 }), { state: 'pending', checkAt: null }],
    ['in shadow', facts({ applied: 'shadow', desiredVersion: 2 }), { state: 'pending', checkAt: null }],
    ['told otherwise', facts({ desiredVersion: 4 }, { active: 3 }), { state: 'excluded' }],
    ['told and not heard of', facts({}), { state: 'pending', checkAt: NOW + 990 }],
    ['at an older state', facts({}, { target: 2, phase: 'active' }, 6), { state: 'pending' }],
    ['downloading', facts({}, {}), { state: 'updating', reason: 'download' }],
    [
      'waiting for its hours',
      facts({ toldAt: NOW - 4000 }, { phase: 'waiting' }),
      { state: 'updating', checkAt: NOW + 2000 },
    ],
    [
      'at it, or waiting, for all its time',
      facts({ toldAt: NOW - 6000, reportedAt: NOW }, { phase: 'download' }),
      { state: 'silent', reason: expect.stringMatching(/^not there since it was told at /) },
    ],
    ['on probation', facts({}, { active: 3, phase: 'soak' }), { state: 'updating', reason: 'soak' }],
    ['there', facts({}, { active: 3, phase: 'active' }), { state: 'succeeded', checkAt: null }],
    ['there and away', facts({ online: false }, { active: 3, phase: 'active' }), { state: 'succeeded' }],
    ['failed', facts({}, { phase: 'failed', error }), { state: 'failed', reason: 'golden-mismatch: output differs' }],
    ['rolled back', facts({ online: false }, { phase: 'rolled-back' }), { state: 'rolled-back' }],
    ['failed at an earlier try', facts({}, { phase: 'failed', error }, 6), { state: 'pending' }],
    ['silent', facts({ toldAt: NOW - 1000 }), { state: 'silent' }],
    [
      'heard of lately',
      facts({ toldAt: NOW - 3000, reportedAt: NOW - 5 }, {}),
      { state: 'updating', checkAt: NOW + 995 },
    ],
    ['back on line lately', facts({ toldAt: NOW - 3000, presenceAt: NOW - 5 }), { state: 'pending' }],
    ['away', facts({ online: false, presenceAt: 0 }), { state: 'offline', checkAt: NOW + 4990 }],
    [
      'away for too long',
      facts({ online: false, toldAt: NOW - 5000 }),
      { state: 'excluded', reason: 'away for too long' },
    ],
    ['withdrawn', facts({ applied: 'withdrawn', desiredVersion: 2 }), { state: 'excluded' }],
    ['on its way back', facts(back, { active: 3, target: 2 }), { state: 'reverting' }],
    ['back', facts(back, { active: 2, target: 2, phase: 'active' }), { state: 'reverted' }],
    [
      'back at nothing',
      facts({ ...back, previousVersion: null, desiredVersion: null }, { active: null, target: null, phase: 'active' }),
      { state: 'reverted' },
    ],
    [
      'back since it never went',
      facts({ ...back, previousVersion: null, desiredVersion: null }),
      { state: 'reverted' },
    ],
  ])('of a device that is %s', (_what, given, expected) => {
    expect(memberState(given, rule)).toMatchObject(expected)
  })
})
