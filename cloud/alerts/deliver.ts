import type { AlertRoute } from '@storecast/shared/contracts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { Log } from '../platform/log.ts'
import { type Repeated, repeat } from '../platform/repeat.ts'
import { claim, type Due, fail, putOff, rest } from './line.ts'
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

/** Notifications that are sent at once, and how many of them to one route: one that answers slowly leaves the others theirs. */
const AT_ONCE = 32
const AT_ONCE_A_ROUTE = 2
const EVERY_MS = 1000
const FIRST_WAIT_MS = 2000
const LONGEST_WAIT_MS = 15 * 60_000
const GIVE_UP_MS = 24 * 3_600_000

/**
 * Sends what is due, each route's line for itself. What a receiver does not take is tried again with full jitter, up to 15
 * minutes apart, for a day, and reminders for as long as their alert fires; what it refuses is kept as failed, with its reason. An alert's
 * end is sent after its beginning.
 */
export function startDelivery(options: DeliveryOptions): Repeated {
  const { database, realTime, log } = options
  const failed = 'alerts were not sent; trying again'
  const sending = new Map<string, number>()
  const underWay = new Set<Promise<void>>()
  const begin = async (due: Due) => {
    const others = sending.get(due.routeName) ?? 0
    sending.set(due.routeName, others + 1)
    try {
      await deliver(options, due)
    } catch (error) {
      log.error({ error }, failed)
    }
    const left = sending.get(due.routeName)! - 1
    if (left > 0) sending.set(due.routeName, left)
    else sending.delete(due.routeName)
  }
  const line = repeat({
    async work() {
      const most = AT_ONCE - underWay.size
      if (most === 0) return false
      for (const due of await claim(database.pool, {
        now: realTime.now(),
        most,
        mostARoute: AT_ONCE_A_ROUTE,
        sending,
      })) {
        const done: Promise<void> = begin(due).then(() => {
          underWay.delete(done)
          line.wake()
        })
        underWay.add(done)
      }
      return false
    },
    rest: { everyMs: EVERY_MS, times: 0 },
    log,
    failed,
  })
  return {
    wake: line.wake,
    async [Symbol.asyncDispose]() {
      await line[Symbol.asyncDispose]()
      await Promise.all(underWay)
    },
  }
}

async function deliver(options: DeliveryOptions, due: Due): Promise<void> {
  const { database, realTime, log, onOutcome } = options
  const { pool } = database
  const { rows } = await pool.query<Alert>(`${SELECT_ALERT} WHERE a.id = $1`, [due.alert])
  const [alert] = rows
  if (!alert) return // It was dropped with what is told of it.
  const { route } = due
  if (due.state === 'sent' && !(route && isReminded(alert, route))) {
    return rest(pool, due, { nextAt: route && nextAt(due, route, realTime.now()) })
  }
  try {
    if (!route) throw new UnsendableError('The route was removed before the alert was sent.')
    await send(options, route, noticeOf(options, alert, due))
    const now = realTime.now()
    await rest(pool, due, { sentAt: now, nextAt: nextAt(due, route, now) })
    onOutcome(route.spec.receiver.type, 'sent')
  } catch (error) {
    const final = error instanceof UnsendableError
    if (!final && !(error instanceof NotNowError)) throw error
    const now = realTime.now()
    // Not of reminders: what still fires is told again when the receiver is back, however long that takes.
    const givesUp = final || (due.state === 'queued' && now - due.createdAt > GIVE_UP_MS)
    log.warn(
      { alert: due.alert, route: due.routeName, error: error.message },
      givesUp ? 'an alert could not be sent' : 'an alert is sent later',
    )
    if (givesUp) await fail(pool, due, error.message)
    else await putOff(pool, due, { nextAt: now + waitMs(error, due.attempts), error: error.message })
    if (route) onOutcome(route.spec.receiver.type, givesUp ? 'failed' : 'retried')
  }
}

const waitMs = ({ afterMs }: NotNowError, attempts: number) =>
  Math.round(Math.max(afterMs, Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts, 20))))

/** When its alert is told of again, if it still fires. */
function nextAt({ status }: Due, route: AlertRoute, now: number): number | null {
  const repeat = status === 'firing' ? repeatMs(route) : undefined
  return repeat === undefined ? null : now + repeat
}

/** Nobody is reminded of what is muted, or by a route at rest; an Alertmanager takes what it no longer hears of for resolved. */
const isReminded = ({ inhibitedBy, silencedBy }: Alert, { spec }: AlertRoute): boolean =>
  !spec.suspend && (spec.receiver.type === 'alertmanager' || (inhibitedBy === null && silencedBy === null))

const noticeOf = ({ linkTo, realTime }: DeliveryOptions, alert: Alert, { status, state, runbook }: Due): Notice => ({
  alert,
  status,
  again: state === 'sent',
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
