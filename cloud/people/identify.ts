import type { Pool } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { LabelLimit } from '../platform/label-limit.ts'
import { type Powers, powersOf } from './limits.ts'
import { grantsOf, type Role } from './permissions.ts'
import type { Person } from './principal.ts'
import { digestOf } from './secrets.ts'
import type { SessionKind } from './sessions.ts'

interface Found {
  readonly name: string | null
  readonly roles: Role[] | null
  readonly limit: LabelLimit | null
  readonly subject: string | null
}
interface FoundToken extends Found {
  readonly id: string
  readonly token: string
  readonly tokenRoles: Role[]
  readonly tokenLimit: LabelLimit
  readonly stale: boolean
}

const OWNER = `u.name, u.roles, u.label_limit AS "limit", u.issuer || '#' || u.subject AS subject`
const USED_EVERY_MS = 60_000

/** Who shows a session's secret or an API token; undefined for anything that opens nothing, or no more. */
export type Identify = (secret: string, kind: SessionKind) => Promise<Person | undefined>

export function identifier({ pool, clock }: { pool: Pool; clock: Clock }): Identify {
  const bySession = async (hash: Buffer, kind: SessionKind): Promise<Person | undefined> => {
    const { rows } = await pool.query<Found & { name: string; roles: Role[]; limit: LabelLimit }>(
      `SELECT ${OWNER} FROM sessions s JOIN users u ON u.id = s.owner
       WHERE s.hash = $1 AND s.kind = $2 AND s.expires_at > $3 AND u.disabled_at IS NULL`,
      [hash, kind, clock.now()],
    )
    const [found] = rows
    if (!found) return undefined
    const { name, roles, limit, subject } = found
    return { kind: 'person', name, user: name, grants: grantsOf(roles), limit, ...(subject !== null && { subject }) }
  }
  const byToken = async (hash: Buffer): Promise<Person | undefined> => {
    const now = clock.now()
    const { rows } = await pool.query<FoundToken>(
      `SELECT t.id, t.name AS token, t.roles AS "tokenRoles", t.label_limit AS "tokenLimit", ${OWNER},
         coalesce(t.last_used_at, 0) <= $3 AS stale
       FROM api_tokens t LEFT JOIN users u ON u.id = t.owner
       WHERE t.hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2) AND u.disabled_at IS NULL`,
      [hash, now, now - USED_EVERY_MS],
    )
    const [found] = rows
    if (!found) return undefined
    const { id, token, tokenRoles, tokenLimit, name, roles, limit, subject, stale } = found
    const owner: Powers | undefined = roles && limit ? { roles, limit } : undefined
    const powers = powersOf({ roles: tokenRoles, limit: tokenLimit }, owner)
    if (!powers) return undefined
    if (stale) await pool.query('UPDATE api_tokens SET last_used_at = $2 WHERE id = $1', [id, now])
    return {
      ...{ kind: 'person', name: name ?? `token:${id}`, user: name, token, ...powers },
      ...(subject !== null && { subject }),
    }
  }
  return async (secret, kind) => {
    const hash = digestOf(secret)
    return (await bySession(hash, kind)) ?? (kind === 'bearer' ? byToken(hash) : undefined)
  }
}
