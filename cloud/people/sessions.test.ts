import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { apiMigrations } from '../api/migrations.ts'
import type { Database } from '../platform/database.ts'
import { testDatabase } from '../test/database.ts'
import { peopleMigrations } from './migrations.ts'
import { createSessions } from './sessions.ts'
import { createUsers } from './users.ts'

const now = Date.UTC(2026, 0, 1)
const clock = { now: () => now }
const POWERS = { roles: ['viewer' as const], limit: {} }
let database: Database
beforeAll(async () => {
  database = await testDatabase([...apiMigrations, ...peopleMigrations])
})
afterAll(() => database[Symbol.asyncDispose]())

const attempt = { kind: 'bearer', password: 'password of anna' } as const

it('somebody who guesses shuts nobody else out of the name', async () => {
  const users = createUsers({ database, clock })
  const sessions = createSessions({ database, clock, users })
  await users.add({ name: 'anna', password: 'password of anna', ...POWERS })
  const refused: string[] = []
  for (let n = 0; n < 300; n++) {
    await sessions
      .begin({ ...attempt, name: 'anna', password: 'a guess', from: '192.0.2.1' })
      .catch((error) => refused.push(error.code))
  }
  expect(Map.groupBy(refused, (code) => code).get('password-wrong')).toHaveLength(10)
  expect(refused).toHaveLength(300)
  expect(await sessions.begin({ ...attempt, name: 'anna', from: '192.0.2.2' })).toMatchObject({ user: 'anna' })
})

it('a password that is changed while it is checked opens nothing', async () => {
  const users = createUsers({ database, clock })
  await users.add({ name: 'bob', password: 'password of anna', ...POWERS })
  const late: Database = {
    ...database,
    async transaction(work) {
      await users.change('bob', { password: 'another password' })
      return database.transaction(work)
    },
  }
  const sessions = createSessions({ database: late, clock, users })
  await expect(sessions.begin({ ...attempt, name: 'bob', from: '192.0.2.3' })).rejects.toMatchObject({
    code: 'password-wrong',
  })
  expect(
    (await database.pool.query('SELECT 1 FROM sessions s JOIN users u ON u.id = s.owner WHERE u.name = $1', ['bob']))
      .rowCount,
  ).toBe(0)
})

/** Until a statement waits for what another transaction has not committed. */
const waits = () =>
  vi.waitFor(async () => {
    const waiting = await database.pool.query('SELECT 1 FROM pg_locks WHERE NOT granted')
    expect(waiting.rowCount).toBeGreaterThan(0)
  }, 20_000)

it('somebody whom a provider vouches for twice at once is one user', async () => {
  const users = createUsers({ database, clock })
  const person = { issuer: 'https://id.example', subject: '7', name: 'carla', ...POWERS }
  const first = await database.pool.connect()
  await first.query('BEGIN')
  const one = await users.vouch(first, person)
  const other = database.transaction((client) => users.vouch(client, { ...person, roles: ['operator'] }))
  await waits()
  await first.query('COMMIT')
  first.release()
  expect(await other).toMatchObject({ id: one.id, user: { name: 'carla', roles: ['operator'] } })
})

it('somebody whom a provider vouches for is another than who gets their name at the same moment', async () => {
  const users = createUsers({ database, clock })
  const person = { issuer: 'https://id.example', subject: '8', name: 'dora', ...POWERS }
  const local = await database.pool.connect()
  await local.query('BEGIN')
  await local.query(
    `INSERT INTO users (name, roles, label_limit, created_at) VALUES ('dora', '{viewer}', '{}', 0), ('dora#8', '{viewer}', '{}', 0)`,
  )
  const vouched = database.transaction((client) => users.vouch(client, person))
  await waits()
  await local.query('COMMIT')
  local.release()
  const { id, user } = await vouched
  expect(user).toMatchObject({ name: 'dora#https://id.example#8', origin: 'oidc', subject: 'https://id.example#8' })
  expect(await users.get('dora')).toMatchObject({ origin: 'local' })
  // From now on they are known, whatever they are called.
  expect(await database.transaction((client) => users.vouch(client, { ...person, name: 'Dora' }))).toMatchObject({ id })
})
