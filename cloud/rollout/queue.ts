import type { Pool } from 'pg'
import { z } from 'zod'
import { deviceWithin, type LabelLimit, NO_LIMIT } from '../platform/label-limit.ts'
import { fromCursor, type Page, type PageRequest, toCursor, toPage } from '../platform/paging.ts'

/** What a device was told while it was away. */
export interface QueuedAction {
  readonly device: string
  readonly rollout: string
  /** Number of the rollout. */
  readonly id: string
  readonly model: string
  /** To serve the rollout's version, or to go back to what it had. */
  readonly action: 'serve' | 'go-back'
  /** Null: none of the model. */
  readonly version: number | null
  readonly since: number
  /** When the device goes without; null: never, going back waits for as long as it takes. */
  readonly expiresAt: number | null
}

export interface QueueRequest extends PageRequest {
  readonly device?: string | undefined
  /** Number of a rollout. */
  readonly rollout?: string | undefined
  readonly within?: LabelLimit
}

const Position = z.tuple([z.string(), z.string()])

/** By device. */
export async function listQueue(
  pool: Pool,
  { after, limit, device, rollout, within = NO_LIMIT }: QueueRequest,
): Promise<Page<QueuedAction>> {
  const [afterDevice, afterRollout] = after === undefined ? ['', '0'] : fromCursor(after, Position)
  const { rows } = await pool.query<QueuedAction>(
    `SELECT m.device, r.name AS rollout, r.id::text, r.model, m.told_at AS since,
       CASE m.applied WHEN 'active' THEN 'serve' ELSE 'go-back' END AS action,
       CASE m.applied WHEN 'active' THEN r.version ELSE (m.previous->>'version')::int4 END AS version,
       CASE m.applied WHEN 'active' THEN m.check_at END AS "expiresAt"
     FROM rollout_devices m JOIN rollouts r ON r.id = m.rollout
     WHERE m.state = 'offline' AND (m.device, m.rollout) > ($1, $2::int8) AND ($3::text IS NULL OR m.device = $3)
       AND ($4::int8 IS NULL OR m.rollout = $4) AND ${deviceWithin('m.device', 5)}
     ORDER BY m.device, m.rollout LIMIT $6`,
    [afterDevice, afterRollout, device ?? null, rollout ?? null, within, limit + 1],
  )
  return toPage(rows, limit, (row) => toCursor([row.device, row.id]))
}
