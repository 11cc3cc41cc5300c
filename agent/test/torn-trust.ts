import { Connection } from '../platform/database.ts'
import { trustProcedures } from '../trust/state.ts'

/**
 * Does one of the gate's writes as the writer thread does, and is killed at its nth statement; beyond the last, right after
 * its commit. Told by a message: the database's file, the procedure, its argument, and n.
 */
process.once('message', ({ file, name, arg, at }: TornWrite) => {
  const db = new Connection(file)
  db.pragma('synchronous = FULL')
  let statements = 0
  const statement = db.statement.bind(db)
  db.statement = ((sql: string) => {
    if (++statements === at) process.kill(process.pid, 'SIGKILL')
    return statement(sql)
  }) as typeof db.statement
  db.exec('BEGIN IMMEDIATE')
  trustProcedures[name](db, arg as never)
  db.exec('COMMIT')
  process.send?.({ statements })
  process.kill(process.pid, 'SIGKILL')
})

export interface TornWrite {
  readonly file: string
  readonly name: keyof typeof trustProcedures
  readonly arg: unknown
  readonly at: number
}
