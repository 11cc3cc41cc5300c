import { join } from 'node:path'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { startJobs } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import type { Registry } from '../registry/index.ts'
import type { DatasetSources } from './dataset.ts'
import { type Train, trainingRunner } from './runner.ts'
import { type TrainingRun, type TrainingRuns, type TrainingSpec, trainingRuns } from './trainings.ts'

export { trainingMigrations } from './migrations.ts'
export { trainOnDrift } from './on-drift.ts'
export type { Train } from './runner.ts'
export { unknownRun } from './trainings.ts'

export interface Trainings extends AsyncDisposable, Pick<TrainingRuns, 'get' | 'list' | 'cancel'> {
  /** Puts a training run in line; it begins when those before it are done. */
  begin(spec: TrainingSpec): Promise<TrainingRun>
}

interface TrainingsOptions {
  readonly database: Database
  readonly sources: DatasetSources
  readonly registry: Registry
  readonly train: Train
  readonly folder: string
  readonly concurrency: number
  readonly clock: Clock
  readonly log: Log
  /** No other cloud uses the database: what runs according to it has lost its process. */
  readonly alone: boolean
}

/** Training as durable jobs: a run that its process did not end is begun again by the next. */
export async function startTrainings(options: TrainingsOptions): Promise<Trainings> {
  const { database, clock, log, folder, concurrency, alone } = options
  const runs = trainingRuns({ database, clock })
  const open = await runs.open()
  const jobs = await startJobs({
    database,
    queue: 'training',
    concurrency,
    log,
    run: trainingRunner({ ...options, runs, folder: join(folder, 'training') }),
    orphans: alone ? open.filter((run) => run.state === 'running').map((run) => run.job) : [],
  })
  // The runs are the truth: one that was written and not put in line, or whose queue a restore lost, is put there.
  for (const { job } of open) await jobs.enqueue(job)
  return {
    get: runs.get,
    list: runs.list,
    cancel: runs.cancel,
    async begin(spec) {
      const { run, job } = await runs.create(spec)
      await jobs.enqueue(job)
      return run
    },
    [Symbol.asyncDispose]: () => jobs[Symbol.asyncDispose](),
  }
}
