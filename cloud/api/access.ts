import { createHash, randomBytes, timingSafeEqual, type X509Certificate } from 'node:crypto'
import type { Devices } from '../devices/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ForbiddenError, UnauthenticatedError } from '../platform/errors.ts'

/** Who a request comes from. */
export type Principal =
  /** `id` tells tokens apart in the audit log, and is of no use to get in. */
  { readonly role: 'admin'; readonly id: string } | { readonly role: 'device'; readonly device: string }

/** Of an operator, for what is kept of who did something. */
export const nameOf = (principal: Principal | undefined): string =>
  principal?.role === 'admin' ? principal.id : 'unknown'

/** Who may call a route; `public` asks for nothing, `renewal` is for a device whose certificate may have expired. */
export type Access = 'public' | 'admin' | 'device' | 'any' | 'renewal'

/** What a caller shows. */
export interface Caller {
  /** The header's value. */
  readonly authorization: string | undefined
  /** Of which the caller has proven to hold the key; nothing else is known of it. */
  readonly certificate: X509Certificate | undefined
}

export interface AccessCheck {
  /** @throws UnauthenticatedError where nobody is known by what was shown; ForbiddenError `wrong-role`. */
  check(caller: Caller, access: Access): Promise<Principal | undefined>
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

export function accessControl(options: AccessOptions): AccessControl {
  const { database, devices, clock, adminTokens, hasConfiguredAdmin } = options
  const { pool } = database
  const known = adminTokens.map(digest)

  const identify = async (token: string): Promise<Principal | undefined> => {
    const hash = digest(token)
    const admin = { role: 'admin', id: `token:${hash.toString('hex', 0, 6)}` } as const
    if (known.some((one) => timingSafeEqual(one, hash))) return admin
    const { rowCount } = await pool.query('SELECT 1 FROM admin_tokens WHERE hash = $1', [hash])
    if (rowCount !== 0) return admin
    const device = await devices.deviceOf(token)
    return device === undefined ? undefined : { role: 'device', device }
  }

  return {
    async check({ authorization }, access) {
      if (access === 'public') return undefined
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
      if (access === 'any' || access === principal.role) return principal
      throw new ForbiddenError({
        code: 'wrong-role',
        message: `This is for ${access === 'admin' ? 'operators' : 'devices'}, and the token is ${principal.role === 'admin' ? "an operator's" : "a device's"}.`,
      })
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

export const newSecret = () => randomBytes(32).toString('base64url')

const digest = (secret: string) => createHash('sha256').update(secret).digest()
