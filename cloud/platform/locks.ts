import type { PoolClient } from 'pg'

/**
 * PostgreSQL's advisory locks of all clouds on a database, each a number that no other program on the server uses. They never
 * change: clouds of two versions share them.
 */
export const LOCKS = {
  /** Held by who started an embedded server, as long as it lives. */
  owner: 7_305_000,
  /** Migrations of processes that start together. */
  migrations: 7_305_001,
  /** One writer of trust metadata at a time. */
  trust: 7_305_002,
  /** Of a key space of its own: with the digest of a table's name. */
  partitions: 7_305_002,
  /** One cloud at a time rolls up, or drops what is. */
  upkeep: 7_305_003,
  /** Entries of the audit log are chained one at a time. */
  audit: 7_305_010,
  stewardship: 7_305_014,
  alerts: 7_305_015,
  /** One cloud at a time forgets old changes. */
  changes: 7_305_018,
  /** Of a key space of its own: with the digest of who keeps views. */
  views: 7_305_019,
} as const

/** Takes a lock until the transaction ends; false where another has it. */
export async function tryLock(client: PoolClient, name: keyof typeof LOCKS): Promise<boolean> {
  const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [LOCKS[name]])
  return rows[0]!.mine
}

/** Waits for a lock, and has it until the transaction ends. */
export async function lock(client: PoolClient, name: keyof typeof LOCKS): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [LOCKS[name]])
}
