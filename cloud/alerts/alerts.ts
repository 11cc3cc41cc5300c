import type { AlertRoute, AlertRule, Severity } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ConflictError, InvalidError, NotFoundError } from '../platform/errors.ts'
import { type LabelLimit, NO_LIMIT, siteWithin } from '../platform/label-limit.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'
import { type Fault, type Judgement, judgeInTurns, ruleFaults } from './judge.ts'
import { type Alert, SELECT_ALERT } from './store.ts'
import { overOf, type SubjectSources } from './subjects.ts'
import { routeFaults } from './told.ts'

/** A rule, and how it went when it was asked last. */
export interface RuleStanding {
  readonly document: AlertRule
  readonly askedAt: number | null
  /** What could not be evaluated, of one subject; null: nothing. */
  readonly error: string | null
  readonly pending: number
  readonly firing: number
}

export interface Silence {
  readonly id: number
  /** What an alert has to carry; `rule` stands for the rule's name. */
  readonly labels: Readonly<Record<string, string>>
  readonly startsAt: number
  readonly endsAt: number
  readonly createdBy: string
  readonly comment: string
}

/** What a route was told of an alert. Times are real. */
export interface Notification {
  readonly id: number
  readonly alert: number
  readonly route: string
  readonly status: 'firing' | 'resolved'
  readonly state: 'queued' | 'sent' | 'failed'
  readonly attempts: number
  readonly nextAt: number | null
  readonly sentAt: number | null
  readonly error: string | null
  readonly createdAt: number
}

export interface AlertFilter {
  readonly state?: Alert['state'] | undefined
  readonly severity?: Severity | undefined
  readonly rule?: string | undefined
  readonly site?: string | undefined
  /** Alerts of sites outside are left out, and those that are of no one site. */
  readonly within?: LabelLimit
}

type Client = Pick<PoolClient, 'query'>

export interface Alerts {
  /** Newest first. */
  list(query: AlertFilter & PageRequest): Promise<Page<Alert>>
  /** @throws NotFoundError `alert-unknown`. */
  get(id: number, client?: Client): Promise<Alert>
  /** Somebody has taken it up. @throws NotFoundError `alert-unknown`, ConflictError `alert-over`. */
  acknowledge(id: number, by: { readonly who: string; readonly note: string }): Promise<Alert>
  /** What routes were told of an alert, in order. @throws NotFoundError `alert-unknown`. */
  notifications(alert: number, page: PageRequest): Promise<Page<Notification>>
  /** Puts what could not be sent in line again. @throws NotFoundError `notification-unknown`, ConflictError `notification-not-failed`, `alert-over`. */
  sendAgain(notification: number): Promise<Notification>
  /** Alerts that have not ended. */
  counts(): Promise<readonly { readonly state: string; readonly severity: Severity; readonly count: number }[]>
  /** Notifications that wait or have failed. */
  unsent(): Promise<{ readonly queued: number; readonly failed: number }>

  /** By name. */
  rules(page: PageRequest): Promise<Page<RuleStanding>>
  /** How many could not be evaluated for some subject when they were asked last. */
  brokenRules(): Promise<number>
  /** @throws NotFoundError `alert-rule-unknown`. */
  rule(name: string, client?: Client): Promise<RuleStanding>
  /** Creates or replaces. @throws InvalidError `alert-expression` for what can never be evaluated. */
  putRule(rule: AlertRule): Promise<RuleStanding>
  /** Its alerts are resolved. @throws NotFoundError `alert-rule-unknown`. */
  removeRule(name: string): Promise<void>
  /** What a rule would say now of every subject; nothing is done. */
  preview(rule: AlertRule): Promise<Judgement & { readonly subjects: number }>

  /** By name. */
  routes(page: PageRequest): Promise<Page<AlertRoute>>
  /** @throws NotFoundError `alert-route-unknown`. */
  route(name: string, client?: Client): Promise<AlertRoute>
  /** Creates or replaces. @throws InvalidError `alert-expression`. */
  putRoute(route: AlertRoute): Promise<AlertRoute>
  /** @throws NotFoundError `alert-route-unknown`. */
  removeRoute(name: string): Promise<void>

  /** Those that have not ended, newest first. */
  silences(page: PageRequest): Promise<Page<Silence>>
  silence(silence: Omit<Silence, 'id'>): Promise<Silence>
  /** Ends it now. @throws NotFoundError `silence-unknown`. */
  endSilence(id: number): Promise<Silence>
}

interface AlertsOptions {
  readonly database: Database
  readonly sources: SubjectSources
  readonly clock: Clock
  readonly realTime: Clock
  /** Rules, routes or silences have changed, or something is to be sent. */
  readonly onChange: () => void
}

