import { ForbiddenError } from '../../platform/errors.ts'
import type { LabelLimit } from '../../platform/label-limit.ts'
import type { Role } from '../permissions.ts'
import type { Vouched } from '../users.ts'

/** How what a provider says of people becomes what they may do here. */
export interface ClaimMapping {
  /** Claim with the person's name; `a.b` is a claim within one. */
  readonly nameClaim: string
  readonly roles: {
    /** Claim with one text or several, as groups. */
    readonly claim: string
    /** Roles by those texts; other texts mean nothing here. */
    readonly map: Readonly<Record<string, readonly Role[]>>
  }
  /** Claim that says `region=eu`, or `region=eu,tier=gold`, or `*` for every site; absent: nobody is limited. */
  readonly limitClaim?: string | undefined
}

type Claims = Readonly<Record<string, unknown>> & { readonly iss: string; readonly sub: string }

/** @throws ForbiddenError `oidc-no-role`, `oidc-limit` for somebody who may not come in, whoever they are */
export function vouchedBy(claims: Claims, mapping: ClaimMapping): Vouched {
  const { iss: issuer, sub: subject } = claims
  const name = claimOf(claims, mapping.nameClaim)
  const texts = [claimOf(claims, mapping.roles.claim)].flat()
  const roles = [
    ...new Set(
      texts.flatMap((text) =>
        typeof text === 'string' && Object.hasOwn(mapping.roles.map, text) ? mapping.roles.map[text]! : [],
      ),
    ),
  ]
  if (roles.length === 0) {
    throw new ForbiddenError({
      code: 'oidc-no-role',
      message: `The provider knows you, and nothing in its claim "${mapping.roles.claim}" stands for a role here. Ask an admin of either.`,
    })
  }
  return {
    issuer,
    subject,
    name: typeof name === 'string' && name !== '' ? name.slice(0, 128) : subject,
    roles,
    limit: mapping.limitClaim === undefined ? {} : limitOf(mapping.limitClaim, claimOf(claims, mapping.limitClaim)),
  }
}

const claimOf = (claims: Readonly<Record<string, unknown>>, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((at, name) => (at !== null && typeof at === 'object' ? (at as Claims)[name] : undefined), claims)

/** Nothing is no limit but what says so: a claim that is forgotten must not open every site. */
function limitOf(claim: string, said: unknown): LabelLimit {
  if (said === '*') return {}
  const terms =
    typeof said === 'string'
      ? said.split(',').map((term) => /^([a-z][a-z0-9_-]{0,31})=(.{1,64})$/.exec(term.trim()))
      : []
  const limit = Object.fromEntries(terms.flatMap((term) => (term ? [[term[1]!, term[2]!]] : [])))
  if (terms.length > 0 && !terms.includes(null) && Object.keys(limit).length === terms.length) return limit
  throw new ForbiddenError({
    code: 'oidc-limit',
    message: `The provider's claim "${claim}" does not say which sites you may see. It has to say "region=eu", or "*" for every site.`,
  })
}
