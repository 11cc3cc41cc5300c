import { PgBoss } from 'pg-boss'
import type { Database } from './database.ts'
import type { Log } from './log.ts'

/** Long jobs that must be done by one process at a time and outlive each of them. */
export interface Jobs extends AsyncDisposable {
  /** Puts a job in line; a job that is there already stays as it is. `id` is a UUID. */
  enqueue(id: string): Promise<void>
}

interface JobsOptions {
  readonly database: Database
  readonly queue: string
  readonly concurrency: number
  readonly log: Log
  /**
   * Does one job. When it resolves the job is done; when it throws, or when its process dies, the job is done again.
   * The signal aborts when this process ends or another has taken the job over.
   */
  readonly run: (id: string, signal: AbortSignal) => Promise<void>
  /** Jobs known to have lost their process: taken up at once, not when their heartbeat is missed. */
  readonly orphans?: readonly string[]
}

/** A job whose process is silent for this long goes to another. */
const HEARTBEAT_SECONDS = 15
const DAY_SECONDS = 86_400

/** Works on a queue in the database (pg-boss), `concurrency` jobs at a time. */
export async function startJobs(options: JobsOptions): Promise<Jobs> {
  const { database, queue, concurrency, log, run, orphans = [] } = options
  const ending = new AbortController()
  const boss = new PgBoss({
    db: { executeSql: (text, values) => database.pool.query(text, values) },
    schedule: false,
    superviseIntervalSeconds: HEARTBEAT_SECONDS,
    monitorIntervalSeconds: HEARTBEAT_SECONDS,
  })
  boss.on('error', (error) => {
    if (!ending.signal.aborted) log.error({ error, queue }, 'the job queue')
  })
  await boss.start()
  await boss.createQueue(queue, {
    heartbeatSeconds: HEARTBEAT_SECONDS,
    expireInSeconds: DAY_SECONDS - 1,
    // How often a job may fail is the job's own to say.
    retryLimit: 1_000_000,
    retryDelay: 2,
  })
  if (orphans.length > 0) await boss.fail(queue, [...orphans])
  const worker = await boss.work(
    queue,
    { localConcurrency: concurrency, pollingIntervalSeconds: 2, heartbeatRefreshSeconds: HEARTBEAT_SECONDS / 3 },
    async ([job]) => {
      if (job) await run(job.id, AbortSignal.any([job.signal, ending.signal]))
    },
  )
  return {
    async enqueue(id) {
      await boss.send(queue, null, { id })
      boss.notifyWorker(worker)
    },
    async [Symbol.asyncDispose]() {
      ending.abort()
      await boss.stop({ graceful: true, timeout: 20_000 })
    },
  }
}
