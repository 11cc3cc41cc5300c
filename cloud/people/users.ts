import type { PoolClient } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ConflictError, NotFoundError } from '../platform/errors.ts'
import type { LabelLimit } from '../platform/label-limit.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'
import type { Powers } from './limits.ts'
import { hashPassword } from './password.ts'

export interface User extends Powers {
  readonly name: string
  /** How the person gets in: by a password kept here, or by a provider who vouches for them. */
  readonly origin: 'local' | 'oidc'
  /** At the provider, `issuer#subject`. */
  readonly subject: string | null
  readonly createdAt: number
  readonly disabledAt: number | null
}

interface UserChange {
  readonly roles?: Powers['roles'] | undefined
  readonly limit?: LabelLimit | undefined
  readonly disabled?: boolean | undefined
  readonly password?: string | undefined
}

/** Somebody whom a provider vouches for, as its token says now. */
export interface Vouched extends Powers {
  readonly issuer: string
  readonly subject: string
  /** What the person is called there. */
  readonly name: string
}

export interface Users {
  /** @throws ConflictError `user-exists` */
  add(user: Powers & { readonly name: string; readonly password?: string | undefined }): Promise<User>
  /** @throws NotFoundError `user-unknown` */
  get(name: string, client?: Pick<PoolClient, 'query'>): Promise<User>
  /** By name. */
  list(page: PageRequest): Promise<Page<User>>
  /**
   * What goes away takes effect with the next call; a new password, or being disabled, ends every session.
   * @throws NotFoundError `user-unknown`, ConflictError `user-vouched` for roles, limit or password of somebody whose
   *   provider says them
   */
  change(name: string, change: UserChange): Promise<User>
  /**
   * Who a provider vouches for; added when they come first, with the roles and limit of now, and under another name where theirs
   * is somebody else's.
   */
  vouch(client: PoolClient, person: Vouched): Promise<{ readonly id: number; readonly user: User }>
}

const SELECT = `
  SELECT name, roles, label_limit AS "limit", CASE WHEN issuer IS NULL THEN 'local' ELSE 'oidc' END AS origin,
    issuer || '#' || subject AS subject, created_at AS "createdAt", disabled_at AS "disabledAt"
  FROM users`

export function createUsers({ database, clock }: { database: Database; clock: Clock }): Users {
  const { pool } = database
  const get = async (name: string, client: Pick<PoolClient, 'query'> = pool): Promise<User> => {
    const { rows } = await client.query<User>(`${SELECT} WHERE name = $1`, [name])
    return rows[0] ?? unknownUser(name)
  }
  return {
    get,
    async add({ name, password, roles, limit }) {
      const kept = password === undefined ? null : await hashPassword(password)
      return database.transaction(async (client) => {
        const { rowCount } = await client.query(
          `INSERT INTO users (name, roles, label_limit, password, created_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (name) DO NOTHING`,
          [name, roles, limit, kept, clock.now()],
        )
        if (rowCount === 1) return get(name, client)
        return userExists(name)
      })
    },
    async list({ after = '', limit }) {
      const { rows } = await pool.query<User>(`${SELECT} WHERE name > $1 ORDER BY name LIMIT $2`, [after, limit + 1])
      return toPage(rows, limit, ({ name }) => name)
    },
    async change(name, { roles, limit, password, disabled }) {
      const kept = password === undefined ? null : await hashPassword(password)
      return database.transaction(async (client) => {
        const { origin } = await get(name, client)
        if (origin === 'oidc' && (roles ?? limit ?? password) !== undefined) {
          throw new ConflictError({
            code: 'user-vouched',
            message: `Roles, limit and password of ${name} are said by the provider at every login. Change them there.`,
          })
        }
        const { rows } = await client.query<{ id: number }>(
          `UPDATE users SET roles = coalesce($2, roles), label_limit = coalesce($3, label_limit),
             password = coalesce($4, password),
             disabled_at = CASE WHEN $5 THEN coalesce(disabled_at, $6) WHEN NOT $5 THEN NULL ELSE disabled_at END
           WHERE name = $1 RETURNING id`,
          [name, roles ?? null, limit ?? null, kept, disabled ?? null, clock.now()],
        )
        if (kept !== null || disabled) await client.query('DELETE FROM sessions WHERE owner = $1', [rows[0]!.id])
        return get(name, client)
      })
    },
    async vouch(client, { issuer, subject, name, roles, limit }) {
      const known = async () => {
        const { rows } = await client.query<{ id: number; name: string }>(
          'UPDATE users SET roles = $3, label_limit = $4 WHERE issuer = $1 AND subject = $2 RETURNING id, name',
          [issuer, subject, roles, limit],
        )
        return rows[0] && { id: rows[0].id, user: await get(rows[0].name, client) }
      }
      // Names are the people's own to choose at a provider; issuer and subject are not.
      for (const free of [name, `${name}#${subject}`, `${name}#${issuer}#${subject}`]) {
        const found = await known()
        if (found) return found
        // At the same moment the name may be given to another, or the same person come twice: whoever is first is waited for.
        const { rows } = await client.query<{ id: number }>(
          `INSERT INTO users (name, roles, label_limit, issuer, subject, created_at) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT DO NOTHING RETURNING id`,
          [free, roles, limit, issuer, subject, clock.now()],
        )
        if (rows[0]) return { id: rows[0].id, user: await get(free, client) }
      }
      return (await known()) ?? userExists(name)
    },
  }
}

function userExists(name: string): never {
  throw new ConflictError({
    code: 'user-exists',
    message: `There is a user ${name} already. Change that one, or choose another name.`,
  })
}

function unknownUser(name: string): never {
  throw new NotFoundError({ code: 'user-unknown', message: `There is no user ${name}. GET /v1/users lists them.` })
}
