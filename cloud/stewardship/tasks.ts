import type { QualityDimension } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ConflictError, NotFoundError } from '../platform/errors.ts'
import { type LabelLimit, NO_LIMIT, siteWithin } from '../platform/label-limit.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'

export type TaskState = 'open' | 'acknowledged' | 'closed'

/** A dimension of a sensor's quality that wants somebody's eye. */
export interface Task {
  readonly id: number
  readonly device: string
  readonly site: string
  readonly sensor: string
  readonly dimension: QualityDimension
  readonly dataset: string | null
  readonly owner: string | null
  readonly steward: string | null
  readonly assignee: string | null
  readonly state: TaskState
  readonly threshold: number
  readonly score: number
  readonly worst: number
  readonly openedAt: number
  readonly scoredAt: number
  readonly closedAt: number | null
  readonly endReason: 'recovered' | 'closed' | 'gone' | null
}

export interface TaskEntry {
  readonly id: number
  readonly at: number
  /** Null: the cloud itself. */
  readonly who: string | null
  readonly action: 'opened' | 'acknowledged' | 'assigned' | 'commented' | 'closed'
  readonly note: string
}

export interface TaskFilter {
  readonly state?: TaskState | 'standing' | undefined
  readonly device?: string | undefined
  readonly site?: string | undefined
  readonly sensor?: string | undefined
  readonly steward?: string | undefined
  readonly dataset?: string | undefined
  readonly within?: LabelLimit
}

export interface By {
  readonly who: string
  readonly note: string
}

type Client = Pick<PoolClient, 'query'>

export interface Tasks {
  /** Newest first. */
  list(query: TaskFilter & PageRequest): Promise<Page<Task>>
  /** Tasks that are not closed. */
  standing(): Promise<number>
  /** @throws NotFoundError `task-unknown`. */
  get(id: number, client?: Client): Promise<Task>
  /** Those of these that there are, by id. */
  getAll(ids: readonly number[], client: Client): Promise<Task[]>
  /** What happened to a task, oldest first. @throws NotFoundError `task-unknown`. */
  history(id: number, page: PageRequest): Promise<Page<TaskEntry>>
  /** Somebody has taken it up, and is its assignee where there is none. @throws ConflictError `task-closed`. */
  acknowledge(id: number, by: By): Promise<Task>
  /** @throws NotFoundError `task-unknown`, ConflictError `task-closed`. */
  assign(id: number, by: By & { readonly assignee: string }): Promise<Task>
  /** Closed tasks may be commented too. @throws NotFoundError `task-unknown`. */
  comment(id: number, by: By): Promise<Task>
  /** No other is opened before the score has recovered. @throws NotFoundError `task-unknown`, ConflictError `task-closed`. */
  close(id: number, by: By): Promise<Task>
}

const SELECT = `
  SELECT id, device, site, sensor, dimension, dataset, owner, steward, assignee, state, threshold, score, worst,
    opened_at AS "openedAt", scored_at AS "scoredAt", closed_at AS "closedAt", end_reason AS "endReason"
  FROM stewardship_tasks`

export function createTasks({ database, clock }: { database: Database; clock: Clock }): Tasks {
  const { pool } = database
  const get: Tasks['get'] = async (id, client = pool) => {
    const { rows } = await client.query<Task>(`${SELECT} WHERE id = $1`, [id])
    return rows[0] ?? unknownTask(id)
  }
  /** Changes a task that is not closed, and says so in its history. */
  const change = (id: number, entry: By & { readonly action: TaskEntry['action'] }, set: string, values: unknown[]) =>
    database.transaction(async (client) => {
      const { state } = await get(id, client)
      const { rowCount } = await client.query(
        `UPDATE stewardship_tasks SET ${set} WHERE id = $1 AND closed_at IS NULL`,
        [id, ...values],
      )
      if (rowCount === 0 || state === 'closed') {
        throw new ConflictError({
          code: 'task-closed',
          message: `Task ${id} is closed. It can be commented; a new fault opens a new task.`,
        })
      }
      await tell(client, { task: id, at: clock.now(), ...entry })
      return get(id, client)
    })
  return {
    get,
    getAll: async (ids, client) => (await client.query<Task>(`${SELECT} WHERE id = ANY($1) ORDER BY id`, [ids])).rows,
    async list({ after, limit, state, device, site, sensor, steward, dataset, within = NO_LIMIT }) {
      const { rows } = await pool.query<Task>(
        `${SELECT} WHERE ($1::int8 IS NULL OR id < $1)
           AND ($2::text IS NULL OR state = $2 OR ($2 = 'standing' AND closed_at IS NULL))
           AND ($3::text IS NULL OR device = $3) AND ($4::text IS NULL OR site = $4)
           AND ($5::text IS NULL OR sensor = $5) AND ($6::text IS NULL OR coalesce(assignee, steward) = $6)
           AND ($7::text IS NULL OR dataset = $7) AND ${siteWithin('stewardship_tasks.site', 9)}
         ORDER BY id DESC LIMIT $8`,
        [...[after, state, device, site, sensor, steward, dataset].map((value) => value ?? null), limit + 1, within],
      )
      return toPage(rows, limit, ({ id }) => String(id))
    },
    async standing() {
      const sql = 'SELECT count(*)::int4 AS count FROM stewardship_tasks WHERE closed_at IS NULL'
      return (await pool.query<{ count: number }>(sql)).rows[0]!.count
    },
    async history(id, { after, limit }) {
      await get(id)
      const { rows } = await pool.query<TaskEntry>(
        `SELECT id, at, who, action, note FROM stewardship_history
         WHERE task = $1 AND ($2::int8 IS NULL OR id > $2) ORDER BY id LIMIT $3`,
        [id, after ?? null, limit + 1],
      )
      return toPage(rows, limit, (entry) => String(entry.id))
    },
    acknowledge: (id, by) =>
      change(id, { ...by, action: 'acknowledged' }, "state = 'acknowledged', assignee = coalesce(assignee, $2)", [
        by.who,
      ]),
    assign: (id, { assignee, who, note }) =>
      change(id, { who, note: note === '' ? assignee : `${assignee}: ${note}`, action: 'assigned' }, 'assignee = $2', [
        assignee,
      ]),
    comment: (id, by) =>
      database.transaction(async (client) => {
        const task = await get(id, client)
        await tell(client, { task: id, at: clock.now(), ...by, action: 'commented' })
        return task
      }),
    close: (id, by) =>
      change(id, { ...by, action: 'closed' }, "state = 'closed', end_reason = 'closed', closed_at = $2", [clock.now()]),
  }
}

export function unknownTask(id: number | string): never {
  throw new NotFoundError({
    code: 'task-unknown',
    message: `There is no stewardship task ${id}. GET /v1/stewardship-tasks lists them.`,
  })
}

export async function tell(
  client: Client,
  { task, at, who, action, note }: Omit<TaskEntry, 'id'> & { readonly task: number },
): Promise<void> {
  await client.query('INSERT INTO stewardship_history (task, at, who, action, note) VALUES ($1, $2, $3, $4, $5)', [
    ...[task, at, who, action, note],
  ])
}
