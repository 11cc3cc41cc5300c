import type { PoolClient } from 'pg'
import type { Database } from '../platform/database.ts'
import type { Wanted } from './member-state.ts'
import type { RolloutRecord } from './records.ts'
import { devicesBy } from './steps.ts'

/** What a rollout would be. */
export interface StartPlan {
  readonly name: string
  readonly model: string
  readonly version: number
  readonly devices: number
  /** The devices that each step tells, in their order. */
  readonly cohorts: {
    /** From 0. */
    readonly step: number
    /** Those of the steps before included. */
    readonly told: number
    readonly devices: number
    readonly first: string[]
  }[]
  /** Versions that the devices have, and would go back to; null: none. */
  readonly had: { readonly version: number | null; readonly devices: number }[]
}

/** What a verb would do. */
export interface VerbPlan {
  readonly name: string
  /** In words; null: nothing. */
  readonly effect: string | null
  /** As it would be then, before any device has answered. */
  readonly state: RolloutRecord['state']
  readonly step: number
  /** What devices would be told. */
  readonly changes: { readonly to: Wanted; readonly devices: number; readonly first: string[] }[]
}

class Rehearsed extends Error {}

/** Does the work in a transaction, and leaves nothing of it. */
export async function rehearse<T>(database: Database, work: (client: PoolClient) => Promise<T>): Promise<T> {
  let result: { readonly of: T } | undefined
  try {
    await database.transaction(async (client) => {
      result = { of: await work(client) }
      throw new Rehearsed()
    })
  } catch (error) {
    if (!(error instanceof Rehearsed) || !result) throw error
  }
  return result!.of
}

/** Devices named for each cohort, for people. */
const NAMED = 10

/** Of a rollout that has just been given its members. */
export async function planOfStart(client: PoolClient, rollout: RolloutRecord): Promise<StartPlan> {
  const { id, name, model, version, document } = rollout
  const had = await client.query<StartPlan['had'][number]>(
    `SELECT (previous->>'version')::int4 AS version, count(*)::int4 AS devices FROM rollout_devices WHERE rollout = $1
     GROUP BY 1 ORDER BY 1`,
    [id],
  )
  const devices = had.rows.reduce((sum, each) => sum + each.devices, 0)
  const cohorts: StartPlan['cohorts'] = []
  let before = 0
  for (const [step, one] of document.spec.steps.entries()) {
    if (one.pause || one.analysis) continue
    const told = Math.max(before, devicesBy(one, devices))
    const { rows } = await client.query<{ device: string }>(
      'SELECT device FROM rollout_devices WHERE rollout = $1 ORDER BY position OFFSET $2 LIMIT $3',
      [id, before, Math.min(NAMED, told - before)],
    )
    cohorts.push({ step, told, devices: told - before, first: rows.map(({ device }) => device) })
    before = told
  }
  return { name, model, version, devices, cohorts, had: had.rows }
}

/** Of a verb that has just been done. */
export async function planOfVerb(
  client: PoolClient,
  rollout: RolloutRecord,
  effect: string | undefined,
): Promise<VerbPlan> {
  const { id, name, state, step } = rollout
  const { rows } = await client.query<VerbPlan['changes'][number]>(
    `SELECT wanted AS to, count(*)::int4 AS devices, (array_agg(device ORDER BY position))[1:${NAMED}] AS first
     FROM rollout_devices WHERE rollout = $1 AND (wanted <> applied OR (wanted = 'active' AND check_at = 0))
     GROUP BY wanted ORDER BY wanted`,
    [id],
  )
  return { name, effect: effect ?? null, state, step, changes: rows }
}
