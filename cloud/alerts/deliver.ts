import type { AlertRoute } from '@storecast/shared/contracts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { Log } from '../platform/log.ts'
import { type Repeated, repeat } from '../platform/repeat.ts'
import type { Mailer } from './mailer.ts'
import { alertmanagerCall } from './receivers/alertmanager.ts'
import { mailOf } from './receivers/email.ts'
import { pagerdutyCall } from './receivers/pagerduty.ts'
import { type Notice, revealed, type Secrets, UnsendableError } from './receivers/receiver.ts'
import { slackCall } from './receivers/slack.ts'
import { webhookCall } from './receivers/webhook.ts'
import { NotNowError, type ReceiverType, sendCall } from './send.ts'
import { type Alert, SELECT_ALERT } from './store.ts'
import { repeatMs } from './told.ts'

export interface DeliveryOptions {
  readonly database: Database
  /** Real time. */
  readonly realTime: Clock
  readonly log: Log
  readonly mailer: Mailer
  readonly secrets: Secrets
  /** Where people read about an alert. */
  readonly linkTo: (alert: number) => string
  readonly onOutcome: (receiver: ReceiverType, outcome: 'sent' | 'retried' | 'failed') => void
}

/** One that is being sent belongs to its process for so long; then another takes it up: it is sent twice, and not lost. */
const LEASE_MS = 60_000
const AT_ONCE = 8
const EVERY_MS = 1000
const FIRST_WAIT_MS = 2000
const LONGEST_WAIT_MS = 15 * 60_000
const GIVE_UP_MS = 24 * 3_600_000

/**
 * Sends what is due, several at once. What a receiver does not take is tried again with full jitter, up to 15 minutes apart,
 * for a day; what it refuses is kept as failed, with its reason. An alert's end is sent after its beginning.
 */
export function startDelivery(options: DeliveryOptions): Repeated {
  return repeat({
    async work() {
      const due = await claim(options)
      await Promise.all(due.map((one) => deliver(options, one)))
      return due.length === AT_ONCE
    },
    rest: { everyMs: EVERY_MS, times: 0 },
    log: options.log,
    failed: 'alerts were not sent; trying again',
  })
}

interface Due {
  readonly id: number
  readonly alert: number
  readonly status: Notice['status']
  /** Sent before: this is to remind. */
  readonly state: 'queued' | 'sent'
  readonly attempts: number
  readonly createdAt: number
  readonly route: AlertRoute | null
  readonly runbook: string | null
}

async function claim({ database, realTime }: DeliveryOptions): Promise<Due[]> {
  const at = realTime.now()
  const { rows } = await database.pool.query<Due>(
    `WITH due AS (
       SELECT n.id FROM alert_notifications n
       WHERE n.next_at <= $1 AND (n.status = 'firing' OR NOT EXISTS (
         SELECT 1 FROM alert_notifications f
         WHERE f.alert = n.alert AND f.route = n.route AND f.status = 'firing' AND f.state = 'queued'))
       ORDER BY n.next_at LIMIT $3 FOR UPDATE SKIP LOCKED
     )
     UPDATE alert_notifications n SET next_at = $2, attempts = n.attempts + 1
     FROM due JOIN alert_notifications o ON o.id = due.id JOIN alerts a ON a.id = o.alert
     LEFT JOIN alert_routes r ON r.name = o.route LEFT JOIN alert_rules u ON u.name = a.rule
     WHERE n.id = due.id
     RETURNING n.id, n.alert, n.status, n.state, n.attempts, n.created_at AS "createdAt", r.document AS route,
       u.document->'spec'->>'runbook' AS runbook`,
    [at, at + LEASE_MS, AT_ONCE],
  )
  return rows
}

async function deliver(options: DeliveryOptions, due: Due): Promise<void> {
  const { database, realTime, log, onOutcome } = options
  const { pool } = database
  const { rows } = await pool.query<Alert>(`${SELECT_ALERT} WHERE a.id = $1`, [due.alert])
  const alert = rows[0]!
  const { route } = due
  const type = route?.spec.receiver.type
  try {
    if (!route) throw new UnsendableError('The route was removed before the alert was sent.')
    if (isToBeSent(alert, due, route)) await send(options, route, noticeOf(options, alert, due))
    const repeat = due.status === 'firing' ? repeatMs(route) : undefined
    // Not of an alert that has ended meanwhile: its end is in line.
    await pool.query(
      `UPDATE alert_notifications n SET state = 'sent', sent_at = $2, error = NULL, attempts = 0,
         next_at = CASE WHEN a.state = 'firing' THEN $3::int8 END
       FROM alerts a WHERE n.id = $1 AND a.id = n.alert`,
      [due.id, realTime.now(), repeat === undefined ? null : realTime.now() + repeat],
    )
    onOutcome(route.spec.receiver.type, 'sent')
  } catch (error) {
    const final = error instanceof UnsendableError || realTime.now() - due.createdAt > GIVE_UP_MS
    if (!final && !(error instanceof NotNowError)) throw error
    const { message } = error as Error
    log.warn(
      { alert: due.alert, route: route?.metadata.name, error: message },
      final ? 'an alert could not be sent' : 'an alert is sent later',
    )
    await pool.query(
      `UPDATE alert_notifications SET state = CASE WHEN $2::int8 IS NULL THEN 'failed' ELSE state END, next_at = $2, error = $3
       WHERE id = $1`,
      [due.id, final ? null : realTime.now() + waitMs(error as NotNowError, due.attempts), message],
    )
    if (type) onOutcome(type, final ? 'failed' : 'retried')
  }
}

const waitMs = ({ afterMs }: NotNowError, attempts: number) =>
  Math.round(Math.max(afterMs, Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts, 20))))

/** Nobody is reminded of what is muted; an Alertmanager takes what it no longer hears of for resolved. */
const isToBeSent = ({ inhibitedBy, silencedBy }: Alert, { state }: Due, { spec }: AlertRoute): boolean =>
  state === 'queued' || spec.receiver.type === 'alertmanager' || (inhibitedBy === null && silencedBy === null)

const noticeOf = ({ linkTo, realTime }: DeliveryOptions, alert: Alert, { status, runbook }: Due): Notice => ({
  alert,
  status,
  runbook: runbook ?? undefined,
  link: linkTo(alert.id),
  at: realTime.now(),
})

/** Repeats that may be missed before an Alertmanager takes a firing alert for resolved. */
const MISSED_REPEATS = 4

async function send({ secrets, mailer }: DeliveryOptions, route: AlertRoute, notice: Notice): Promise<void> {
  const { receiver } = route.spec
  switch (receiver.type) {
    case 'alertmanager': {
      const bearer = receiver.bearer && revealed(receiver.bearer, secrets)
      const holdsMs = MISSED_REPEATS * (repeatMs(route) ?? 0)
      return sendCall(alertmanagerCall(notice, { url: revealed(receiver.url, secrets), bearer, holdsMs }))
    }
    case 'slack':
      return sendCall(slackCall(notice, revealed(receiver.url, secrets)))
    case 'pagerduty': {
      const routingKey = revealed(receiver.routingKey, secrets)
      return sendCall(pagerdutyCall(notice, { url: receiver.url, routingKey }))
    }
    case 'webhook': {
      const call = webhookCall(notice, receiver, secrets)
      return call && sendCall(call)
    }
    case 'email':
      return mailer.send(mailOf(notice, receiver.to, mailer.host))
  }
}
