import { createHash, randomBytes, timingSafeEqual, type X509Certificate } from 'node:crypto'
import type { Devices } from '../devices/index.ts'
import { DEVICE_GRANTS, grantsOf, PERMISSIONS, type Permission, type Principal } from '../people/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ForbiddenError, UnauthenticatedError } from '../platform/errors.ts'
import { NO_LIMIT } from '../platform/label-limit.ts'

/** Of an operator, for what is kept of who did something. */
export const nameOf = (principal: Principal | undefined): string =>
  principal?.kind === 'person' ? principal.name : 'unknown'

/** What a caller shows. */
export interface Caller {
  /** The header's value. */
  readonly authorization: string | undefined
  /** Of which the caller has proven to hold the key; nothing else is known of it. */
  readonly certificate: X509Certificate | undefined
}

export interface AccessCheck {
  /**
   * @throws UnauthenticatedError where nobody is known by what was shown; ForbiddenError `wrong-role` where devices call
   *   what is people's or people what is devices', `not-permitted` where no role of the caller's may do it.
   */
  check(caller: Caller, permission: Permission | 'public'): Promise<Principal | undefined>
}

/** By tokens: operators, and devices that have one. */
export interface AccessControl extends AccessCheck {
  /**
   * A code that one caller may exchange for an admin token, where no admin exists yet; the code before it is void.
   * Undefined where there is one.
   */
  newClaim(): Promise<string | undefined>
  /** @throws ForbiddenError `claim-unknown`. */
  claim(code: string): Promise<{ readonly token: string }>
}

interface AccessOptions {
  readonly database: Database
  readonly devices: Pick<Devices, 'deviceOf'>
  readonly clock: Clock
  /** Admin tokens that this process was given or made; never stored. */
  readonly adminTokens: readonly string[]
  /** Whether an operator has a token without claiming one. */
  readonly hasConfiguredAdmin: boolean
}

const ADMIN = grantsOf(['admin'])

export function accessControl(options: AccessOptions): AccessControl {
  const { database, devices, clock, adminTokens, hasConfiguredAdmin } = options
  const { pool } = database
  const known = adminTokens.map(digest)

  const identify = async (token: string): Promise<Principal | undefined> => {
    const hash = digest(token)
    const admin = {
      kind: 'person',
      name: `token:${hash.toString('hex', 0, 6)}`,
      grants: ADMIN,
      limit: NO_LIMIT,
    } as const
    if (known.some((one) => timingSafeEqual(one, hash))) return admin
    const { rowCount } = await pool.query('SELECT 1 FROM admin_tokens WHERE hash = $1', [hash])
    if (rowCount !== 0) return admin
    const device = await devices.deviceOf(token)
    return device === undefined ? undefined : { kind: 'device', device }
  }

  return {
    async check({ authorization }, permission) {
      if (permission === 'public') return undefined
      const token = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '')?.[1]
      if (token === undefined) {
        throw new UnauthenticatedError({
          code: 'token-missing',
          message: 'This needs a token. Send it as "Authorization: Bearer <token>".',
        })
      }
      const principal = await identify(token)
      if (!principal) {
        throw new UnauthenticatedError({
          code: 'token-unknown',
          message: 'The token is not known here, or was withdrawn. Ask an operator for a new one.',
        })
      }
      requirePermission(principal, permission)
      return principal
    },
    async newClaim() {
      if (hasConfiguredAdmin) return undefined
      const { rowCount } = await pool.query('SELECT 1 FROM admin_tokens LIMIT 1')
      if (rowCount !== 0) return undefined
      const code = newSecret()
      await pool.query('INSERT INTO admin_claim (hash) VALUES ($1) ON CONFLICT (id) DO UPDATE SET hash = $1', [
        digest(code),
      ])
      return code
    },
    async claim(code) {
      const token = newSecret()
      await database.transaction(async (client) => {
        const { rowCount } = await client.query('DELETE FROM admin_claim WHERE hash = $1', [digest(code)])
        if (rowCount === 0) {
          throw new ForbiddenError({
            code: 'claim-unknown',
            message: 'The link was used, or a later start made a newer one. Use the newest link in the log.',
          })
        }
        await client.query('INSERT INTO admin_tokens (hash, created_at) VALUES ($1, $2)', [digest(token), clock.now()])
      })
      return { token }
    },
  }
}

function requirePermission(principal: Principal, permission: Permission): void {
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

export const newSecret = () => randomBytes(32).toString('base64url')

const digest = (secret: string) => createHash('sha256').update(secret).digest()
