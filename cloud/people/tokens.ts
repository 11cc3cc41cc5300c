import { randomBytes } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ConflictError, NotFoundError } from '../platform/errors.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'
import { type Powers, requireNotAbove } from './limits.ts'
import type { Person } from './principal.ts'
import { digestOf, newSecret } from './secrets.ts'

/** A secret for a program, which acts for who made it. */
export interface ApiToken extends Powers {
  readonly id: string
  readonly name: string
  /** Null: of the first operator, or of the program that started the cloud. */
  readonly owner: string | null
  readonly createdAt: number
  readonly expiresAt: number | null
  /** To the minute. */
  readonly lastUsedAt: number | null
  readonly revokedAt: number | null
}

interface TokenSpec extends Powers {
  readonly name: string
  readonly expiresAt: number | null
}

export interface ApiTokens {
  /** @returns its secret, which is shown here, once. @throws ForbiddenError `beyond-own`, ConflictError `token-exists`, `tokens-too-many` */
  make(spec: TokenSpec, maker: Person): Promise<{ readonly token: ApiToken; readonly secret: string }>
  /** In order of their ids. @param owner undefined: everybody's */
  list(page: PageRequest & { readonly owner?: string | null | undefined }): Promise<Page<ApiToken>>
  /** @param owner undefined: anybody's @throws NotFoundError `token-unknown` */
  get(id: string, owner?: string | null, client?: Pick<PoolClient, 'query'>): Promise<ApiToken>
  /** Works no more, from the next call on; repeating it is fine. @throws NotFoundError `token-unknown` */
  revoke(id: string, owner?: string | null): Promise<ApiToken>
}

const SELECT = `
  SELECT t.id, t.name, u.name AS owner, t.roles, t.label_limit AS "limit", t.created_at AS "createdAt",
    t.expires_at AS "expiresAt", t.last_used_at AS "lastUsedAt", t.revoked_at AS "revokedAt"
  FROM api_tokens t LEFT JOIN users u ON u.id = t.owner`
/** Parameters: whether the owner matters, and the owner's name. */
const OWNED = (first: number) => `(NOT $${first} OR u.name IS NOT DISTINCT FROM $${first + 1})`
const owned = (owner: string | null | undefined) => [owner !== undefined, owner ?? null]

/** Tokens in force of one owner. */
const MOST = 200

export function createTokens({ database, clock }: { database: Database; clock: Clock }): ApiTokens {
  const { pool } = database
  const requireFew = async (client: PoolClient, owner: string | null) => {
    // Of two that are made at once the second counts the first.
    await client.query('SELECT 1 FROM users WHERE name = $1 FOR NO KEY UPDATE', [owner])
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(*)::int4 AS count FROM api_tokens t LEFT JOIN users u ON u.id = t.owner
       WHERE u.name IS NOT DISTINCT FROM $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)`,
      [owner, clock.now()],
    )
    if (rows[0]!.count < MOST) return
    throw new ConflictError({
      code: 'tokens-too-many',
      message: `You have ${MOST} tokens that work. Revoke those that nothing uses: GET /v1/tokens says when each was used last.`,
    })
  }
  const get: ApiTokens['get'] = async (id, owner, client: Pick<Pool | PoolClient, 'query'> = pool) => {
    const { rows } = await client.query<ApiToken>(`${SELECT} WHERE t.id = $1 AND ${OWNED(2)}`, [id, ...owned(owner)])
    return rows[0] ?? unknownToken(id)
  }
  return {
    get,
    make: async (spec, maker) => {
      requireNotAbove(spec, maker)
      const { name, roles, limit, expiresAt } = spec
      const secret = newSecret()
      const id = randomBytes(6).toString('hex')
      const token = await database.transaction(async (client) => {
        await requireFew(client, maker.user)
        const { rowCount } = await client.query(
          `INSERT INTO api_tokens (id, hash, name, owner, roles, label_limit, created_at, expires_at)
           VALUES ($1, $2, $3, (SELECT id FROM users WHERE name = $4), $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
          [id, digestOf(secret), name, maker.user, roles, limit, clock.now(), expiresAt],
        )
        if (rowCount === 1) return get(id, undefined, client)
        throw new ConflictError({
          code: 'token-exists',
          message: `You have a token named ${name} already, and its secret is not shown again. Revoke that one first.`,
        })
      })
      return { token, secret }
    },
    async list({ after = '', limit, owner }) {
      const { rows } = await pool.query<ApiToken>(`${SELECT} WHERE t.id > $1 AND ${OWNED(3)} ORDER BY t.id LIMIT $2`, [
        after,
        limit + 1,
        ...owned(owner),
      ])
      return toPage(rows, limit, ({ id }) => id)
    },
    revoke: (id, owner) =>
      database.transaction(async (client) => {
        await get(id, owner, client)
        await client.query('UPDATE api_tokens SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1', [
          id,
          clock.now(),
        ])
        return get(id, owner, client)
      }),
  }
}

function unknownToken(id: string): never {
  throw new NotFoundError({ code: 'token-unknown', message: `There is no token ${id}. GET /v1/tokens lists them.` })
}
