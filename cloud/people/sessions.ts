import type { PoolClient } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { RateLimitedError, UnauthenticatedError } from '../platform/errors.ts'
import { createLimiter } from '../platform/limiter.ts'
import { isPassword } from './password.ts'
import { digestOf, newSecret } from './secrets.ts'
import type { Users, Vouched } from './users.ts'

/** `bearer` is the command line's, `cookie` a browser's: one opens nothing where the other is asked for. */
export type SessionKind = 'bearer' | 'cookie'

export interface Session {
  /** Shown once. */
  readonly secret: string
  readonly user: string
  readonly expiresAt: number
}

export interface Sessions {
  /**
   * @param from the caller's address, for the limit on attempts
   * @throws UnauthenticatedError `password-wrong`, the same for a user who is not there; RateLimitedError `login-too-often`
   */
  begin(login: { name: string; password: string; kind: SessionKind; from: string }): Promise<Session>
  /** For somebody whom a provider vouches for. @throws UnauthenticatedError `user-disabled` */
  vouched(client: PoolClient, person: Vouched, kind: SessionKind): Promise<Session>
  end(secret: string): Promise<void>
}

const HOUR = 3_600_000
const LIFE: Readonly<Record<SessionKind, number>> = { bearer: 12 * HOUR, cookie: 12 * HOUR }

/** Attempts in five minutes: by one address at one name, by an address, and at a name by everybody. */
const SPAN_MS = 300_000
const ATTEMPTS = { pair: 10, address: 60, name: 200 }

export function createSessions(options: { database: Database; clock: Clock; users: Users }): Sessions {
  const { database, clock, users } = options
  const limiter = (attempts: number) => createLimiter({ attempts, spanMs: SPAN_MS, now: clock.now })
  const limiters = { pair: limiter(ATTEMPTS.pair), address: limiter(ATTEMPTS.address), name: limiter(ATTEMPTS.name) }

  const open = async (client: PoolClient, owner: { id: number; name: string }, kind: SessionKind): Promise<Session> => {
    const secret = newSecret()
    const now = clock.now()
    const expiresAt = now + LIFE[kind]
    await client.query('DELETE FROM sessions WHERE expires_at <= $1', [now])
    await client.query('INSERT INTO sessions (hash, owner, kind, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)', [
      digestOf(secret),
      owner.id,
      kind,
      now,
      expiresAt,
    ])
    return { secret, user: owner.name, expiresAt }
  }

  return {
    async begin({ name, password, kind, from }) {
      // What is turned away counts no further: one address shuts nobody else out of a name.
      if (!limiters.address.take(from) || !limiters.pair.take(`${from} ${name}`) || !limiters.name.take(name)) {
        throw new RateLimitedError({
          code: 'login-too-often',
          message: 'Too many attempts to log in. Wait for five minutes; an admin can set a new password.',
        })
      }
      const { rows } = await database.pool.query<{ id: number; password: string | null }>(
        'SELECT id, password FROM users WHERE name = $1',
        [name],
      )
      const [user] = rows
      const right = await isPassword(password, user?.password ?? null)
      if (!user || !right) throw wrongPassword()
      return database.transaction(async (client) => {
        // A password takes a while to check: one that was changed meanwhile, with every session ended, opens none.
        const { rowCount } = await client.query(
          'SELECT 1 FROM users WHERE id = $1 AND password = $2 AND disabled_at IS NULL FOR SHARE',
          [user.id, user.password],
        )
        if (rowCount === 0) throw wrongPassword()
        return open(client, { id: user.id, name }, kind)
      })
    },
    async vouched(client, person, kind) {
      const { id, user } = await users.vouch(client, person)
      if (user.disabledAt === null) return open(client, { id, name: user.name }, kind)
      throw new UnauthenticatedError({
        code: 'user-disabled',
        message: `The account of ${user.name} was disabled here. Ask an admin.`,
      })
    },
    end: (secret) =>
      database.transaction(async (client) => {
        await client.query('DELETE FROM sessions WHERE hash = $1', [digestOf(secret)])
      }),
  }
}

const wrongPassword = () =>
  new UnauthenticatedError({
    code: 'password-wrong',
    message: 'Name and password do not belong to an account that is open here. Check both, or ask an admin.',
  })
