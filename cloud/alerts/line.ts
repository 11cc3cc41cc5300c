import type { AlertRoute } from '@storecast/shared/contracts'
import type { Pool } from 'pg'

/** What is to be told of one alert to one route, now. Times are real. */
export interface Due {
  readonly id: number
  readonly alert: number
  readonly status: 'firing' | 'resolved'
  /** Sent before: this is to remind. */
  readonly state: 'queued' | 'sent'
  readonly attempts: number
  readonly createdAt: number
  readonly routeName: string
  /** Null: it was removed. */
  readonly route: AlertRoute | null
  readonly runbook: string | null
}

/** One that is being sent belongs to its process for so long; then another takes it up: it is sent twice, and not lost. */
const LEASE_MS = 60_000

interface Claim {
  /** Real ms. */
  readonly now: number
  readonly most: number
  /** With those that this process sends already. */
  readonly mostARoute: number
  readonly sending: ReadonlyMap<string, number>
}

/**
 * Takes what is due, the oldest of each route first. An alert's end waits until its beginning was sent or given up, and
 * until no reminder of it is under way.
 */
export async function claim(pool: Pool, { now, most, mostARoute, sending }: Claim): Promise<Due[]> {
  const { rows } = await pool.query<Due>(
    // Routes by steps through the index: however much waits for one of them, the others are found at once.
    `WITH RECURSIVE lines AS (
       (SELECT route FROM alert_notifications WHERE next_at IS NOT NULL ORDER BY route LIMIT 1)
       UNION ALL
       SELECT (SELECT n.route FROM alert_notifications n WHERE n.next_at IS NOT NULL AND n.route > l.route
         ORDER BY n.route LIMIT 1)
       FROM lines l WHERE l.route IS NOT NULL
     ), due AS (
       SELECT first.id FROM lines l CROSS JOIN LATERAL (
         SELECT n.id, n.next_at FROM alert_notifications n
         WHERE n.route = l.route AND n.next_at <= $1 AND coalesce(n.sending_until, 0) <= $1
           AND (n.status = 'firing' OR NOT EXISTS (
             SELECT 1 FROM alert_notifications f WHERE f.alert = n.alert AND f.route = n.route AND f.status = 'firing'
               AND (f.state = 'queued' OR f.sending_until > $1)))
         ORDER BY n.next_at, n.id LIMIT greatest(0, $4 - coalesce(($5::jsonb->>l.route)::int4, 0)) FOR UPDATE SKIP LOCKED
       ) first
       ORDER BY first.next_at, first.id LIMIT $3
     )
     UPDATE alert_notifications n SET sending_until = $2, attempts = n.attempts + 1
     FROM due JOIN alert_notifications o ON o.id = due.id JOIN alerts a ON a.id = o.alert
     LEFT JOIN alert_routes r ON r.name = o.route LEFT JOIN alert_rules u ON u.name = a.rule
     WHERE n.id = due.id
     RETURNING n.id, n.alert, n.status, n.state, n.attempts, n.created_at AS "createdAt",
       n.route AS "routeName", r.document AS route, u.document->'spec'->>'runbook' AS runbook`,
    [now, now + LEASE_MS, most, mostARoute, JSON.stringify(Object.fromEntries(sending))],
  )
  return rows
}

type Which = Pick<Due, 'id'>

/** It was told, or need not be. @param nextAt when to remind; never of an alert that has ended meanwhile: its end is in line */
export async function rest(
  pool: Pool,
  { id }: Which,
  { sentAt, nextAt }: { readonly sentAt?: number; readonly nextAt: number | null },
): Promise<void> {
  await pool.query(
    `UPDATE alert_notifications n SET state = 'sent', sent_at = coalesce($2, n.sent_at), error = NULL, attempts = 0,
       sending_until = NULL, next_at = CASE WHEN a.state = 'firing' THEN $3::int8 END
     FROM alerts a WHERE n.id = $1 AND a.id = n.alert`,
    [id, sentAt ?? null, nextAt],
  )
}

/** It is tried again, and an alert's end not before its beginning. Nobody is reminded of an alert that has ended meanwhile. */
export async function putOff(
  pool: Pool,
  { id }: Which,
  { nextAt, error }: { readonly nextAt: number; readonly error: string },
): Promise<void> {
  await pool.query(
    `WITH tried AS (
       UPDATE alert_notifications n SET error = $3, sending_until = NULL,
         next_at = CASE WHEN n.state = 'queued' OR a.state = 'firing' THEN $2::int8 END
       FROM alerts a WHERE n.id = $1 AND a.id = n.alert RETURNING n.alert, n.route, n.status, n.state)
     UPDATE alert_notifications e SET next_at = greatest(e.next_at, $2)
     FROM tried t WHERE t.status = 'firing' AND t.state = 'queued'
       AND e.alert = t.alert AND e.route = t.route AND e.status = 'resolved' AND e.state = 'queued'`,
    [id, nextAt, error],
  )
}

/** It is kept with its reason until an operator sends it again. */
export async function fail(pool: Pool, { id }: Which, error: string): Promise<void> {
  await pool.query(
    `UPDATE alert_notifications SET state = 'failed', next_at = NULL, sending_until = NULL, error = $2 WHERE id = $1`,
    [id, error],
  )
}
