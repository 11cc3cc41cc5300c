import { randomUUID } from 'node:crypto'
import type { PoolClient } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { NotFoundError } from '../platform/errors.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'

type RunState = 'queued' | 'running' | 'succeeded' | 'failed'

/** Counts of results by verdict. */
export interface RunSummary {
  readonly devices: number
  readonly drift: Readonly<Record<string, number>>
  readonly performance: Readonly<Record<string, number>>
}

export interface MonitoringRun {
  readonly id: string
  /** Asked for by an operator, not by the schedule. */
  readonly manual: boolean
  readonly until: number | null
  readonly state: RunState
  readonly attempts: number
  readonly createdAt: number
  readonly finishedAt: number | null
  readonly summary: RunSummary | null
  readonly error: { readonly code: string; readonly message: string } | null
}

export interface MonitoringRuns {
  /** Undefined where the period has its run already. */
  create(spec: {
    period: number | null
    until: number | null
  }): Promise<{ run: MonitoringRun; job: string } | undefined>
  /** @throws NotFoundError `monitoring-run-unknown` */
  get(id: string, client?: Pick<PoolClient, 'query'>): Promise<MonitoringRun>
  /** Newest first. */
  list(page: PageRequest): Promise<Page<MonitoringRun>>
  /** Jobs of runs that have not ended. */
  open(): Promise<readonly { readonly job: string; readonly state: RunState }[]>
  /** Takes a job up; undefined where its run has ended. */
  begin(job: string): Promise<MonitoringRun | undefined>
  fail(id: string, error: MonitoringRun['error']): Promise<void>
  /** Drops runs that ended before, the oldest first, with what they found; the newest that succeeded stays. @param before unix ms */
  drop(before: number, signal: AbortSignal): Promise<void>
}

const SELECT = `
  SELECT id::text, period IS NULL AS manual, until_at AS until, state, attempts, created_at AS "createdAt",
    finished_at AS "finishedAt", summary, error FROM monitoring_runs`

/** Runs of one statement, each with thousands of results at times. */
const DROPPED_AT_ONCE = 10

export function monitoringRuns({ database: { pool }, clock }: { database: Database; clock: Clock }): MonitoringRuns {
  const get = async (id: string, client: Pick<PoolClient, 'query'> = pool): Promise<MonitoringRun> => {
    const { rows } = await client.query<MonitoringRun>(`${SELECT} WHERE id = $1`, [id])
    if (rows[0]) return rows[0]
    throw new NotFoundError({
      code: 'monitoring-run-unknown',
      message: `There is no monitoring run ${id}. GET /v1/monitoring-runs lists them.`,
    })
  }
  return {
    get,
    async create({ period, until }) {
      const job = randomUUID()
      const { rows } = await pool.query<{ id: string }>(
        `INSERT INTO monitoring_runs (job, period, until_at, state, created_at) VALUES ($1, $2, $3, 'queued', $4)
         ON CONFLICT (period) DO NOTHING RETURNING id::text`,
        [job, period, until, clock.now()],
      )
      return rows[0] && { run: await get(rows[0].id), job }
    },
    async list({ after, limit }) {
      const { rows } = await pool.query<MonitoringRun>(
        `${SELECT} WHERE ($1::int8 IS NULL OR monitoring_runs.id < $1) ORDER BY monitoring_runs.id DESC LIMIT $2`,
        [after ?? null, limit + 1],
      )
      return toPage(rows, limit, (run) => run.id)
    },
    async open() {
      const { rows } = await pool.query<{ job: string; state: RunState }>(
        "SELECT job, state FROM monitoring_runs WHERE state IN ('queued', 'running') ORDER BY id",
      )
      return rows
    },
    async begin(job) {
      const { rows } = await pool.query<{ id: string }>(
        `UPDATE monitoring_runs SET state = 'running', attempts = attempts + 1
         WHERE job = $1 AND state IN ('queued', 'running') RETURNING id::text`,
        [job],
      )
      return rows[0] && get(rows[0].id)
    },
    async fail(id, error) {
      await pool.query("UPDATE monitoring_runs SET state = 'failed', finished_at = $2, error = $3 WHERE id = $1", [
        id,
        clock.now(),
        error,
      ])
    },
    async drop(before, signal) {
      let dropped = DROPPED_AT_ONCE
      while (dropped === DROPPED_AT_ONCE && !signal.aborted) {
        const { rowCount } = await pool.query(
          `DELETE FROM monitoring_runs WHERE id IN (SELECT id FROM monitoring_runs
             WHERE finished_at < $1 AND id <> (SELECT coalesce(max(id), 0) FROM monitoring_runs WHERE state = 'succeeded')
             ORDER BY id LIMIT ${DROPPED_AT_ONCE})`,
          [before],
        )
        dropped = rowCount ?? 0
      }
    },
  }
}
