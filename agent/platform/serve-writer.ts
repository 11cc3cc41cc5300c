import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { type Connection, type Migration, openWriting, WalSync } from './database.ts'
import {
  type Failure,
  isLarge,
  type Outcome,
  type Procedures,
  type WriterData,
  type WriterReply,
  type WriterRequest,
} from './writer.ts'

/** A transaction takes calls in for at most this long, so that nobody waits on a stream of others. */
const LONGEST_GATHERING_MS = 50

export interface WriterStages {
  readonly migrations: readonly Migration[]
  readonly procedures: Procedures
  /** Done once, before the first call. */
  readonly begin?: (db: Connection) => void
}

/** The writer thread's whole program: opens the database, then commits calls in groups until told to close. */
export function serveWriter({ migrations, procedures, begin }: WriterStages): void {
  const port = parentPort
  if (!port) throw new Error('the writer runs in a worker thread: start it with startWriter')
  const { file, capBytes } = workerData as WriterData
  let db: Connection
  let wal: WalSync
  try {
    db = openWriting(file, migrations, { ...(capBytes !== undefined && { capBytes }) })
    begin?.(db)
    wal = new WalSync(db)
    // Also what a process that was killed had committed and not synced yet.
    wal.sync()
  } catch (error) {
    port.postMessage({ failed: describe(error) } satisfies WriterReply)
    port.close()
    return
  }
  port.on('message', (first: WriterRequest) => {
    let request: WriterRequest | undefined = first
    while (request !== undefined) {
      if (request === 'close') {
        wal[Symbol.dispose]()
        db.close()
        port.close()
        return
      }
      const group = new Group({ db, wal, procedures })
      request = group.gather(request, port)
      port.postMessage({ done: group.commit() } satisfies WriterReply)
    }
  })
  port.postMessage({ ready: true } satisfies WriterReply)
}

/** The calls of one transaction. */
class Group {
  readonly #db: Connection
  readonly #wal: WalSync
  readonly #procedures: Procedures
  readonly #outcomes: Outcome[] = []
  #lost: Failure | undefined

  constructor({ db, wal, procedures }: { db: Connection; wal: WalSync; procedures: Procedures }) {
    this.#db = db
    this.#wal = wal
    this.#procedures = procedures
  }

  /** Runs `first` and every call that waits behind it; returns the request that belongs to the next group, if any. */
  gather(first: Call, port: MessagePort): WriterRequest | undefined {
    const until = performance.now() + LONGEST_GATHERING_MS
    this.#begin()
    this.#runFirst(first)
    for (;;) {
      if (performance.now() > until) return undefined
      const request = receiveMessageOnPort(port)?.message as WriterRequest | undefined
      if (request === undefined || request === 'close' || isLarge(this.#procedures[request[1]])) return request
      this.#runInSavepoint(request)
    }
  }

  /** @throws Error the commit cannot be synced: the thread ends, and its calls fail with it */
  commit(): readonly Outcome[] {
    if (!this.#lost) {
      try {
        this.#db.statement('COMMIT').run()
      } catch (error) {
        this.#lost = describe(error)
      }
    }
    if (!this.#lost) this.#wal.sync()
    if (this.#db.inTransaction && this.#lost) this.#db.statement('ROLLBACK').run()
    const lost = this.#lost
    return lost ? this.#outcomes.map(([id, failure]) => [id, failure ?? lost, undefined]) : this.#outcomes
  }

  #begin(): void {
    try {
      this.#db.statement('BEGIN IMMEDIATE').run()
    } catch (error) {
      this.#lost = describe(error)
    }
  }

  /** With nothing before it to keep, a call needs no savepoint: failing, it takes the transaction with it. */
  #runFirst([id, name, arg]: Call): void {
    if (this.#lost) return void this.#outcomes.push([id, this.#lost, undefined])
    try {
      this.#outcomes.push([id, undefined, this.#procedure(name)(this.#db, arg)])
    } catch (error) {
      this.#outcomes.push([id, describe(error), undefined])
      if (this.#db.inTransaction) this.#db.statement('ROLLBACK').run()
      this.#begin()
    }
  }

  #runInSavepoint([id, name, arg]: Call): void {
    if (this.#lost) return void this.#outcomes.push([id, this.#lost, undefined])
    this.#db.statement('SAVEPOINT call').run()
    try {
      const value = this.#procedure(name)(this.#db, arg)
      this.#db.statement('RELEASE call').run()
      this.#outcomes.push([id, undefined, value])
    } catch (error) {
      const failure = describe(error)
      this.#outcomes.push([id, failure, undefined])
      // A full disk or an I/O error makes SQLite roll back the whole transaction: everyone in it has failed.
      if (!this.#db.inTransaction) {
        this.#lost = failure
        return
      }
      this.#db.statement('ROLLBACK TO call').run()
      this.#db.statement('RELEASE call').run()
    }
  }

  #procedure(name: string): Procedures[string] {
    const procedure = this.#procedures[name]
    if (procedure) return procedure
    throw Object.assign(new Error(`the writer has no procedure ${name}`), { code: 'no-such-procedure' })
  }
}

type Call = Exclude<WriterRequest, 'close'>

function describe(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: 'failed', message: String(error), stack: undefined }
  const code = (error as { code?: unknown }).code
  const stable = typeof code !== 'string' ? 'failed' : code.startsWith('SQLITE_FULL') ? 'disk-full' : code
  return { code: stable, message: error.message, stack: error.stack }
}
