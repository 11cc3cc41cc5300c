import pg from 'pg'
import { SetupError, type UnavailableError } from './errors.ts'
import type { Log } from './log.ts'
import { type Migration, migrate } from './migrations.ts'
import { startPostgres } from './postgres.ts'

export type { Migration } from './migrations.ts'

export type DatabaseConfig =
  /** A server, `postgresql://user:password@host/database`. */
  | { readonly url: string }
  /** Our own, as a child process, with its cluster in this folder. */
  | { readonly embedded: string; readonly settings?: Readonly<Record<string, string>> }

export interface Database extends AsyncDisposable {
  readonly pool: pg.Pool
  /** For other clients of the same database. */
  readonly url: string
  /**
   * Runs `work` in one transaction on one connection. A deadlock or serialization failure is tried again (5 times in
   * all), so that `work` must not do anything outside the transaction that cannot be done twice.
   */
  transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T>
  /** Applies missing migrations, in id order, one process at a time. */
  migrate(migrations: readonly Migration[]): Promise<void>
  /** Resolves when an embedded server ends without having been asked to; never for an external one. */
  readonly lost: Promise<UnavailableError>
}

/** Connects to PostgreSQL, or starts ours first. `int8` columns come as numbers (they must fit 2^53). */
export async function openDatabase(config: DatabaseConfig & { readonly log: Log }): Promise<Database> {
  await using stack = new AsyncDisposableStack()
  const server = 'embedded' in config ? stack.use(await startPostgres({ directory: config.embedded, ...config })) : null
  const url = 'url' in config ? config.url : server!.url
  const pool = new pg.Pool({ connectionString: url, max: 20, types: { getTypeParser } })
  // The pool listens to idle connections only. One that breaks in use fails its query, or the next; without a listener of
  // its own it would end the process first.
  pool.on('connect', (client) => client.on('error', (error) => config.log.debug({ error }, 'a connection broke')))
  // An idle connection that breaks is dropped by the pool; the next query opens another.
  pool.on('error', (error) => config.log.warn({ error }, 'an idle database connection broke'))
  stack.defer(() => pool.end())
  try {
    const { rows } = await pool.query<{ version: number }>(
      "SELECT current_setting('server_version_num')::int4 AS version",
    )
    requireVersion(rows[0]!.version)
  } catch (cause) {
    if (cause instanceof SetupError) throw cause
    throw new SetupError({
      code: 'database-connect',
      message: `Cannot use the database at ${withoutPassword(url)}: ${(cause as Error).message || (cause as { code?: string }).code}. Check DATABASE_URL and that the server runs.`,
      cause,
    })
  }
  const owned = stack.move()
  return {
    pool,
    url,
    lost: server?.lost ?? new Promise(() => {}),
    transaction: (work) => transaction(pool, work),
    migrate: (migrations) => migrate(pool, migrations),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** `int8multirange` is of PostgreSQL 14. */
const OLDEST = 14

/** @param version as `server_version_num` gives it: 180004 is 18.4. */
export function requireVersion(version: number): void {
  const major = Math.floor(version / 10_000)
  if (major >= OLDEST) return
  throw new SetupError({
    code: 'database-version',
    message: `DATABASE_URL names a PostgreSQL ${major}; Storecast needs ${OLDEST} or later. Upgrade the server, or leave DATABASE_URL out to use the one that comes with Storecast.`,
  })
}

const RETRIED = new Set(['40001', '40P01'])

async function transaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const client = await pool.connect()
    let broken: Error | undefined
    try {
      await client.query('BEGIN')
      const result = await work(client)
      await client.query('COMMIT')
      return result
    } catch (error) {
      try {
        await client.query('ROLLBACK')
      } catch (rollback) {
        broken = rollback as Error
      }
      if (attempt < 5 && RETRIED.has((error as { code?: string }).code ?? '')) continue
      throw error
    } finally {
      client.release(broken)
    }
  }
}

const INT8 = 20

/** `pg` gives int8 as text, since it may pass 2^53; ours are times, counts and sums below that. */
const getTypeParser = ((oid: number, format?: 'text' | 'binary') => {
  if (oid !== INT8 || format === 'binary') return pg.types.getTypeParser(oid, format as 'text')
  return (text: string) => {
    const value = Number(text)
    if (!Number.isSafeInteger(value)) throw new RangeError(`int8 ${text} does not fit a number`)
    return value
  }
}) as typeof pg.types.getTypeParser

function withoutPassword(url: string): string {
  try {
    const parsed = new URL(url)
    parsed.password = ''
    return parsed.href
  } catch {
    return '(not a URL)'
  }
}
