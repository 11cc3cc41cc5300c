import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  DEVICE_GRANTS,
  grantsByRole,
  grantsOf,
  PERMISSIONS,
  type Permission,
  permissionsTable,
  ROLES,
} from './permissions.ts'

const cells = (table: string) =>
  table
    .trim()
    .split('\n')
    .map((row) => row.split('|').map((cell) => cell.trim().replace(/-+/, '-')))

describe('permissions', () => {
  it('are what docs/reference/permissions.md says', () => {
    const page = readFileSync(new URL('../../docs/reference/permissions.md', import.meta.url), 'utf8')
    const table = page.split(/<!-- (?:end of )?permissions -->\n/)[1]!
    expect(cells(table), 'npm run schemas writes it anew').toEqual(cells(permissionsTable()))
  })

  it('are all an admin’s but those of devices, and nobody’s without a role', () => {
    const all = Object.keys(PERMISSIONS) as Permission[]
    expect(all.filter((one) => !grantsOf(['admin']).has(one))).toEqual(['support.send', 'certificate.renew'])
    expect(grantsOf([]).size).toBe(0)
    expect([...DEVICE_GRANTS].sort()).toEqual(['certificate.renew', 'object.read', 'support.send', 'trust.read'])
  })

  it('let a viewer change nothing but what is one’s own', () => {
    const changing = [...grantsOf(['viewer'])].filter((one) => !one.endsWith('.read'))
    expect(changing).toEqual(['self.write'])
  })

  it('let nobody but an admin both roll out and set the rules', () => {
    for (const role of ROLES.filter((one) => one !== 'admin')) {
      const grants = grantsOf([role])
      expect(grants.has('rollout.write') && (grants.has('policy.write') || grants.has('trust.sign'))).toBe(false)
    }
  })

  it('are told by role as they are granted, without what only devices may', () => {
    for (const role of ROLES) {
      const told = grantsByRole().filter(({ roles }) => roles.includes(role))
      expect(told.map(({ permission }) => permission).sort()).toEqual([...grantsOf([role])].sort())
    }
    expect(grantsByRole().map(({ permission }) => permission)).not.toContain('support.send')
  })

  it('of several roles add up', () => {
    const both = grantsOf(['operator', 'approver'])
    expect(both.has('rollout.write') && both.has('trust.sign')).toBe(true)
    expect(both.has('user.write')).toBe(false)
  })
})
