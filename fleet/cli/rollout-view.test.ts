import { describe, expect, it } from 'vitest'
import { clipped } from '../terminal/terminal.ts'
import { type Rollout, rolloutLine, rolloutLines } from './rollout-view.ts'

const NOBODY = {
  ...{ told: 0, pending: 0, updating: 0, succeeded: 0, failed: 0, rolledBack: 0, silent: 0, offline: 0 },
  ...{ reverting: 0, reverted: 0, excluded: 0 },
}
const rollout: Rollout = {
  ...{ id: '7', name: 'demand-eu', model: 'demand', version: 3, state: 'running', step: 2, createdAt: 0 },
  ...{ finishedAt: null, full: false, proven: null },
  reason: '90 of 100 succeeded, 5 at it',
  document: {
    spec: {
      steps: [{ setWeight: 1 }, { analysis: {} }, { setWeight: 5 }, { pause: { duration: '24h' } }, { setCount: 3000 }],
    },
  },
  counts: {
    ...NOBODY,
    devices: 2010,
    excluded: 10,
    told: 100,
    untold: 1900,
    shadow: 200,
    late: 0,
    succeeded: 91,
    updating: 5,
    offline: 2,
    failed: 2,
  },
  cohorts: [
    { ...NOBODY, step: 0, told: 20, succeeded: 20 },
    { ...NOBODY, step: 2, told: 80, succeeded: 71, updating: 5, offline: 2, failed: 2 },
  ],
  analysis: {
    ...{ step: 1, at: 0 },
    analysis: {
      ...{ verdict: 'non-inferior', reason: 'within the margin of 3.0 %', final: false, days: [] },
      rule: { margin: 0.03, minDays: 7, minDevices: 100, maxDays: 14 },
      estimate: {
        ...{ days: 9, devices: 198, mean: 0.004, lower: -0.017, upper: 0.025, standardError: 0.008, halfWidth: 0.021 },
        ...{ dailySd: 0.013, priorSd: 0.012, inflation: 3, betweenDevicesSd: 0.004 },
        observed: { standardError: 0.004, lower: -0.009, upper: 0.017 },
      },
      heterogeneity: { judged: 198, worse: ['shop-7'], share: 0.1, found: false },
      coverage: { rows: 52_040, champion: 0.801, candidate: 0.794 },
      guards: [{ guard: 'crashes', limit: 1, devices: 198, broken: 0, chance: 1, alpha: 0.025, stop: false }],
      denominators: {
        ...{ members: 200, matured: 198, pending: 2, rows: 52_040, excludedRows: 3_107 },
        daysLeftOut: { pending: 1, dropped: 0, late: 0 },
      },
    },
  },
}
const plain = (_style: string, text: string) => text

describe('a rollout drawn', () => {
  it('has a line for each step with its cohort, and the bounds of its evidence against the margin', () => {
    expect(rolloutLines(rollout, plain)).toEqual([
      'demand-eu (7)  demand/3  running',
      '90 of 100 succeeded, 5 at it',
      '',
      `  ✓ 1 %          ${'█'.repeat(32)}  20 succeeded`,
      '  ✓ analysis',
      `  ▸ 5 %          ${'█'.repeat(28)}▓▓░╳  71 succeeded, 5 at it, 2 away, 2 failed`,
      '    pause 24h',
      `    3000 devices ${'·'.repeat(32)}  1900 devices`,
      '    █ succeeded  ▓ at it  ░ away  ╳ failed, rolled back or silent  ◁ back at what it had',
      '    2010 devices: 100 told, 1900 not yet, 200 of them in shadow, 10 left',
      '',
      'evidence: non-inferior  within the margin of 3.0 %',
      '    −4.5 % ───────────────┝━━━━━━━━┼━●━━━━━━━━━━┥──┊──────── +4.5 %',
      '    error +0.4 % (● in its 95 % bounds −1.7 % to +2.5 %), margin 3.0 % (┊)',
      '    closed days 9 of 7 to 14; 200 devices, 198 with a closed day, 2 without',
      '    52040 rows scored, 3107 left out; days left out: 1 still open, 0 with too few devices, 0 too late',
      '    a day scatters by 1.3 % (1.2 % was assumed), counted 3.0 times; devices differ by 0.4 %',
      '    on the days seen: −0.9 % to +1.7 %',
      '    lastingly worse: 1 of 198 devices',
      '    intervals cover 79.4 % of 52040 rows; those of the version that serves 80.1 %',
      '    crashes: 0 of 198 devices above 1',
    ])
  })

  it('fits a narrow terminal, colours and all', () => {
    const colour = (_style: string, text: string) => `\x1b[32m${text}\x1b[39m`
    expect(clipped(colour('', 'abcdef'), 3)).toBe('\x1b[32mabc\x1b[39m')
  })

  it('is one line where nothing can be drawn', () => {
    expect(rolloutLine(rollout)).toBe(
      'demand-eu running, step 3 of 5 (5 %): 100 of 2010 told, 91 succeeded, 5 at it, 2 away, 2 failed, 10 left; evidence non-inferior; 90 of 100 succeeded, 5 at it',
    )
  })
})
