import { describe, expect, it } from 'vitest'
import { DeviceGroup, parseSelectorText, SelectorTextError } from './selector.ts'

describe('a selector as text', () => {
  it('takes equality, sets and presence, all of which must hold', () => {
    expect(parseSelectorText('region=eu,tier!=museum,site in (berlin, oslo),shelf notin (a),pilot,!retired')).toEqual({
      labels: { region: 'eu' },
      expressions: [
        { label: 'tier', operator: 'NotIn', values: ['museum'] },
        { label: 'site', operator: 'In', values: ['berlin', 'oslo'] },
        { label: 'shelf', operator: 'NotIn', values: ['a'] },
        { label: 'pilot', operator: 'Exists' },
        { label: 'retired', operator: 'DoesNotExist' },
      ],
    })
    expect(parseSelectorText('')).toEqual({ labels: {}, expressions: [] })
    expect(parseSelectorText('tier==gold, street=a=b,tier=')).toEqual({
      labels: { tier: 'gold', street: 'a=b' },
      expressions: [{ label: 'tier', operator: 'In', values: [''] }],
    })
  })

  it.each(['=eu', 'Region=eu', 'tier in gold', 'tier notin (a', 'a b', `tier=${'x'.repeat(65)}`, 'in (a)'])(
    'refuses %j',
    (text) => {
      expect(() => parseSelectorText(text)).toThrow(SelectorTextError)
    },
  )
})

it('a group that selects everything, or another group, is none', () => {
  const group = (selector: object) =>
    DeviceGroup.safeParse({
      apiVersion: 'storecast/v1',
      kind: 'DeviceGroup',
      metadata: { name: 'eu' },
      spec: { selector },
    })
  expect(group({ labels: { region: 'eu' } }).success).toBe(true)
  expect(group({}).error?.issues[0]?.message).toMatch(/a group is some of the devices/)
  expect(group({ labels: { region: 'eu' }, groups: ['us'] }).success).toBe(false)
})
