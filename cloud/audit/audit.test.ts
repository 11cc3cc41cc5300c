import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../platform/database.ts'
import { ForbiddenError } from '../platform/errors.ts'
import { testDatabase } from '../test/database.ts'
import type { AuditLog, Call } from './audit.ts'
import { checkChain } from './chain.ts'
import { auditMigrations, createAudit } from './index.ts'

const stack = new AsyncDisposableStack()
afterAll(() => stack.disposeAsync())

let opened: Database
let audit: AuditLog
let now = 1000
beforeEach(async () => {
  opened ??= stack.use(
    await testDatabase([
      ...auditMigrations,
      { id: 1, name: 'things', sql: 'CREATE TABLE things (name text PRIMARY KEY)' },
    ]),
  )
  await unguarded('TRUNCATE audit_log; TRUNCATE things')
  audit = createAudit({ database: opened, clock: { now: () => now++ } })
})

/** As someone does who has the database's own password and turns the trigger off. */
const unguarded = (sql: string) =>
  opened.pool.query(`ALTER TABLE audit_log DISABLE TRIGGER USER; ${sql}; ALTER TABLE audit_log ENABLE TRIGGER USER`)

const call = (more: Partial<Call> = {}): Call => ({
  actor: { kind: 'operator', id: 'token:1' },
  action: 'POST /v1/things',
  subject: '/v1/things',
  state: async (client) => (await client.query('SELECT name FROM things ORDER BY name')).rows.map((row) => row.name),
  ...more,
})
const insert = (name: string) =>
  audit.database.transaction((client) => client.query('INSERT INTO things VALUES ($1)', [name]))
const entries = async () => (await audit.list({ limit: 500, order: 'oldest' })).items
const check = async (kept?: string) => {
  const chain = checkChain(kept)
  for (const row of await entries()) chain.next(row)
  return chain.end()
}

describe('a recorded call', () => {
  it('leaves who, what, before, after and the decision, in its own transaction', async () => {
    await audit.recorded(call({ request: { body: { name: 'a' } } }), () => insert('a'))
    expect((await entries()).map(({ entry }) => entry)).toEqual([
      {
        format: 1,
        number: 1,
        previous: '0'.repeat(64),
        at: expect.any(Number),
        actor: { kind: 'operator', id: 'token:1' },
        action: 'POST /v1/things',
        subject: '/v1/things',
        request: { body: { name: 'a' } },
        decision: 'allowed',
        before: [],
        after: ['a'],
      },
    ])
  })

  it('is undone where its entry cannot be written', async () => {
    await unguarded('ALTER TABLE audit_log ADD CONSTRAINT full_up CHECK (number < 1)')
    await expect(audit.recorded(call(), () => insert('a'))).rejects.toThrow()
    await unguarded('ALTER TABLE audit_log DROP CONSTRAINT full_up')
    expect((await opened.pool.query('SELECT 1 FROM things')).rowCount).toBe(0)
  })

  it('leaves an entry where it fails, is denied, or changes nothing in the database', async () => {
    const denied = new ForbiddenError({ code: 'not-you', message: 'Ask someone else.' })
    await expect(audit.recorded(call(), () => Promise.reject(denied))).rejects.toBe(denied)
    await expect(audit.recorded(call(), () => Promise.reject(new Error('inside')))).rejects.toThrow('inside')
    await audit.recorded(call(), async () => 'done')
    expect((await entries()).map(({ entry: { decision, code, message } }) => [decision, code, message])).toEqual([
      ['denied', 'not-you', 'Ask someone else.'],
      ['failed', 'internal', undefined],
      ['allowed', undefined, undefined],
    ])
  })

  it('that fails after it changed something leaves both', async () => {
    const work = async () => {
      await insert('a')
      throw new Error('too late')
    }
    await expect(audit.recorded(call(), work)).rejects.toThrow('too late')
    expect((await entries()).map(({ entry: { decision, after } }) => [decision, after])).toEqual([
      ['allowed', ['a']],
      ['failed', undefined],
    ])
  })

  it('keeps one chain, however many come at once', async () => {
    await Promise.all(Array.from({ length: 30 }, (_, n) => audit.recorded(call(), () => insert(`t${n}`))))
    expect((await entries()).map((row) => row.number)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1))
    expect(await check()).toEqual({ head: await audit.head(), damage: [] })
  })

  it('takes no policy’s word that comes when it is over: that is an entry of its own', async () => {
    const said = {
      policy: 'late',
      sha256: 'a'.repeat(64),
      gate: 'register',
      verdict: 'deny',
      messages: [],
      inputs: {},
    } as const
    let later: Promise<void> | undefined
    const over = Promise.withResolvers<void>()
    await audit.recorded(call(), async () => {
      later = over.promise.then(() => audit.note(said))
    })
    over.resolve()
    await later
    expect(
      (await entries()).map(({ entry: { subject, decision, policies } }) => [subject, decision, policies]),
    ).toEqual([
      ['/v1/things', 'allowed', undefined],
      ['late', 'denied', [said]],
    ])
  })

  it('does not give its entry to what goes on after it', async () => {
    let later: Promise<unknown> | undefined
    await audit.recorded(call({ action: 'first' }), async () => {
      await insert('a')
      later = insert('b')
    })
    await later
    expect((await entries()).map(({ entry }) => entry.action)).toEqual(['first'])
  })
})

