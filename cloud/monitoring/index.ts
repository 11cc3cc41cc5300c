import { startJobs } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import type { Page, PageRequest } from '../platform/paging.ts'
import { openDraft } from './draft.ts'
import { type Looked, type LookOptions, look } from './look.ts'
import {
  type DriftFilter,
  listDrift,
  listPerformance,
  type ModelFinding,
  modelFindings,
  type PerformanceFilter,
  pruneResults,
  type StoredDrift,
  type StoredPerformance,
} from './results.ts'
import { type MonitoringRun, type MonitoringRuns, monitoringRuns } from './runs.ts'

export type { ReadVersion } from './bundles.ts'
export type { DriftResult } from './compare.ts'
export type { MonitoringRule } from './look.ts'
export { monitoringMigrations } from './migrations.ts'

/** What drifts, and how forecasts do, looked at again and again and kept. */
export interface Monitoring extends AsyncDisposable, Pick<MonitoringRuns, 'get' | 'list'> {
  /** Looks once more, beside the schedule. */
  begin(until: number | null): Promise<MonitoringRun>
  drift(filter: DriftFilter & PageRequest): Promise<Page<StoredDrift>>
  performance(filter: PerformanceFilter & PageRequest): Promise<Page<StoredPerformance>>
  /** Devices in which something has drifted, as the newest run found. */
  driftedDevices(): Promise<number>
  /** Has a site's sensors frozen anew by the next run: what they measure now is usual. @returns how many were forgotten */
  forgetReferences(site: string): Promise<number>
}

interface MonitoringOptions extends LookOptions {
  readonly log: Log
  /** Milliseconds between two scheduled runs, by the cloud's clock. */
  readonly everyMs: number
  /** For how long runs are kept, in days of the cloud's clock; null: for good. */
  readonly keepDays: number | null
  /** No other cloud uses the database: what runs according to it has lost its process. */
  readonly alone: boolean
  /** Told of every run that succeeded, the schedule's and others; awaited. */
  readonly onLooked: (models: readonly ModelFinding[]) => Promise<void>
}

/** A run that has killed its process this often is not tried again. */
const MAX_ATTEMPTS = 3
/** Real milliseconds between two looks at the clock. */
const DUE_MS = 60_000
const DAY = 86_400_000

/** Looks at the fleet once a period, one process at a time; a run that lost its process is begun again. */
export async function startMonitoring(options: MonitoringOptions): Promise<Monitoring> {
  const { database, clock, log, everyMs, keepDays, alone } = options
  const runs = monitoringRuns({ database, clock })
  const open = await runs.open()
  const jobs = await startJobs({
    database,
    queue: 'monitoring',
    concurrency: 1,
    log,
    run: runner(options, runs),
    orphans: alone ? open.filter((run) => run.state === 'running').map((run) => run.job) : [],
  })
  for (const { job } of open) await jobs.enqueue(job)
  const ending = new AbortController()
  const due = async () => {
    try {
      const made = await runs.create({ period: Math.floor(clock.now() / everyMs), until: null })
      if (!made) return
      await jobs.enqueue(made.job)
      if (keepDays !== null) await runs.drop(clock.now() - keepDays * DAY, ending.signal)
    } catch (error) {
      log.warn({ error }, 'cannot put the monitoring run of this period in line, or drop old ones; trying again')
    }
  }
  let looking = due()
  const timer = setInterval(() => {
    looking = looking.then(due)
  }, DUE_MS)
  return {
    get: runs.get,
    list: runs.list,
    async begin(until) {
      const { run, job } = (await runs.create({ period: null, until }))!
      await jobs.enqueue(job)
      return run
    },
    drift: (filter) => listDrift(database.pool, filter),
    performance: (filter) => listPerformance(database.pool, filter),
    async driftedDevices() {
      const { rows } = await database.pool.query<{ count: number }>(
        `SELECT count(DISTINCT name)::int4 AS count FROM drift WHERE scope = 'device' AND verdict = 'drift'
           AND run = (SELECT max(id) FROM monitoring_runs WHERE state = 'succeeded')`,
      )
      return rows[0]!.count
    },
    async forgetReferences(site) {
      const { rowCount } = await database.pool.query('DELETE FROM drift_references WHERE site = $1', [site])
      return rowCount ?? 0
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      ending.abort()
      await looking
      await jobs[Symbol.asyncDispose]()
    },
  }
}

function runner(options: MonitoringOptions, runs: MonitoringRuns) {
  const { database, log, onLooked } = options
  return async (job: string, signal: AbortSignal): Promise<void> => {
    const run = await runs.begin(job)
    if (!run) return
    try {
      if (run.attempts > MAX_ATTEMPTS) throw new Error(`its process ended ${MAX_ATTEMPTS} times before the run did`)
      const summary = await lookAndPublish(options, run, signal)
      log.info({ run: run.id, ...summary }, 'looked for drift')
      await modelFindings(database.pool, run.id)
        .then(onLooked)
        .catch((error: unknown) => {
          log.error({ error, run: run.id }, 'what follows from drift was not done')
        })
    } catch (error) {
      // This process ends or lost the job: another takes it up.
      if (signal.aborted) throw error
      log.error({ error, run: run.id }, 'a monitoring run failed')
      const { code = 'monitoring-failed', message = String(error) } = error as { code?: string; message?: string }
      await runs.fail(run.id, { code, message: message.slice(0, 2000) })
    }
  }
}

async function lookAndPublish(
  options: MonitoringOptions,
  { id, until }: MonitoringRun,
  signal: AbortSignal,
): Promise<NonNullable<MonitoringRun['summary']>> {
  await using draft = await openDraft(options.database.pool)
  const looked = await look(options, { until, draft, signal })
  signal.throwIfAborted()
  const summary = summaryOf(looked)
  await draft.publish(id, looked, async (client) => {
    await pruneResults(client, id)
    await client.query("UPDATE monitoring_runs SET state = 'succeeded', finished_at = $2, summary = $3 WHERE id = $1", [
      id,
      options.clock.now(),
      summary,
    ])
  })
  return summary
}

function summaryOf({ devices, drift, performance }: Looked): NonNullable<MonitoringRun['summary']> {
  const counted = (verdicts: readonly string[]) =>
    Object.fromEntries([...Map.groupBy(verdicts, (verdict) => verdict)].map(([verdict, of]) => [verdict, of.length]))
  return {
    devices,
    drift: counted(drift.map(({ verdict }) => verdict)),
    performance: counted(performance.map(({ verdict }) => verdict)),
  }
}
