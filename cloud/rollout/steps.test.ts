import { MEMBER_STATES, type MemberState, RolloutDocument, type RolloutInput } from '@storecast/shared/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rolloutOf } from '../test/rollout.ts'
import { analyse } from './analysis/analysis.ts'
import { type CountRow, countMembers } from './counts.ts'
import { drawShadow } from './shadow.ts'
import { nextMove, roomFor, roomInGroup, type Standing, stops, tolerated } from './steps.ts'

const HOUR = 3_600_000
const specOf = (spec: Partial<RolloutInput['spec']>) => RolloutDocument.parse(rolloutOf('models:/demand/2', spec)).spec
const BY_PROOF = specOf({
  evidence: 'required',
  steps: [{ setWeight: 1 }, { analysis: {} }, { pause: {} }, { setWeight: 100 }],
})

/** Members told, by state; and those whose turn has not come. */
const counts = (told: Partial<Record<MemberState, number>>, untold = 0, shadow = 0) =>
  countMembers([
    ...Object.entries(told).map(
      ([state, devices]) => ({ state, wanted: 'active', step: 0, late: false, devices }) as CountRow,
    ),
    { state: 'pending', wanted: 'none', step: null, late: false, devices: untold - shadow },
    { state: 'pending', wanted: 'shadow', step: null, late: false, devices: shadow },
  ])
const nothingFound = analyse(
  { members: 10, records: [], health: [], today: '2026-03-01' },
  {
    margin: 0.03,
    minDays: 3,
    minDevices: 2,
    maxDays: 14,
    guards: { maxCrashes: null, latencyP95Ms: null, coverageLoss: null },
  },
)
const found = (verdict: typeof nothingFound.verdict, final = false) => ({ ...nothingFound, verdict, final })
const standing = (change: Partial<Standing>): Standing => ({
  spec: BY_PROOF,
  step: 0,
  stepAt: 0,
  now: 0,
  counts: counts({}, 100),
  analysis: null,
  comparable: true,
  proven: null,
  full: false,
  accepted: 0,
  ...change,
})
const timed = specOf({ steps: [{ pause: { duration: '2h' } }, { setWeight: 100 }] })
const away = (more: object = {}) => specOf({ ...more })

describe('the next move', () => {
  it.each<[string, Partial<Standing>, object]>([
    ['tells the first of 1 %', {}, { kind: 'tell', devices: 1 }],
    ['waits for who is at it', { counts: counts({ updating: 1 }, 99) }, { kind: 'wait' }],
    ['goes on when they are there', { counts: counts({ succeeded: 1 }, 99) }, { kind: 'next' }],
    [
      'waits for who is away and needed',
      { spec: away(), counts: counts({ succeeded: 8, offline: 2 }) },
      { kind: 'wait' },
    ],
    [
      'goes on without who is away and not needed',
      { spec: away(), step: 0, counts: counts({ succeeded: 9, offline: 1 }) },
      { kind: 'next' },
    ],
    [
      'goes on with one failure in three devices',
      { spec: away(), counts: counts({ succeeded: 2, failed: 1 }) },
      { kind: 'next' },
    ],
    ['holds with one in two', { spec: away(), counts: counts({ succeeded: 1, failed: 1 }) }, { kind: 'hold' }],
    ['holds with the only one', { spec: away(), counts: counts({ 'rolled-back': 1 }) }, { kind: 'hold' }],
    [
      'holds with one in nine where none may fail',
      { spec: away({ maxFailed: 0 }), counts: counts({ succeeded: 8, failed: 1 }) },
      { kind: 'hold' },
    ],
    [
      'holds when too many fail',
      { spec: away(), counts: counts({ succeeded: 8, failed: 1, silent: 1 }) },
      { kind: 'hold' },
    ],
    [
      'stops then, if it should',
      { spec: away({ onFailure: 'abort' }), counts: counts({ succeeded: 8, 'rolled-back': 2 }) },
      { kind: 'stop' },
    ],
    [
      'goes on with failures that were accepted',
      { spec: away(), accepted: 2, counts: counts({ succeeded: 8, failed: 2 }) },
      { kind: 'next' },
    ],
    ['stops with nobody left', { counts: counts({ excluded: 5 }) }, { kind: 'stop' }],
    ['waits out a pause', { spec: timed, now: HOUR }, { kind: 'wait' }],
    ['ends a pause', { spec: timed, now: 2 * HOUR }, { kind: 'next' }],
    ['holds at a pause without end', { step: 2 }, { kind: 'hold' }],
    ['begins the shadow', { step: 1 }, { kind: 'shadow' }],
    ['holds without a version to compare', { step: 1, comparable: false }, { kind: 'hold' }],
    ['waits for evidence', { step: 1, counts: counts({}, 100, 10) }, { kind: 'wait', reason: 'no evidence yet' }],
    ...(['better', 'non-inferior'] as const).map((verdict): [string, Partial<Standing>, object] => [
      `goes on when found ${verdict}`,
      { step: 1, counts: counts({}, 100, 10), analysis: found(verdict) },
      { kind: 'next', proven: 'evidence' },
    ]),
    ...(['inconclusive', 'pause'] as const).map((verdict): [string, Partial<Standing>, object] => [
      `waits while ${verdict}`,
      { step: 1, counts: counts({}, 100, 10), analysis: found(verdict) },
      { kind: 'wait' },
    ]),
    [
      'holds when inconclusive for good',
      { step: 1, counts: counts({}, 99, 9), analysis: found('inconclusive', true) },
      { kind: 'hold' },
    ],
    [
      'holds when devices differ',
      { step: 1, counts: counts({}, 99, 9), analysis: found('heterogeneous') },
      { kind: 'hold' },
    ],
    ['stops for harm at any step', { step: 3, proven: 'evidence', analysis: found('worse', true) }, { kind: 'stop' }],
    ['stops for a guard', { step: 0, analysis: found('guard-stop', true) }, { kind: 'stop' }],
    ['asks for proof before 25 %', { step: 3, counts: counts({ succeeded: 1 }, 99) }, { kind: 'hold' }],
    ['tells all with proof', { step: 3, proven: 'evidence' }, { kind: 'tell', devices: 100 }],
    [
      'tells all when a person says so, whatever was found',
      { step: 4, full: true, proven: 'person', analysis: found('worse', true) },
      { kind: 'tell', devices: 100 },
    ],
    ['succeeds at the end', { step: 4, proven: 'evidence', counts: counts({ succeeded: 100 }) }, { kind: 'succeed' }],
  ])('%s', (_what, change, move) => {
    expect(nextMove(standing(change))).toMatchObject(move)
  })

  it('stops a paused rollout for harm only', () => {
    expect(stops(standing({ analysis: found('worse', true) }))).toMatchObject({ kind: 'stop' })
    expect(stops(standing({ analysis: found('heterogeneous') }))).toBeUndefined()
    expect(stops(standing({ analysis: found('worse', true), full: true }))).toBeUndefined()
  })

  it('never tells 25 % without proof, nor more than there are', () => {
    const states = fc.dictionary(fc.constantFrom(...MEMBER_STATES), fc.nat(50)) as fc.Arbitrary<
      Partial<Record<MemberState, number>>
    >
    fc.assert(
      fc.property(states, fc.nat(200), fc.nat(4), fc.nat(5), (told, untold, step, accepted) => {
        const now = counts(told, untold)
        const move = nextMove(standing({ counts: now, step, accepted, analysis: found('inconclusive') }))
        const members = now.told + now.untold
        if (move.kind === 'tell') {
          expect(move.devices).toBeLessThan(0.25 * members)
          expect(move.devices).toBeGreaterThan(now.told)
        }
        expect(now.devices).toBe(now.told + now.untold + now.excluded)
        expect(move.reason).not.toBe('')
      }),
    )
  })
})