it('gives refusals of unknown callers so many entries a minute, and counts the others', async () => {
  now = 600_000
  const refused = { actor: { kind: 'unknown', id: 'unknown' }, action: 'x', subject: 'x', decision: 'denied' } as const
  for (let n = 0; n < 100; n++) await audit.append(refused)
  expect(await entries()).toHaveLength(60)
  now += 60_000
  await audit.append(refused)
  expect((await entries()).at(-1)!.entry.unrecorded).toBe(40)
})

describe('the log', () => {
  const fill = async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await audit.recorded(call(), () => insert(name))
  }

  it.each([
    "UPDATE audit_log SET entry = '{}'",
    'DELETE FROM audit_log WHERE number = 1',
    'DELETE FROM audit_log WHERE number = 99',
    'TRUNCATE audit_log',
  ])('refuses %s', async (sql) => {
    await fill()
    await expect(opened.pool.query(sql)).rejects.toThrow(/append-only/)
    expect(await check()).toMatchObject({ head: { number: 5 }, damage: [] })
  })

  const swap = (a: number, b: number) =>
    `UPDATE audit_log SET number = number + 100 WHERE number IN (${a}, ${b});
     UPDATE audit_log SET number = ${a + b} - (number - 100) WHERE number > 100`
  const change = `jsonb_set(entry::jsonb, '{actor,id}', '"token:2"')::json`
  it.each([
    ['a changed entry', `UPDATE audit_log SET entry = ${change} WHERE number = 3`, [['changed', 3]]],
    ['a removed entry', 'DELETE FROM audit_log WHERE number = 3', [['removed', 3]]],
    ['a removed first entry', 'DELETE FROM audit_log WHERE number = 1', [['removed', 1]]],
    [
      'reordered entries',
      swap(2, 4),
      [
        ['reordered', 2],
        ['rewritten', 2],
        ['reordered', 4],
        ['rewritten', 4],
      ],
    ],
  ])('shows %s, with its number', async (_what, sql, damage) => {
    await fill()
    await unguarded(sql)
    const found = (await check()).damage
    for (const [kind, number] of damage) expect(found).toContainEqual(expect.objectContaining({ kind, number }))
  })

  it('shows an entry that was changed together with its hash', async () => {
    await fill()
    const { entryHash } = await import('./chain.ts')
    const { entry } = (await entries())[2]!
    const forged = { ...entry, decision: 'denied' }
    await unguarded(
      `UPDATE audit_log SET entry = '${JSON.stringify(forged)}', hash = decode('${entryHash(forged)}', 'hex') WHERE number = 3`,
    )
    expect((await check()).damage).toEqual([expect.objectContaining({ kind: 'rewritten', number: 3 })])
  })

  it('shows a cut tail against a head that was kept elsewhere, and only then', async () => {
    await fill()
    const { hash } = await audit.head()
    await insert('silent')
    expect((await check(hash)).damage).toEqual([])
    await unguarded('DELETE FROM audit_log WHERE number > 3')
    expect((await check()).damage).toEqual([])
    expect((await check(hash)).damage).toEqual([
      { kind: 'cut', number: 4, message: expect.stringContaining('ends with entry 3') },
    ])
  })
})
