import type { Connection } from '../database.ts'
import { serveWriter } from '../serve-writer.ts'

/** A writer thread of one small stage, for the tests of the writer itself. */
export const testProcedures = {
  'note.add': (db: Connection, text: string) =>
    db.statement<[string], number>('INSERT INTO notes(text) VALUES (?) RETURNING id').pluck().get(text) as number,
  'note.addThenFail': (db: Connection, text: string): void => {
    db.statement('INSERT INTO notes(text) VALUES (?)').run(text)
    throw Object.assign(new Error('refused'), { code: 'note-refused' })
  },
  /** Longer than a transaction gathers: what is called meanwhile shares the next one. */
  'note.block': (_: Connection, ms: number): void => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  },
  'note.all': (db: Connection, _: undefined) =>
    db.statement('SELECT text FROM notes ORDER BY id').pluck().all() as string[],
  'note.breakTransaction': (db: Connection, _: undefined): void => {
    db.statement('ROLLBACK').run()
    throw new Error('as a full disk does')
  },
  /** As large as it is now and no larger: what comes next finds the disk full. */
  'note.fillDisk': (db: Connection, _: undefined): void => {
    db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`)
  },
  'note.die': (_: Connection, __: undefined): void => {
    process.exit(3)
  },
}

serveWriter({
  migrations: [{ id: 1, name: 'notes', sql: 'CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT) STRICT' }],
  procedures: testProcedures,
})
