import type { Item } from '../../api/client.ts'

export type Role = Item<'/v1/users'>['roles'][number]

/** What each role is for, in a few words. */
export const ROLES: Readonly<Record<Role, string>> = {
  viewer: 'sees everything but the audit log, changes nothing',
  operator: 'devices, models, rollouts',
  approver: 'signs versions, sets policies',
  steward: 'data sets, quality, tasks',
  admin: 'all of it, and people',
}
