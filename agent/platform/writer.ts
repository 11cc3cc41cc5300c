import type { TransferListItem, Worker } from 'node:worker_threads'
import type { Connection } from './database.ts'
import { startWorker } from './spawn.ts'

/**
 * What a stage lets the writer thread do, by name: `{ 'journal.append': (db, arg) => result }`. A call that fails takes
 * back its own work only; arguments and results cross threads, so they are plain data.
 */
// biome-ignore lint/suspicious/noExplicitAny: each procedure has its own argument type, which only `any` accepts here.
export type Procedures = Record<string, (db: Connection, arg: any) => unknown>

const LARGE = Symbol('large')

/**
 * Marks a procedure that changes thousands of rows: it comes first in its transaction. Behind others it would need a
 * savepoint, and within one SQLite writes undo pages of every statement that fires a trigger to a temporary file.
 */
export function large<P extends Procedures[string]>(procedure: P): P {
  return Object.assign(procedure.bind(undefined) as P, { [LARGE]: true })
}

export const isLarge = (procedure: Procedures[string] | undefined): boolean =>
  procedure !== undefined && LARGE in procedure

type Union<T> = T[keyof T]
type Intersect<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void ? I : never

/** One overload a procedure: more overloads are assignable to fewer. */
type Call<P> = Intersect<
  Union<{
    [K in keyof P]: P[K] extends (db: Connection, arg: infer A) => infer R
      ? (name: K, arg: A, transfer?: readonly TransferListItem[]) => Promise<R>
      : never
  }>
>

/** The main thread's end of the one writer; a writer of every stage's procedures also is a writer of one stage's. */
export type Writer<P extends Procedures> = WriterThread & {
  /**
   * Resolves with the procedure's result after the COMMIT that made it durable. Calls are applied in order. All calls that
   * came while the previous commit ran share one transaction; one that fails takes back only its own work.
   * @throws WriterError
   */
  readonly call: Call<P>
}

interface WriterThread extends AsyncDisposable {
  /**
   * Resolves once all that a reading connection may see now is durable: a commit is seen a moment before it is. For what
   * leaves the device and cannot be called back.
   * @throws WriterError `writer-ended`
   */
  durable(): Promise<void>
  /** Resolves (never rejects) when the thread has ended; with the reason where nobody asked for it. */
  readonly ended: Promise<WriterError | undefined>
}

/**
 * - `disk-full`: free space, then retry.
 * - `writer-ended`: the thread is gone; restart the agent.
 * - any other code is the procedure's own (`code` of what it threw) or SQLite's.
 */
export class WriterError extends Error {
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'WriterError'
    this.code = code
  }
}

/** Main thread → writer thread: a call, or the wish to end. */
export type WriterRequest = readonly [id: number, name: string, arg: unknown] | 'close'

export interface Failure {
  readonly code: string
  readonly message: string
  readonly stack: string | undefined
}
export type Outcome = readonly [id: number, failure: Failure | undefined, value: unknown]

/** Writer thread → main thread: it serves, it could not start, or the outcomes of one commit. */
export type WriterReply =
  | { readonly ready: true }
  | { readonly failed: Failure }
  | { readonly done: readonly Outcome[] }

export interface WriterData {
  readonly file: string
  /** Bytes that the database may take, its write-ahead log included. */
  readonly capBytes?: number
}

/** An import fills and empties the young part without end; twice this is no faster. */
const HEAP_MB = { young: 16, old: 192 }

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
}

/**
 * Starts the writer thread and waits until the database is open and migrated.
 * @param entry the file that calls `serveWriter`
 * @throws WriterError with the code of `DatabaseUnusable`
 */
export async function startWriter<P extends Procedures>(entry: URL, data: WriterData): Promise<Writer<P>> {
  const worker = startWorker(entry, { name: 'writer', data, heapMb: HEAP_MB })
  const pending = new Map<number, Pending>()
  /** Who waits for the calls that were pending when they asked, up to and with the last of them. */
  let waiting: readonly { readonly last: number; readonly barrier: PromiseWithResolvers<void> }[] = []
  const { promise: ready, resolve: opened, reject: refused } = Promise.withResolvers<void>()

  worker.on('message', (reply: WriterReply) => {
    if ('ready' in reply) opened()
    else if ('failed' in reply) refused(revive(reply.failed))
    else {
      for (const [id, failure, value] of reply.done) {
        const call = pending.get(id)
        pending.delete(id)
        if (failure) call?.reject(revive(failure))
        else call?.resolve(value)
      }
      const [oldest = Infinity] = pending.keys()
      for (const { last, barrier } of waiting) if (last < oldest) barrier.resolve()
      waiting = waiting.filter(({ last }) => last >= oldest)
    }
  })
  const ended = whenEnded(worker).then((reason) => {
    const error = reason ?? new WriterError('writer-ended', 'the database writer was closed')
    refused(error)
    for (const call of pending.values()) call.reject(error)
    pending.clear()
    for (const { barrier } of waiting) barrier.reject(error)
    waiting = []
    return reason
  })

  let closing = false
  let next = 1
  const call = (name: string, arg: unknown, transfer: readonly TransferListItem[] = []) =>
    new Promise<unknown>((resolve, reject) => {
      if (closing) return reject(new WriterError('writer-ended', `${name}: the database writer is closing`))
      const id = next++
      worker.postMessage([id, name, arg] satisfies WriterRequest, transfer)
      pending.set(id, { resolve, reject })
    })
  void ended.then(() => {
    closing = true
  })

  await ready
  return {
    call: call as Call<P>,
    durable: async () => {
      if (pending.size === 0) return
      const barrier = Promise.withResolvers<void>()
      waiting = [...waiting, { last: next - 1, barrier }]
      await barrier.promise
    },
    ended,
    async [Symbol.asyncDispose]() {
      if (!closing) worker.postMessage('close' satisfies WriterRequest)
      closing = true
      await ended
    },
  }
}

/** Ends by itself with code 0 only when it was asked to close. */
function whenEnded(worker: Worker): Promise<WriterError | undefined> {
  return new Promise((resolve) => {
    let cause: unknown
    worker.on('error', (error) => {
      cause = error
    })
    worker.on('exit', (status) => {
      if (status === 0 && cause === undefined) return resolve(undefined)
      const why = cause instanceof Error ? cause.message : `status ${status}`
      resolve(new WriterError('writer-ended', `the database writer ended (${why}): restart the agent`, { cause }))
    })
  })
}

function revive({ code, message, stack }: Failure): WriterError {
  const error = new WriterError(code, message)
  if (stack !== undefined) error.stack = stack
  return error
}
