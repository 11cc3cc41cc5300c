import type { ObjectRef, RolloutDocument, RolloutState } from '@storecast/shared/contracts'
import type { Pool, PoolClient } from 'pg'
import { NotFoundError } from '../platform/errors.ts'
import type { LabelLimit } from '../platform/label-limit.ts'
import type { Analysis } from './analysis/analysis.ts'
import type { CountRow } from './counts.ts'

/** Those in which a rollout holds its devices: another of the same model is refused them. */
export const OPEN_STATES: readonly RolloutState[] = ['running', 'paused', 'aborting', 'undoing']

export interface RolloutRecord {
  readonly id: string
  readonly name: string
  readonly document: RolloutDocument
  readonly model: string
  readonly version: number
  readonly bundle: ObjectRef
  readonly state: RolloutState
  /** Why it is in that state, or what it waits for. */
  readonly reason: string | null
  /** The step that goes on, from 0; as many as there are steps once all are done. */
  readonly step: number
  readonly stepAt: number
  /** Who let it pass 25 %. */
  readonly proven: 'evidence' | 'person' | null
  readonly full: boolean
  readonly accepted: number
  /** What it becomes when its devices have been told to go back. */
  readonly endsAs: 'failed' | 'aborted' | 'undone' | null
  readonly evidenceMark: string
  readonly settled: boolean
  /** Of one that is settled, whose members change no more; null where they are to be counted. */
  readonly settledCounts: readonly CountRow[] | null
  /** Of who started it: no device beyond comes into it. */
  readonly limit: LabelLimit
  readonly createdAt: number
  readonly finishedAt: number | null
}

export const SELECT_ROLLOUT = `
  SELECT id::text, name, document, model, version, bundle, state, reason, step, step_at AS "stepAt", proven,
    is_full AS full, accepted, ends_as AS "endsAs", evidence_mark AS "evidenceMark", settled,
    CASE WHEN settled THEN settled_counts END AS "settledCounts", label_limit AS "limit", created_at AS "createdAt", finished_at AS "finishedAt"
  FROM rollouts`

type Queryable = Pick<PoolClient | Pool, 'query'>

/** By number, or the newest of a name. @throws NotFoundError `rollout-unknown`. */
export async function findRollout(client: Queryable, which: string, lock = false): Promise<RolloutRecord> {
  const by = /^\d+$/.test(which) ? 'id = $1' : 'name = $1'
  const { rows } = await client.query<RolloutRecord>(
    `${SELECT_ROLLOUT} WHERE ${by} ORDER BY rollouts.id DESC LIMIT 1 ${lock ? 'FOR UPDATE' : ''}`,
    [which],
  )
  return rows[0] ?? unknownRollout(which)
}

export function unknownRollout(which: string): never {
  throw new NotFoundError({
    code: 'rollout-unknown',
    message: `There is no rollout ${which}. GET /v1/rollouts lists them.`,
  })
}

type RolloutChange = Partial<
  Pick<
    RolloutRecord,
    | 'state'
    | 'reason'
    | 'step'
    | 'stepAt'
    | 'proven'
    | 'full'
    | 'accepted'
    | 'endsAs'
    | 'evidenceMark'
    | 'settled'
    | 'finishedAt'
  >
>

const COLUMNS: Readonly<Record<keyof RolloutChange, string>> = {
  state: 'state',
  reason: 'reason',
  step: 'step',
  stepAt: 'step_at',
  proven: 'proven',
  full: 'is_full',
  accepted: 'accepted',
  endsAs: 'ends_as',
  evidenceMark: 'evidence_mark',
  settled: 'settled',
  finishedAt: 'finished_at',
}

/** Writes the change down, and gives the rollout as it is then. */
export async function changeRollout(
  client: Queryable,
  rollout: RolloutRecord,
  change: RolloutChange,
): Promise<RolloutRecord> {
  const entries = Object.entries(change) as [keyof RolloutChange, unknown][]
  const sets = entries.map(([key], index) => `${COLUMNS[key]} = $${index + 2}`).join(', ')
  await client.query(`UPDATE rollouts SET ${sets} WHERE id = $1`, [rollout.id, ...entries.map(([, value]) => value)])
  return { ...rollout, ...change }
}

export interface HistoryEntry {
  readonly at: number
  /** `controller`, or who called. */
  readonly who: string
  readonly what: string
  readonly reason: string
}

export async function writeHistory(client: Queryable, rollout: string, entry: HistoryEntry): Promise<void> {
  const { at, who, what, reason } = entry
  await client.query('INSERT INTO rollout_history (rollout, at, who, what, reason) VALUES ($1, $2, $3, $4, $5)', [
    ...[rollout, at, who, what, reason],
  ])
}

export interface AnalysisRecord {
  readonly step: number
  readonly at: number
  readonly analysis: Analysis
}

export const newestAnalysis = async (client: Queryable, rollout: string): Promise<AnalysisRecord | null> =>
  (await newestAnalyses(client, [rollout])).get(rollout) ?? null

/** What an analysis came to, without the figures that it rests on. */
export type VerdictRecord = Omit<AnalysisRecord, 'analysis'> & {
  readonly analysis: Pick<Analysis, 'verdict' | 'reason' | 'final'>
}

/** The same of the newest of each rollout: figures are many, and a list shows none. */
export const newestVerdicts = (client: Queryable, rollouts: readonly string[]) =>
  newestOf<VerdictRecord>(
    client,
    rollouts,
    "jsonb_build_object('verdict', body->'verdict', 'reason', body->'reason', 'final', body->'final')",
  )

/** By rollout; of one that has none there is nothing. */
export const newestAnalyses = (client: Queryable, rollouts: readonly string[]) =>
  newestOf<AnalysisRecord>(client, rollouts, 'body')

async function newestOf<T>(
  client: Queryable,
  rollouts: readonly string[],
  body: string,
): Promise<ReadonlyMap<string, T>> {
  const { rows } = await client.query<T & { rollout: string }>(
    `SELECT r.id::text AS rollout, a.step, a.at, a.analysis FROM unnest($1::int8[]) AS r (id) CROSS JOIN LATERAL (
       SELECT step, at, ${body} AS analysis FROM rollout_analyses WHERE rollout = r.id ORDER BY rollout_analyses.id DESC LIMIT 1) a`,
    [rollouts],
  )
  return new Map(rows.map(({ rollout, ...record }) => [rollout, record as T]))
}

/** Rollouts that go on and name the group, as people call them; their late joiners come by it. */
export async function rolloutsOfGroup(client: Queryable, group: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ id: string; name: string }>(
    `SELECT id::text, name FROM rollouts WHERE state = ANY($1) AND document->'spec'->'selector'->'groups' ? $2 ORDER BY rollouts.id`,
    [OPEN_STATES, group],
  )
  return rows.map(({ id, name }) => `rollout ${name} (${id})`)
}
