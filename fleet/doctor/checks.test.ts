import { describe, expect, it } from 'vitest'
import { examineCloud, type Facts } from './checks.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 2, 1)

const healthy: Facts = {
  version: '0.1.0',
  here: NOW,
  tookMs: 20,
  silentHours: 24,
  status: {
    version: '0.1.3',
    now: NOW,
    migrations: { applied: 40, missing: [], unknown: [] },
    broker: 'ok',
    objects: { checked: 3, lost: [], error: null },
    certificates: { authority: NOW + 3650 * DAY, listeners: NOW + 60 * DAY },
    devices: { enrolled: 4, online: 4, silent: 0, silentNames: [] },
    agents: [{ version: '0.1.3', devices: 4 }],
  },
  trust: {
    mode: 'production',
    state: 'ready',
    message: 'devices follow it',
    root: { version: 1, expires: NOW + 300 * DAY, keys: [], threshold: 1, sha256: '', development: false },
    targets: { version: 1, expires: NOW + 90 * DAY, keys: [], threshold: 1, approved: 1, revoked: 0 },
    snapshot: null,
    timestamp: null,
    cloudKeys: {} as Facts['trust']['cloudKeys'],
    drafts: { root: null, targets: null },
  },
  rollouts: [{ name: 'spring', state: 'running', reason: null }],
  policies: ['metrics-gate'],
}
const status = (change: Partial<Facts['status']>): Partial<Facts> => ({ status: { ...healthy.status, ...change } })
const found = (change: Partial<Facts>) =>
  examineCloud({ ...healthy, ...change })
    .filter(({ level }) => level !== 'ok')
    .map(({ check, level }) => `${level} ${check}`)

describe('the doctor', () => {
  it('has nothing to say of what is well, and a word on each thing', () => {
    expect(found({})).toEqual([])
    expect(examineCloud(healthy).map(({ check }) => check)).toEqual([
      ...['version', 'agents', 'clock', 'database', 'broker', 'objects', 'authority', 'listeners'],
      ...['trust', 'trust root', 'trust targets', 'devices', 'rollouts', 'policies'],
    ])
  })

  it.each([
    ['another release', { version: '0.2.0' }, ['warn version']],
    ['agents of another version', status({ agents: [{ version: '0.1.0', devices: 1 }] }), ['warn agents']],
    ['no device yet', status({ agents: [], devices: { enrolled: 0, online: 0, silent: 0, silentNames: [] } }), []],
    ['a clock 6 s ahead', { here: NOW + 6_000 }, ['warn clock']],
    ['6 s on a line that takes 10', { here: NOW + 6_000, tookMs: 10_000 }, []],
    ['a clock two minutes behind', { here: NOW - 120_000 }, ['fail clock']],
    ['a newer database', status({ migrations: { applied: 41, missing: [], unknown: [999] } }), ['fail database']],
    ['migrations to come', status({ migrations: { applied: 39, missing: [601], unknown: [] } }), ['fail database']],
    ['no broker', status({ broker: 'away' }), ['fail broker']],
    ['a bundle that is gone', status({ objects: { checked: 3, lost: ['demand/3'], error: null } }), ['fail objects']],
    ['no store', status({ objects: { checked: 0, lost: [], error: 'EACCES' } }), ['fail objects']],
    [
      'certificates that end',
      status({ certificates: { authority: NOW + 20 * DAY, listeners: NOW - DAY } }),
      ['warn authority', 'fail listeners'],
    ],
    [
      'some that are silent',
      status({ devices: { enrolled: 4, online: 3, silent: 1, silentNames: ['a'] } }),
      ['warn devices'],
    ],
    ['all silent', status({ devices: { enrolled: 1, online: 0, silent: 1, silentNames: ['a'] } }), ['fail devices']],
    [
      'a rollout that is held',
      { rollouts: [{ name: 'spring', state: 'paused' as const, reason: null }] },
      ['warn rollouts'],
    ],
    ['no policy', { policies: [] }, ['warn policies']],
    ['development keys', { trust: { ...healthy.trust, mode: 'development' as const } }, ['warn trust']],
    [
      'signatures that end, and a root that waits',
      {
        trust: {
          ...healthy.trust,
          state: 'waiting-for-root' as const,
          root: null,
          targets: { ...healthy.trust.targets!, expires: NOW + 3 * DAY },
        },
      },
      ['fail trust', 'fail trust targets'],
    ],
  ])('tells of %s, with what to do', (_what, change, expected) => {
    expect(found(change)).toEqual(expected)
    for (const finding of examineCloud({ ...healthy, ...change })) {
      if (finding.level !== 'ok') expect(finding.advice).toMatch(/\w{3,}/)
    }
  })

  it('names the silent, and says how many it does not', () => {
    const devices = { enrolled: 30, online: 0, silent: 29, silentNames: ['a', 'b'] }
    const finding = examineCloud({ ...healthy, ...status({ devices }) }).find(({ check }) => check === 'devices')
    expect(finding!.found).toBe('0 of 30 online; 29 silent for 24 h: a, b and 27 more')
  })
})
