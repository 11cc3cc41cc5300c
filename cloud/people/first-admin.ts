import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ForbiddenError } from '../platform/errors.ts'
import { digestOf, newSecret } from './secrets.ts'

/** How the first operator of a cloud gets in. */
export interface FirstAdmin {
  /**
   * A code that one caller may exchange for an admin token, where no admin exists yet; the code before it is void.
   * Undefined where there is one.
   */
  newClaim(): Promise<string | undefined>
  /** @throws ForbiddenError `claim-unknown`. */
  claim(code: string): Promise<{ readonly token: string }>
}

interface FirstAdminOptions {
  readonly database: Database
  readonly clock: Clock
  /** Whether an operator has a token without claiming one. */
  readonly hasConfigured: boolean
}

export function firstAdmin({ database, clock, hasConfigured }: FirstAdminOptions): FirstAdmin {
  const { pool } = database
  return {
    async newClaim() {
      if (hasConfigured) return undefined
      const { rows } = await pool.query(
        `SELECT 1 WHERE EXISTS (SELECT 1 FROM users WHERE 'admin' = ANY(roles) AND disabled_at IS NULL)
           OR EXISTS (SELECT 1 FROM api_tokens WHERE owner IS NULL AND 'admin' = ANY(roles) AND revoked_at IS NULL
             AND expires_at IS NULL)`,
      )
      if (rows.length > 0) return undefined
      const code = newSecret()
      await pool.query('INSERT INTO admin_claim (hash) VALUES ($1) ON CONFLICT (id) DO UPDATE SET hash = $1', [
        digestOf(code),
      ])
      return code
    },
    async claim(code) {
      const token = newSecret()
      const hash = digestOf(token)
      const id = hash.toString('hex', 0, 6)
      await database.transaction(async (client) => {
        const { rowCount } = await client.query('DELETE FROM admin_claim WHERE hash = $1', [digestOf(code)])
        if (rowCount === 0) {
          throw new ForbiddenError({
            code: 'claim-unknown',
            message: 'The link was used, or a later start made a newer one. Use the newest link in the log.',
          })
        }
        await client.query(
          `INSERT INTO api_tokens (id, hash, name, roles, label_limit, created_at) VALUES ($1, $2, $3, '{admin}', '{}', $4)`,
          [id, hash, `first-operator-${id}`, clock.now()],
        )
      })
      return { token }
    },
  }
}
