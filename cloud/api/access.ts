import { timingSafeEqual, type X509Certificate } from 'node:crypto'
import type { Devices } from '../devices/index.ts'
import {
  DEVICE_GRANTS,
  digestOf,
  grantsOf,
  type Identify,
  PERMISSIONS,
  type Permission,
  type Principal,
} from '../people/index.ts'
import { ForbiddenError, UnauthenticatedError } from '../platform/errors.ts'
import { NO_LIMIT } from '../platform/label-limit.ts'

/** Of an operator, for what is kept of who did something. */
export const nameOf = (principal: Principal | undefined): string =>
  principal?.kind === 'person' ? principal.name : 'unknown'

/** What a caller shows. */
export interface Caller {
  /** The header's value. */
  readonly authorization: string | undefined
  /** Of a browser's session, where the call came from a page of our own. */
  readonly cookie: string | undefined
  /** Of which the caller has proven to hold the key; nothing else is known of it. */
  readonly certificate: X509Certificate | undefined
}

export interface AccessCheck {
  /**
   * @param permission what the route asks for: a device whose certificate has expired is known to renew it
   * @throws UnauthenticatedError where nobody is known by what was shown
   */
  identify(caller: Caller, permission: Permission): Promise<Principal>
}

interface AccessOptions {
  /** Of people. */
  readonly identify: Identify
  readonly devices: Pick<Devices, 'deviceOf'>
  /** Admin tokens that this process was given or made; never stored. */
  readonly adminTokens: readonly string[]
}

const ADMIN = grantsOf(['admin'])
export const SESSION_COOKIE = 'storecast_session'

export const readCookie = (cookies: string | undefined): string | undefined =>
  new RegExp(`(?:^|; )${SESSION_COOKIE}=([\\w-]{43})(?:;|$)`).exec(cookies ?? '')?.[1]

/** People by tokens, sessions and cookies; devices that have a token. */
export function accessControl({ identify, devices, adminTokens }: AccessOptions): AccessCheck {
  const known = adminTokens.map(digestOf)

  const byToken = async (token: string): Promise<Principal | undefined> => {
    const hash = digestOf(token)
    if (known.some((one) => timingSafeEqual(one, hash))) {
      const name = `token:${hash.toString('hex', 0, 6)}`
      return { kind: 'person', name, user: null, grants: ADMIN, limit: NO_LIMIT }
    }
    const person = await identify(token, 'bearer')
    if (person) return person
    const device = await devices.deviceOf(token)
    return device === undefined ? undefined : { kind: 'device', device }
  }

  return {
    async identify({ authorization, cookie }) {
      const token = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '')?.[1]
      if (token === undefined && cookie === undefined) {
        throw new UnauthenticatedError({
          code: 'token-missing',
          message: 'This needs a token. Send it as "Authorization: Bearer <token>".',
        })
      }
      const principal = await (token === undefined ? identify(cookie!, 'cookie') : byToken(token))
      if (principal) return principal
      throw new UnauthenticatedError({
        code: 'token-unknown',
        message: 'The token is not known here, has expired, or was withdrawn. Log in again, or ask for a new one.',
      })
    },
  }
}

/**
 * @throws ForbiddenError `wrong-role` where devices call what is people's or people what is devices', `not-permitted` where no
 *   role of the caller's may do it
 */
export function requirePermission(principal: Principal, permission: Permission): void {
  const granted = principal.kind === 'device' ? DEVICE_GRANTS : principal.grants
  if (granted.has(permission)) return
  const forDevices = permission === 'certificate.renew'
  if (principal.kind === 'device' || forDevices) {
    throw new ForbiddenError({
      code: 'wrong-role',
      message: `This is for ${forDevices ? 'devices' : 'operators'}, and the token is ${principal.kind === 'device' ? "a device's" : "an operator's"}.`,
    })
  }
  const { roles } = PERMISSIONS[permission]
  throw new ForbiddenError({
    code: 'not-permitted',
    message: `This needs the permission ${permission}, which ${['admin', ...roles].join(', ')} have and ${principal.name} has not.`,
  })
}
