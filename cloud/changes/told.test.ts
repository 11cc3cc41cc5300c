import { describe, expect, it } from 'vitest'
import { grantsOf } from '../people/index.ts'
import { MANY, type NotedChange, toldTo } from './told.ts'

const grants = grantsOf(['viewer'])
const device = (key: string, region: string): NotedChange => ({
  kind: 'device',
  key,
  site: `shop-${region}`,
  labels: { region },
})
const fleetWide = (kind: string, key: string): NotedChange => ({ kind, key, site: null, labels: null })

describe('what somebody is told', () => {
  it('is each thing once, of kinds they may see', () => {
    const changes = [device('a', 'eu'), device('a', 'eu'), fleetWide('rollout', '7'), fleetWide('access', '')]
    expect(toldTo({ grants, limit: {} }, changes)).toEqual([
      { kind: 'device', key: 'a', site: 'shop-eu' },
      { kind: 'rollout', key: '7', site: null },
    ])
    expect(toldTo({ grants: new Set(['rollout.read']), limit: {} }, changes)).toEqual([
      { kind: 'rollout', key: '7', site: null },
    ])
  })

  it('lies within their limit, and names nothing that may lie beyond', () => {
    const changes = [
      ...[device('a', 'eu'), device('b', 'us'), fleetWide('rollout', '7'), fleetWide('rollout', '8')],
      ...[fleetWide('model', 'demand'), fleetWide('alert', '3'), fleetWide('silence', '1')],
      { kind: 'device', key: 'gone', site: 'closed', labels: null },
    ]
    expect(toldTo({ grants, limit: { region: 'eu' } }, changes)).toEqual([
      { kind: 'device', key: 'a', site: 'shop-eu' },
      { kind: 'model', key: 'demand', site: null },
      { kind: 'rollout', key: null, site: null },
    ])
  })

  it('is that there were many, where there were', () => {
    const wave = Array.from({ length: MANY + 1 }, (_, i) => device(`d${i}`, 'eu'))
    expect(toldTo({ grants, limit: {} }, wave)).toEqual([{ kind: 'device', key: null, site: null }])
    expect(toldTo({ grants, limit: { region: 'us' } }, wave)).toEqual([])
    expect(toldTo({ grants, limit: {} }, wave.slice(1))).toHaveLength(MANY)
  })
})
