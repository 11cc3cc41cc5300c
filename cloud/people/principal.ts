import type { LabelLimit } from '../platform/label-limit.ts'
import type { Permission } from './permissions.ts'

/** A person, or a program that acts for one. */
export interface Person {
  readonly kind: 'person'
  /** For the audit log: a user's name; of a token that nobody owns, what tells it apart and is of no use to get in. */
  readonly name: string
  /** The user's name; null for a token that is no user's. */
  readonly user: string | null
  /** Name of the API token that was shown; absent: the person was there. */
  readonly token?: string
  /** At the OIDC provider that vouched for the person, `issuer#subject`. */
  readonly subject?: string
  readonly grants: ReadonlySet<Permission>
  readonly limit: LabelLimit
}

/** Who a request comes from. */
export type Principal =
  | Person
  | {
      readonly kind: 'device'
      readonly device: string
      /** Serial number of the certificate that was shown; absent: a token was. */
      readonly certificate?: string
    }
