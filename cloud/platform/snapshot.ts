import type { PoolClient } from 'pg'
import type { Database } from './database.ts'

/** Reads by several questions what the database has at one moment. */
export const snapshot = <T>(database: Database, work: (client: PoolClient) => Promise<T>): Promise<T> =>
  database.transaction(async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY')
    return work(client)
  })
