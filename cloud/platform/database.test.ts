import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quiet, testDatabase } from '../test/database.ts'
import { type Database, openDatabase, requireVersion } from './database.ts'

let database: Database
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

describe('database', () => {
  it('commits what a transaction did and undoes what a failed one did', async () => {
    await database.pool.query('CREATE TABLE things (n int8)')
    expect(
      await database.transaction(async (client) => {
        await client.query('INSERT INTO things VALUES (1), (2)')
        return 'done'
      }),
    ).toBe('done')
    await expect(
      database.transaction(async (client) => {
        await client.query('INSERT INTO things VALUES (3)')
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    const { rows } = await database.pool.query('SELECT n FROM things ORDER BY n')
    expect(rows).toEqual([{ n: 1 }, { n: 2 }])
  })

  it('tries a transaction again that lost a serialization race', async () => {
    await database.pool.query('CREATE TABLE counter AS SELECT 0::int8 AS n')
    let tries = 0
    const add = () =>
      database.transaction(async (client) => {
        tries++
        await client.query('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE')
        const { rows } = await client.query<{ n: number }>('SELECT n FROM counter')
        await client.query('UPDATE counter SET n = $1', [rows[0]!.n + 1])
      })
    await Promise.all([add(), add(), add()])
    expect((await database.pool.query('SELECT n FROM counter')).rows).toEqual([{ n: 3 }])
    expect(tries).toBeGreaterThanOrEqual(3)
  })

  it('fails a transaction whose connection breaks, and goes on with another', async () => {
    const broken = database.transaction(async (client) => {
      const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
      // The connection reports its end between two queries, where nobody waits for an answer.
      const ended = new Promise((resolve) => client.once('end', resolve))
      await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid])
      await ended
      await client.query('SELECT 1')
    })
    await expect(broken).rejects.toThrow()
    expect((await database.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  })

  it('says which server does not answer, without its password, and which is too old', async () => {
    const url = 'postgresql://someone:hidden@127.0.0.1:9/storecast'
    const failure = await openDatabase({ url, log: quiet }).then(
      () => expect.unreachable('it connected'),
      (error) => error,
    )
    expect(failure).toMatchObject({ code: 'database-connect', message: expect.stringContaining('someone@127.0.0.1:9') })
    expect(failure.message).not.toContain('hidden')
    expect(() => requireVersion(130_011)).toThrow(expect.objectContaining({ code: 'database-version' }))
    expect(() => requireVersion(140_000)).not.toThrow()
  })

  it('refuses an int8 that a number cannot hold', async () => {
    await expect(database.pool.query('SELECT 9007199254740993::int8')).rejects.toThrow(RangeError)
  })

  it('applies migrations in id order, once, even from two processes at once', async () => {
    const migrations = [
      { id: 102, name: 'second', sql: 'ALTER TABLE made ADD COLUMN b int' },
      { id: 101, name: 'first', sql: 'CREATE TABLE made (a int)' },
    ]
    await Promise.all([database.migrate(migrations), database.migrate(migrations)])
    await database.migrate(migrations)
    const { rows } = await database.pool.query('SELECT id, name FROM schema_migrations ORDER BY id')
    expect(rows).toEqual([
      { id: 101, name: 'first' },
      { id: 102, name: 'second' },
    ])
  })

  it('undoes a failed migration whole and says which', async () => {
    const known = [
      { id: 101, name: 'first', sql: '' },
      { id: 102, name: 'second', sql: '' },
    ]
    const broken = { id: 103, name: 'third', sql: 'CREATE TABLE half (a int); SELECT nonsense' }
    await expect(database.migrate([...known, broken])).rejects.toMatchObject({
      code: 'migration-failed',
      message: expect.stringContaining('103 (third)'),
    })
    expect((await database.pool.query("SELECT to_regclass('half') AS found")).rows).toEqual([{ found: null }])
  })

  it('refuses a database that a newer program has migrated', async () => {
    await expect(database.migrate([{ id: 101, name: 'first', sql: '' }])).rejects.toMatchObject({
      code: 'schema-newer',
    })
  })
})
