import { randomUUID } from 'node:crypto'
import type { ModelDefinition } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ConflictError, NotFoundError } from '../platform/errors.ts'
import { type LabelLimit, NO_LIMIT } from '../platform/label-limit.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'
import type { Dataset } from './dataset.ts'

type RunState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'

export interface TrainingSpec {
  readonly definition: ModelDefinition
  /** Labels of the sites to learn from; empty: all. */
  readonly selector: Readonly<Record<string, string>>
  /** First and last local day, both included. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** Alias to point at the new version, by default `candidate`; null: none. */
  readonly alias: string | null
}

export interface TrainingRun extends TrainingSpec {
  readonly id: string
  readonly model: string
  readonly state: RunState
  readonly attempts: number
  /** What it does now: `dataset`, `train`, `register`. */
  readonly step: string
  /** As the workshop tells it (`{ stage, part, message }`), or `{ sites, of }` while the data set is written. */
  readonly progress: Readonly<Record<string, unknown>> | null
  readonly dataset: Dataset | null
  /** The registered version. */
  readonly version: number | null
  readonly error: { readonly code: string; readonly message: string } | null
  readonly createdAt: number
  readonly startedAt: number | null
  readonly finishedAt: number | null
}

/** What may change while a run goes on. */
type RunUpdate = Partial<Pick<TrainingRun, 'step' | 'progress' | 'dataset' | 'version' | 'error'>>

/** One go at a run; a later one makes it void. */
type RunAttempt = Pick<TrainingRun, 'id' | 'attempts'>

/** The durable record of training runs; who does them is the runner's affair. */
export interface TrainingRuns {
  create(spec: TrainingSpec): Promise<{ run: TrainingRun; job: string }>
  /** @throws NotFoundError `training-run-unknown`. */
  get(id: string, client?: Pick<PoolClient, 'query'>): Promise<TrainingRun>
  /** Newest first. */
  list(
    page: PageRequest & {
      readonly model?: string | undefined
      /** Runs whose selector names no site outside are there; others are left out. */
      readonly within?: LabelLimit
    },
  ): Promise<Page<TrainingRun>>
  /** @throws ConflictError `training-run-over` where it has ended. */
  cancel(id: string): Promise<TrainingRun>
  /** Jobs of runs that have not ended. */
  open(): Promise<readonly { readonly job: string; readonly state: RunState }[]>
  /** Takes a job up: its run with one more attempt, or undefined where it has ended. */
  begin(job: string): Promise<TrainingRun | undefined>
  /** Puts a run back in line whose process ends in good order: that was no attempt. */
  putBack(attempt: RunAttempt): Promise<void>
  /** Whether the attempt still goes on: a cancelled run, or one that another process has taken up, takes no update. */
  update(attempt: RunAttempt, update: RunUpdate): Promise<boolean>
  /** Whether it was going on; a cancelled one stays cancelled. */
  finish(attempt: RunAttempt, state: 'succeeded' | 'failed', update: RunUpdate, client?: PoolClient): Promise<boolean>
}

const SELECT = `
  SELECT id::text, model, definition, selector, from_day AS "from", to_day AS "to", alias, state, attempts, step,
    progress, dataset, version, error, created_at AS "createdAt", started_at AS "startedAt", finished_at AS "finishedAt"
  FROM training_runs`

export function trainingRuns({ database, clock }: { database: Database; clock: Clock }): TrainingRuns {
  const { pool } = database
  const one = async (where: string, values: unknown[], client: Pick<PoolClient, 'query'> = pool) =>
    (await client.query<TrainingRun>(`${SELECT} WHERE ${where}`, values)).rows.map(withoutNulls)[0]
  const get = async (id: string, client?: Pick<PoolClient, 'query'>) =>
    (await one('id = $1', [id], client)) ?? unknownRun(id)
  return {
    get,
    async create({ definition, selector, from, to, alias }) {
      const job = randomUUID()
      const id = await database.transaction(async (client) => {
        const { rows } = await client.query<{ id: string }>(
          `INSERT INTO training_runs (job, model, definition, selector, from_day, to_day, alias, state, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', $8) RETURNING id::text`,
          [job, definition.metadata.name, definition, selector, from ?? null, to ?? null, alias, clock.now()],
        )
        return rows[0]!.id
      })
      return { run: await get(id), job }
    },
    async list({ after, limit, model, within = NO_LIMIT }) {
      const { rows } = await pool.query<TrainingRun>(
        `${SELECT} WHERE ($1::int8 IS NULL OR id < $1) AND ($2::text IS NULL OR model = $2)
           AND selector @> $4::jsonb ORDER BY training_runs.id DESC LIMIT $3`,
        [after ?? null, model ?? null, limit + 1, within],
      )
      return toPage(rows.map(withoutNulls), limit, (run) => run.id)
    },
    async cancel(id) {
      return database.transaction(async (client) => {
        await client.query(
          `UPDATE training_runs SET state = 'cancelled', finished_at = $2 WHERE id = $1 AND state IN ('queued', 'running')`,
          [id, clock.now()],
        )
        const run = await get(id, client)
        if (run.state === 'cancelled') return run
        throw new ConflictError({
          code: 'training-run-over',
          message: `Training run ${id} has ${run.state} already; there is nothing to cancel.`,
        })
      })
    },
    async open() {
      const { rows } = await pool.query<{ job: string; state: RunState }>(
        "SELECT job, state FROM training_runs WHERE state IN ('queued', 'running') ORDER BY id",
      )
      return rows
    },
    async begin(job) {
      await pool.query(
        `UPDATE training_runs SET state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, $2),
           step = 'dataset', progress = NULL
         WHERE job = $1 AND state IN ('queued', 'running')`,
        [job, clock.now()],
      )
      return one("job = $1 AND state = 'running'", [job])
    },
    async putBack({ id, attempts }) {
      await pool.query(
        `UPDATE training_runs SET state = 'queued', attempts = attempts - 1, step = 'queued', progress = NULL
         WHERE id = $1 AND attempts = $2 AND state = 'running'`,
        [id, attempts],
      )
    },
    async update({ id, attempts }, update) {
      const { sets, values } = assignments(update, 3)
      const { rowCount } = await pool.query(
        `UPDATE training_runs SET ${sets} WHERE id = $1 AND attempts = $2 AND state = 'running'`,
        [id, attempts, ...values],
      )
      return rowCount !== 0
    },
    async finish({ id, attempts }, state, update, client) {
      const { sets, values } = assignments(update, 5)
      const { rowCount } = await (client ?? pool).query(
        `UPDATE training_runs SET state = $3, finished_at = $4, ${sets}
         WHERE id = $1 AND attempts = $2 AND state = 'running'`,
        [id, attempts, state, clock.now(), ...values],
      )
      return rowCount !== 0
    },
  }
}

/** `step = $2, progress = $3`; the names come from our own type. */
function assignments(update: RunUpdate, first: number): { sets: string; values: unknown[] } {
  const entries = Object.entries(update)
  return {
    sets: entries.map(([name], index) => `${name} = $${first + index}`).join(', '),
    values: entries.map(([, value]) => value),
  }
}

const withoutNulls = ({ from, to, ...run }: TrainingRun): TrainingRun => ({
  ...run,
  ...(from != null && { from }),
  ...(to != null && { to }),
})

export function unknownRun(id: string): never {
  throw new NotFoundError({
    code: 'training-run-unknown',
    message: `There is no training run ${id}. GET /v1/training-runs lists them.`,
  })
}
