import type { PoolClient } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Database } from '../platform/database.ts'
import { quiet, testDatabase } from '../test/database.ts'
import { type Feed, type Heed, startFeed } from './feed.ts'
import { beginHistoryAnew, forget } from './history.ts'

let database: Database
beforeAll(async () => {
  // The log alone, as `changes` has it, without the tables that it watches.
  database = await testDatabase([
    {
      id: 1,
      name: 'the log',
      sql: `CREATE TABLE sites (id text PRIMARY KEY, labels jsonb NOT NULL);
        CREATE TABLE changes (transaction xid8 NOT NULL DEFAULT pg_current_xact_id(), kind text NOT NULL, key text NOT NULL,
          site text, at timestamptz NOT NULL DEFAULT now());
        CREATE TABLE change_history (id int4 PRIMARY KEY DEFAULT 1, incarnation text NOT NULL, floor xid8 NOT NULL)`,
    },
  ])
}, 30_000)
afterAll(() => database[Symbol.asyncDispose]())

let feed: Feed
beforeEach(async () => {
  feed = await startFeed({ database, log: quiet, everyMs: 10 })
})
afterEach(() => feed[Symbol.asyncDispose]())

const note = (client: Pick<PoolClient, 'query'>, key: string) =>
  client.query("INSERT INTO changes (kind, key) VALUES ('device', $1)", [key])

/** The feed may be at it by itself, and has the lock then. */
const forgetAll = () =>
  vi.waitFor(async () => {
    await forget(database, -1000)
    expect((await database.pool.query('SELECT 1 FROM changes')).rowCount).toBe(0)
  })

/** A transaction that stays open. */
async function begin(key: string): Promise<{ commit(): Promise<void> }> {
  const client = await database.pool.connect()
  await client.query('BEGIN')
  await note(client, key)
  return {
    async commit() {
      await client.query('COMMIT')
      client.release()
    },
  }
}

interface Ear {
  readonly heard: string[]
  readonly heeds: Heed[]
  readonly resets: () => number
  position(): string
  end(): void
}

async function listen(since?: string, from: Feed = feed): Promise<Ear> {
  const heeds: Heed[] = []
  const heard: string[] = []
  const take = (heed: Heed) => {
    heeds.push(heed)
    if (heed.changes !== 'reset') heard.push(...heed.changes.map(({ key }) => key))
  }
  const watching = await from.watch({ since, take, onEnd() {} })
  return { heard, heeds, resets: () => heeds.filter(({ changes }) => changes === 'reset').length, ...watching }
}

describe('who watches', () => {
  it('hears of what commits from then on, and of nothing before', async () => {
    await note(database.pool, 'before')
    const ear = await listen()
    await note(database.pool, 'after')
    await vi.waitFor(() => expect(ear.heard).toEqual(['after']))
  })

  it('misses nothing that commits in another order than it began', async () => {
    const ear = await listen()
    const slow = await begin('slow')
    const quick = await begin('quick')
    await quick.commit()
    await vi.waitFor(() => expect(ear.heard).toEqual(['quick']))
    // The one position of now does not hold what is under way.
    const between = ear.position()
    await slow.commit()
    await vi.waitFor(() => expect(ear.heard).toEqual(['quick', 'slow']))
    const again = await listen(between)
    expect(again.heard).toEqual(['slow'])
  })

  it('goes on at another cloud from where it was', async () => {
    await using other = await startFeed({ database, log: quiet, everyMs: 10 })
    const ear = await listen()
    await note(database.pool, 'one')
    await vi.waitFor(() => expect(ear.heard).toEqual(['one']))
    const left = ear.heeds.at(-1)!.position
    ear.end()
    await note(database.pool, 'two')
    const back = await listen(left, other)
    await note(database.pool, 'three')
    await vi.waitFor(() => expect(back.heard).toEqual(['two', 'three']))
    expect(ear.heard).toEqual(['one'])
  })

  it('hears each of a storm once, whoever comes and goes meanwhile', async () => {
    const wanted = Array.from({ length: 200 }, (_, i) => `storm-${i}`)
    const ear = await listen()
    const start = ear.position()
    let restless = await listen()
    const restlessHeard: string[] = []
    const writers = Array.from({ length: 8 }, async (_, w) => {
      for (const key of wanted.filter((_, i) => i % 8 === w)) {
        const transaction = await begin(key)
        await database.pool.query(`SELECT pg_sleep(${((w * 7) % 5) / 1000})`)
        await transaction.commit()
        if (w !== 0) continue
        // Leaves with the position it has, and comes back by it.
        const position = restless.position()
        restless.end()
        restlessHeard.push(...restless.heard)
        restless = await listen(position)
      }
    })
    await Promise.all(writers)
    const sorted = [...wanted].sort()
    await vi.waitFor(() => expect([...ear.heard].sort()).toEqual(sorted))
    await vi.waitFor(() => expect([...restlessHeard, ...restless.heard].sort()).toEqual(sorted))
    const late = await listen(start)
    expect([...late.heard].sort()).toEqual(sorted)
  })
})

describe('a position', () => {
  it('that is no longer known, or never was, gives a reset, and what comes after is heard', async () => {
    const ear = await listen()
    const position = ear.position()
    await note(database.pool, 'old')
    await forgetAll()
    for (const since of [position, 'nonsense', `00000000.${position.split('.')[1]}`]) {
      const late = await listen(since)
      expect([since, late.resets(), late.heard]).toEqual([since, 1, []])
    }
    const late = await listen(position)
    await note(database.pool, 'new')
    await vi.waitFor(() => expect(late.heard).toEqual(['new']))
  })

  it('that is newer than all that was forgotten is kept', async () => {
    await note(database.pool, 'old')
    const position = (await listen()).position()
    await forgetAll()
    await note(database.pool, 'new')
    const late = await listen(position)
    expect([late.resets(), late.heard]).toEqual([0, ['new']])
  })

  it('of a database before it was restored gives a reset, also to who is connected', async () => {
    const ear = await listen()
    const position = ear.position()
    await beginHistoryAnew(database.pool)
    await vi.waitFor(() => expect(ear.resets()).toBe(1))
    expect((await listen(position)).resets()).toBe(1)
  })
})
