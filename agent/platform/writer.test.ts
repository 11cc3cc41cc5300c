import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { atLeast, openReading, openWriting } from './database.ts'
import type { testProcedures } from './test/writer-thread.ts'
import { startWriter } from './writer.ts'

const entry = new URL('./test/writer-thread.ts', import.meta.url)
let folder: string
const file = () => join(folder, 'agent.db')
const start = () => startWriter<typeof testProcedures>(entry, { file: file() })

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'writer-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('the writer thread', () => {
  it('resolves a call after its commit, visible to the reading connection', async () => {
    await using writer = await start()
    expect(await writer.call('note.add', 'first')).toBe(1)
    const db = openReading(file())
    expect(db.prepare('SELECT text FROM notes').pluck().all()).toEqual(['first'])
    expect(() => db.exec("INSERT INTO notes(text) VALUES ('x')")).toThrow(/readonly/)
    db.close()
  })

  it('lets a failing call take back only its own work, with its own code', async () => {
    await using writer = await start()
    const results = await Promise.allSettled([
      writer.call('note.add', 'kept'),
      writer.call('note.addThenFail', 'lost'),
      writer.call('note.add', 'kept too'),
    ])
    expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(results[1]).toMatchObject({ reason: { name: 'WriterError', code: 'note-refused' } })
    expect(await writer.call('note.all', undefined)).toEqual(['kept', 'kept too'])
  })

  it('commits what waits together, and fails it together where SQLite rolled back the whole transaction', async () => {
    await using writer = await start()
    const add = (text: string) => writer.call('note.add', text)
    const blocked = writer.call('note.block', 200)
    const sharing = [add('a'), add('b'), writer.call('note.breakTransaction', undefined), add('c')]
    await blocked
    const outcomes = await Promise.allSettled(sharing)
    expect(outcomes.map((o) => o.status)).toEqual(Array(4).fill('rejected'))
    await add('d')
    expect(await writer.call('note.all', undefined)).toEqual(['d'])
  })

  it('says when the disk is full, keeps what it had, and takes small things again', async () => {
    await using writer = await start()
    await writer.call('note.add', 'kept')
    await writer.call('note.fillDisk', undefined)
    const outcomes = await Promise.allSettled([
      writer.call('note.add', 'x'.repeat(100_000)),
      writer.call('note.add', 'y'.repeat(100_000)),
    ])
    expect(outcomes).toMatchObject(Array(2).fill({ status: 'rejected', reason: { code: 'disk-full' } }))
    await writer.call('note.add', 'small')
    expect(await writer.call('note.all', undefined)).toEqual(['kept', 'small'])
  })

  it('says when what is seen is durable: after the calls that were under way', async () => {
    await using writer = await start()
    await writer.durable()
    const told: string[] = []
    const blocked = writer.call('note.block', 50).then(() => told.push('blocked'))
    const seen = writer.call('note.add', 'seen').then(() => told.push('seen'))
    const durable = writer.durable().then(() => told.push('durable'))
    await Promise.all([blocked, seen, durable])
    expect(told).toEqual(['blocked', 'seen', 'durable'])
    const dying = writer.call('note.die', undefined)
    await expect(Promise.all([writer.durable(), dying])).rejects.toMatchObject({ code: 'writer-ended' })
    await expect(dying).rejects.toMatchObject({ code: 'writer-ended' })
  })

  it('finishes what is queued when it is closed, and refuses what comes after', async () => {
    const writer = await start()
    const queued = writer.call('note.add', 'queued')
    const closed = writer[Symbol.asyncDispose]()
    await expect(writer.call('note.add', 'too late')).rejects.toMatchObject({ code: 'writer-ended' })
    await closed
    expect(await queued).toBe(1)
    expect(await writer.ended).toBeUndefined()
  })

  it('rejects what is pending and tells why when the thread dies', async () => {
    const writer = await start()
    await expect(writer.call('note.die', undefined)).rejects.toMatchObject({ code: 'writer-ended' })
    expect(await writer.ended).toMatchObject({ code: 'writer-ended' })
    await writer[Symbol.asyncDispose]()
  })

  it('says when the database was written by a later version', async () => {
    const db = openWriting(file(), [{ id: 999, name: 'from the future', sql: 'SELECT 1' }])
    db.close()
    await expect(start()).rejects.toMatchObject({ code: 'newer-schema' })
  })
})

describe('opening', () => {
  it('sets WAL and synchronous=FULL, and applies migrations once, in order of id', () => {
    const create = { id: 1, name: 'create', sql: 'CREATE TABLE t(a)' }
    const alter = { id: 2, name: 'alter', sql: 'ALTER TABLE t ADD COLUMN b' }
    for (let i = 0; i < 2; i++) {
      const db = openWriting(file(), [alter, create])
      expect(db.pragma('journal_mode', { simple: true })).toBe('wal')
      expect(db.pragma('synchronous', { simple: true })).toBe(2)
      expect(db.prepare('SELECT id FROM schema_migrations').pluck().all()).toEqual([1, 2])
      db.close()
    }
  })

  it.each([
    ['3.51.3', true],
    ['3.51.2', false],
    ['3.54.1', true],
    ['3.9.9', false],
    ['4.0', true],
  ])('version %s is new enough: %s', (version, expected) => {
    expect(atLeast(version, [3, 51, 3])).toBe(expected)
  })

  it('names the file it cannot open', () => {
    expect(() => openWriting(join(folder, 'no', 'such', 'folder.db'), [])).toThrow(/folder\.db.*writable/)
  })
})
