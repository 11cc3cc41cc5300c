import { join } from 'node:path'
import type { TrainProgress } from '@storecast/models'
import type { ModelDefinition } from '@storecast/shared/contracts'
import type { Database } from '../platform/database.ts'
import { CloudError } from '../platform/errors.ts'
import { createReadStream, mkdir, rm, spool } from '../platform/files.ts'
import type { Log } from '../platform/log.ts'
import type { Registry } from '../registry/index.ts'
import { type DatasetSources, writeDataset } from './dataset.ts'
import type { TrainingRun, TrainingRuns } from './trainings.ts'

/** Trains in a process of its own, from a file to a file: the workshop's `spawnTraining`. */
export type Train = (options: {
  readonly definition: ModelDefinition
  readonly data: string
  readonly out: string
  readonly onProgress: (progress: TrainProgress) => void
  readonly signal: AbortSignal
}) => Promise<unknown>

interface RunnerOptions {
  readonly runs: TrainingRuns
  readonly sources: DatasetSources
  readonly registry: Registry
  readonly train: Train
  /** Folder for working files; one folder a run, removed when it ends. */
  readonly folder: string
  readonly database: Database
  readonly log: Log
}

/** A run that has killed its process this often is not tried again. */
const MAX_ATTEMPTS = 3
const PROGRESS_MS = 1000

/**
 * Does a training run from start to end: data set, training, registration. It can be begun again after any crash: every
 * step replaces what an earlier attempt left, and the same bundle is the same version.
 */
export function trainingRunner(options: RunnerOptions) {
  const { runs, registry, database, log } = options
  return async (job: string, signal: AbortSignal): Promise<void> => {
    const run = await runs.begin(job)
    if (!run) return
    if (run.attempts > MAX_ATTEMPTS) {
      await runs.finish(run, 'failed', { error: crashed(run.attempts - 1) })
      return
    }
    const folder = join(options.folder, `run-${run.id}`)
    await using reporter = progressReporter(run, runs, log)
    try {
      const version = await attempt(options, {
        run,
        folder,
        reporter,
        signal: AbortSignal.any([signal, reporter.signal]),
      })
      await database.transaction(async (client) => {
        const finished = await runs.finish(run, 'succeeded', { step: 'done', version }, client)
        if (!finished || run.alias === null) return
        const { model, alias } = run
        await registry.setAlias({ model, alias, version, reason: `training run ${run.id}` }, client)
      })
      log.info({ run: run.id, model: run.model, version }, 'a training run succeeded')
    } catch (error) {
      if (reporter.signal.aborted) return
      if (signal.aborted) {
        // This process ends or lost the job: another takes it up.
        await runs.putBack(run)
        throw error
      }
      log.error({ error, run: run.id }, 'a training run failed')
      await runs.finish(run, 'failed', { error: describe(error) })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

interface Attempt {
  readonly run: TrainingRun
  readonly folder: string
  readonly reporter: Reporter
  readonly signal: AbortSignal
}

async function attempt({ sources, registry, train }: RunnerOptions, { run, folder, reporter, signal }: Attempt) {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const spec = { definition: run.definition, selector: run.selector, from: run.from, to: run.to }
  const dataset = await writeDataset(sources, spec, (sites, of) => {
    signal.throwIfAborted()
    reporter.report('dataset', { sites, of })
  })
  reporter.report('train', {})
  await reporter.write({ dataset, step: 'train', progress: null })
  const [data, out] = [join(folder, 'data.csv.gz'), join(folder, 'bundle.tar')]
  await spool(await sources.objects.read(dataset.sha256), data)
  const onProgress = (progress: TrainProgress) => reporter.report('train', { ...progress })
  await train({ definition: run.definition, data, out, onProgress, signal })
  signal.throwIfAborted()
  reporter.report('register', {})
  const content = createReadStream(out)
  const source = { kind: 'training', run: run.id } as const
  return (await registry.register({ model: run.model, content, source })).version
}

type RunUpdate = Parameters<TrainingRuns['update']>[1]

interface Reporter extends AsyncDisposable {
  report(step: string, progress: Readonly<Record<string, unknown>>): void
  /** Writes at once, and not before what is being written, which is older. */
  write(update: RunUpdate): Promise<void>
  /** Aborts when the run was cancelled. */
  readonly signal: AbortSignal
}

/** Writes progress at most once a second, and finds out by the same write that a run was cancelled. */
function progressReporter(run: TrainingRun, runs: TrainingRuns, log: Log): Reporter {
  const cancelled = new AbortController()
  let latest: { step: string; progress: Readonly<Record<string, unknown>> } = { step: 'dataset', progress: {} }
  let writing: Promise<void> | undefined
  const write = async () => {
    try {
      if (!(await runs.update(run, latest))) cancelled.abort(new Error('the training run was cancelled'))
    } catch (error) {
      log.warn({ error, run: run.id }, 'cannot write the progress of a training run')
    }
    writing = undefined
  }
  const timer = setInterval(() => {
    writing ??= write()
  }, PROGRESS_MS)
  return {
    signal: cancelled.signal,
    report(step, progress) {
      latest = { step, progress }
    },
    async write(update) {
      await writing
      await runs.update(run, update)
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await writing
    },
  }
}

const crashed = (attempts: number) => ({
  code: 'training-crashed',
  message: `The process that trained ended ${attempts} times before the run did. Look at the machine's memory, or train on fewer days.`,
})

function describe(error: unknown): { code: string; message: string } {
  const { code, message } = error as { code?: unknown; message?: unknown }
  const known = error instanceof CloudError || typeof code === 'string'
  return { code: known ? String(code) : 'training-failed', message: String(message ?? error).slice(0, 2000) }
}