it.each([
  [0.1, [0, 0, 1, 1, 1, 2, 10], [1, 2, 3, 9, 10, 20, 100]],
  [0, [0, 0, 0], [1, 3, 100]],
  [0.5, [0, 1, 1, 2], [1, 2, 3, 4]],
  // 1 - 0.9 is a little less than 0.1.
  [1 - 0.9, [1, 2], [10, 20]],
])('a share of %d tolerates %j of %j devices', (share, expected, devices) => {
  expect(devices.map((count) => tolerated(share, count))).toEqual(expected)
})

describe('room', () => {
  it('is what concurrency leaves', () => {
    const spec = specOf({ concurrency: 10 })
    expect(roomFor({ spec, counts: counts({ updating: 3, pending: 2, offline: 4, succeeded: 1 }) }, 100)).toBe(5)
    expect(roomFor({ spec, counts: counts({ updating: 12 }) }, 100)).toBe(0)
    expect(roomFor({ spec: specOf({}), counts: counts({ updating: 12 }) }, 100)).toBe(88)
  })

  it('is what a group may lose, and at least one device of it', () => {
    expect(roomInGroup({ groupBy: 'region', maxUnavailable: '10%' }, { members: 50, unavailable: 2 })).toBe(3)
    expect(roomInGroup({ groupBy: 'region', maxUnavailable: '10%' }, { members: 5, unavailable: 0 })).toBe(1)
    expect(roomInGroup({ groupBy: 'region', maxUnavailable: 2 }, { members: 50, unavailable: 3 })).toBe(0)
  })
})

describe('the shadow', () => {
  const fleet = (sizes: readonly number[]) =>
    sizes.flatMap((size, region) =>
      Array.from({ length: size }, (_, n) => ({ device: `${region}-${n}`, region: `${region}`, position: n })),
    )

  it('takes from each region its share, of those told last', () => {
    expect(drawShadow(fleet([6, 3, 1]), 5).sort()).toEqual(['0-3', '0-4', '0-5', '1-1', '1-2'])
  })

  it('takes as many as it should, no one twice, and no region more than one off its share', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
        fc.nat(80),
        (sizes, count) => {
          const all = fleet(sizes)
          const drawn = drawShadow(all, count)
          const take = Math.min(count, all.length)
          expect(new Set(drawn).size).toBe(take)
          for (const [region, size] of sizes.entries()) {
            const of = drawn.filter((device) => device.startsWith(`${region}-`)).length
            expect(Math.abs(of - (take * size) / all.length)).toBeLessThan(1)
          }
        },
      ),
    )
  })
})
