import { ForbiddenError } from '../platform/errors.ts'
import { type LabelLimit, liesWithin } from '../platform/label-limit.ts'
import { grantsOf, type Permission, type Role } from './permissions.ts'
import type { Person } from './principal.ts'

/** What an account, or a token of it, may do and where. */
export interface Powers {
  readonly roles: Role[]
  readonly limit: LabelLimit
}

/**
 * What a token may do now: what it was made for, as far as its owner still may. Undefined where the two limits exclude each
 * other, as after the owner was moved to another region.
 */
export function powersOf(token: Powers, owner: Powers | undefined): Pick<Person, 'grants' | 'limit'> | undefined {
  const grants = grantsOf(token.roles)
  if (!owner) return { grants, limit: token.limit }
  const owners = grantsOf(owner.roles)
  const limit = { ...owner.limit, ...token.limit }
  if (!liesWithin(limit, owner.limit)) return undefined
  return { grants: new Set([...grants].filter((one) => owners.has(one))), limit }
}

/** @throws ForbiddenError `beyond-own` where a token would be more powerful than who makes it */
export function requireNotAbove(wanted: Powers, maker: Person): void {
  const more: readonly Permission[] = [...grantsOf(wanted.roles)].filter((one) => !maker.grants.has(one))
  if (more.length === 0 && liesWithin(wanted.limit, maker.limit)) return
  const what =
    more.length > 0
      ? `${wanted.roles.join(' and ')} may ${more[0]}, and you may not`
      : 'its sites would lie outside of what your account is limited to'
  throw new ForbiddenError({
    code: 'beyond-own',
    message: `A token can do no more than who makes it: ${what}. Ask for less.`,
  })
}