const SELECT_RULE = `
  SELECT r.document, r.asked_at AS "askedAt", r.error,
    (SELECT count(*)::int4 FROM alerts a WHERE a.rule = r.name AND a.state = 'pending') AS pending,
    (SELECT count(*)::int4 FROM alerts a WHERE a.rule = r.name AND a.state = 'firing') AS firing
  FROM alert_rules r`
const SELECT_SILENCE = `
  SELECT id, labels, starts_at AS "startsAt", ends_at AS "endsAt", created_by AS "createdBy", comment FROM alert_silences`
const NOTIFICATION = `id, alert, route, status, state, attempts, next_at AS "nextAt", sent_at AS "sentAt", error,
  created_at AS "createdAt"`

export function createAlerts(options: AlertsOptions): Alerts {
  const { database, sources, clock, realTime, onChange } = options
  const { pool } = database
  const get: Alerts['get'] = async (id, client = pool) => {
    const { rows } = await client.query<Alert>(`${SELECT_ALERT} WHERE a.id = $1`, [id])
    return rows[0] ?? unknown('alert', id)
  }
  const rule: Alerts['rule'] = async (name, client = pool) => {
    const { rows } = await client.query<RuleStanding>(`${SELECT_RULE} WHERE r.name = $1`, [name])
    return rows[0] ?? unknown('alert-rule', name)
  }
  const write = async (table: 'alert_rules' | 'alert_routes', document: AlertRule | AlertRoute) => {
    await database.transaction((client) =>
      client.query(
        `INSERT INTO ${table} (name, document, updated_at) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET document = $2, updated_at = $3`,
        [document.metadata.name, document, clock.now()],
      ),
    )
    onChange()
  }
  const remove = async (table: 'alert_rules' | 'alert_routes', name: string) => {
    await database.transaction(async (client) => {
      const { rowCount } = await client.query(`DELETE FROM ${table} WHERE name = $1`, [name])
      if (rowCount === 0) unknown(table === 'alert_rules' ? 'alert-rule' : 'alert-route', name)
    })
    onChange()
  }
  const changed = <T>(work: (client: PoolClient) => Promise<T>) =>
    database.transaction(work).then((result) => {
      onChange()
      return result
    })

  return {
    get,
    rule,
    async list({ after, limit, state, severity, rule, site, within = NO_LIMIT }) {
      const { rows } = await pool.query<Alert>(
        `${SELECT_ALERT} WHERE ($1::int8 IS NULL OR a.id < $1) AND ($2::text IS NULL OR a.state = $2)
           AND ($3::text IS NULL OR a.severity = $3) AND ($4::text IS NULL OR a.rule = $4) AND ($5::text IS NULL OR a.site = $5)
           AND ${siteWithin('a.site', 7)}
         ORDER BY a.id DESC LIMIT $6`,
        [after ?? null, state ?? null, severity ?? null, rule ?? null, site ?? null, limit + 1, within],
      )
      return toPage(rows, limit, ({ id }) => String(id))
    },
    acknowledge: (id, { who, note }) =>
      changed(async (client) => {
        const { rowCount } = await client.query(
          `UPDATE alerts SET acknowledged_at = $2, acknowledged_by = $3, note = $4 WHERE id = $1 AND state <> 'resolved'`,
          [id, clock.now(), who, note],
        )
        const alert = await get(id, client)
        if (rowCount === 1) return alert
        throw new ConflictError({
          code: 'alert-over',
          message: `Alert ${id} is resolved; there is nothing to take up.`,
        })
      }),
    async notifications(alert, { after = '0', limit }) {
      await get(alert)
      const { rows } = await pool.query<Notification>(
        `SELECT ${NOTIFICATION} FROM alert_notifications WHERE alert = $1 AND id > $2 ORDER BY id LIMIT $3`,
        [alert, after, limit + 1],
      )
      return toPage(rows, limit, ({ id }) => String(id))
    },
    sendAgain: (id) =>
      changed(async (client) => {
        const { rows } = await client.query<Notification>(
          `UPDATE alert_notifications n SET state = 'queued', attempts = 0, next_at = $2, created_at = $2
           WHERE n.id = $1 AND n.state = 'failed' AND (n.status = 'resolved' OR EXISTS (
             SELECT 1 FROM alerts a WHERE a.id = n.alert AND a.state = 'firing'))
           RETURNING ${NOTIFICATION}`,
          [id, realTime.now()],
        )
        if (rows[0]) return rows[0]
        const found = await client.query<Notification>(
          `SELECT ${NOTIFICATION} FROM alert_notifications WHERE id = $1`,
          [id],
        )
        const { alert, state } = found.rows[0] ?? unknown('notification', id)
        if (state === 'failed') {
          throw new ConflictError({
            code: 'alert-over',
            message: `Alert ${alert} is resolved meanwhile: nobody is to be told that it fires.`,
          })
        }
        throw new ConflictError({
          code: 'notification-not-failed',
          message: `Notification ${id} was sent or is in line; only one that failed is sent again.`,
        })
      }),
    async counts() {
      const { rows } = await pool.query<{ state: string; severity: Severity; count: number }>(
        `SELECT state, severity, count(*)::int4 AS count FROM alerts WHERE state <> 'resolved' GROUP BY state, severity`,
      )
      return rows
    },
    async unsent() {
      const { rows } = await pool.query<{ queued: number; failed: number }>(
        `SELECT (count(*) FILTER (WHERE state = 'queued'))::int4 AS queued,
           (count(*) FILTER (WHERE state = 'failed'))::int4 AS failed FROM alert_notifications
         WHERE state <> 'sent'`,
      )
      return rows[0]!
    },

    async rules({ after = '', limit }) {
      const { rows } = await pool.query<RuleStanding>(`${SELECT_RULE} WHERE r.name > $1 ORDER BY r.name LIMIT $2`, [
        ...[after, limit + 1],
      ])
      return toPage(rows, limit, ({ document }) => document.metadata.name)
    },
    async brokenRules() {
      const { rows } = await pool.query<{ broken: number }>(
        'SELECT count(*)::int4 AS broken FROM alert_rules WHERE error IS NOT NULL',
      )
      return rows[0]!.broken
    },
    async putRule(document) {
      requireNoFault('Alert rule', document.metadata.name, ruleFaults(document))
      await write('alert_rules', document)
      return rule(document.metadata.name)
    },
    removeRule: (name) => remove('alert_rules', name),
    async preview(document) {
      requireNoFault('Alert rule', document.metadata.name, ruleFaults(document))
      const now = clock.now()
      const subjects = await sources[document.spec.subject]({ now, over: overOf(document) })
      return { ...(await judgeInTurns(document, subjects, now)), subjects: subjects.length }
    },

    async routes({ after = '', limit }) {
      const { rows } = await pool.query<{ document: AlertRoute }>(
        'SELECT document FROM alert_routes WHERE name > $1 ORDER BY name LIMIT $2',
        [after, limit + 1],
      )
      const documents = rows.map(({ document }) => document)
      return toPage(documents, limit, ({ metadata }) => metadata.name)
    },
    async route(name, client = pool) {
      const { rows } = await client.query<{ document: AlertRoute }>(
        'SELECT document FROM alert_routes WHERE name = $1',
        [name],
      )
      return rows[0]?.document ?? unknown('alert-route', name)
    },
    async putRoute(document) {
      requireNoFault('Alert route', document.metadata.name, routeFaults(document))
      await write('alert_routes', document)
      return document
    },
    removeRoute: (name) => remove('alert_routes', name),

    async silences({ after, limit }) {
      const { rows } = await pool.query<Silence>(
        `${SELECT_SILENCE} WHERE ends_at > $1 AND ($2::int8 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
        [clock.now(), after ?? null, limit + 1],
      )
      return toPage(rows, limit, ({ id }) => String(id))
    },
    silence: ({ labels, startsAt, endsAt, createdBy, comment }) =>
      changed(async (client) => {
        const { rows } = await client.query<Silence>(
          `INSERT INTO alert_silences (labels, starts_at, ends_at, created_by, comment) VALUES ($1, $2, $3, $4, $5)
           RETURNING id, labels, starts_at AS "startsAt", ends_at AS "endsAt", created_by AS "createdBy", comment`,
          [labels, startsAt, endsAt, createdBy, comment],
        )
        return rows[0]!
      }),
    endSilence: (id) =>
      changed(async (client) => {
        const { rowCount } = await client.query(
          'UPDATE alert_silences SET ends_at = least(ends_at, $2) WHERE id = $1',
          [...[id, clock.now()]],
        )
        if (rowCount === 0) unknown('silence', id)
        return (await client.query<Silence>(`${SELECT_SILENCE} WHERE id = $1`, [id])).rows[0]!
      }),
  }
}

function requireNoFault(what: string, name: string, [fault]: readonly Fault[]): void {
  if (!fault) return
  throw new InvalidError({
    code: 'alert-expression',
    message: `${what} ${name}, ${fault.at}: ${fault.message}. docs/cloud-team/alerts.md says what expressions can use.`,
  })
}

const LISTS = {
  alert: '/v1/alerts',
  'alert-rule': '/v1/alert-rules',
  'alert-route': '/v1/alert-routes',
  notification: '/v1/alerts/:alert/notifications',
  silence: '/v1/silences',
} as const

function unknown(what: keyof typeof LISTS, which: string | number): never {
  throw new NotFoundError({
    code: `${what}-unknown`,
    message: `There is no ${what.replace('-', ' ')} ${which}. GET ${LISTS[what]} lists them.`,
  })
}

export const unknownAlert = (id: string) => unknown('alert', id)
