import type { MemberState } from '@storecast/shared/contracts'
import type { Pool } from 'pg'
import { type LabelLimit, NO_LIMIT, siteWithin } from '../platform/label-limit.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'
import type { Wanted } from './member-state.ts'
import type { RolloutRecord } from './records.ts'

/** Where a device of a rollout is, and what it should run beside what it runs. */
export interface RolloutDevice {
  readonly device: string
  readonly site: string
  readonly state: MemberState
  readonly reason: string | null
  /** Told to serve the version, runs it in shadow, or neither yet. */
  readonly wanted: Wanted
  /** The step that told it to serve the version, from 0; null before. */
  readonly step: number | null
  readonly late: boolean
  /** The version that it had; null: none. */
  readonly previousVersion: number | null
  /** The version of the model that it should serve now, by whatever told it last; null: none. */
  readonly desiredVersion: number | null
  /** The version that it last said to serve; null: none, or it has not said. */
  readonly servingVersion: number | null
  /** Of its update of the model, as it said last; null: it has not said. */
  readonly phase: string | null
  readonly error: { readonly code: string; readonly message: string } | null
  readonly online: boolean
  readonly toldAt: number | null
  readonly reportedAt: number | null
}

export interface MemberFilter {
  readonly state?: MemberState | undefined
  /** Only those that serve another version than they should. */
  readonly differs?: boolean | undefined
  readonly within?: LabelLimit
}

const SERVING = `(r.body->'models'->$2->>'active')::int4`

/** By id. */
export async function listMembers(
  pool: Pool,
  { id, model }: Pick<RolloutRecord, 'id' | 'model'>,
  { after = '', limit, state, differs = false, within = NO_LIMIT }: MemberFilter & PageRequest,
): Promise<Page<RolloutDevice>> {
  const { rows } = await pool.query<RolloutDevice>(
    `SELECT m.device, d.site, m.state, m.reason, m.wanted, m.step, m.late,
       (m.previous->>'version')::int4 AS "previousVersion", p.version AS "desiredVersion", ${SERVING} AS "servingVersion",
       r.body->'models'->$2->>'phase' AS phase, r.body->'models'->$2->'error' AS error, d.online,
       m.told_at AS "toldAt", r.received_at AS "reportedAt"
     FROM rollout_devices m JOIN devices d ON d.id = m.device
     LEFT JOIN desired_models p ON p.device = m.device AND p.model = $2
     LEFT JOIN reported r ON r.device = m.device
     WHERE m.rollout = $1 AND m.device > $3 AND ($4::text IS NULL OR m.state = $4)
       AND (NOT $5 OR p.version IS DISTINCT FROM ${SERVING}) AND ${siteWithin('d.site', 6)}
     ORDER BY m.device LIMIT $7`,
    [id, model, after, state ?? null, differs, within, limit + 1],
  )
  return toPage(rows, limit, (one) => one.device)
}
