import type { AlertRoute, AlertRule, AlertSubject, Severity } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import type { Condition } from './judge.ts'
import type { Muted, SilenceMatch } from './mute.ts'
import type { OpenAlert, Transition } from './step.ts'

type Queryable = Pick<PoolClient, 'query'>

export interface Alert {
  readonly id: number
  readonly rule: string
  readonly subject: string
  /** Kind of the subject; null: its rule is no more. */
  readonly about: AlertSubject | null
  readonly site: string | null
  readonly state: 'pending' | 'firing' | 'resolved'
  readonly severity: Severity
  readonly labels: Readonly<Record<string, string>>
  readonly summary: string
  /** Since when its condition was true, and what became of it then; store ms. */
  readonly since: number
  readonly firedAt: number | null
  readonly resolvedAt: number | null
  /** `cleared`, or `rule-removed`. */
  readonly endReason: string | null
  /** The alert that tells of it already; the silence that covers it. */
  readonly inhibitedBy: number | null
  readonly silencedBy: number | null
  readonly acknowledgedAt: number | null
  readonly acknowledgedBy: string | null
  readonly note: string | null
}

export const SELECT_ALERT = `
  SELECT a.id, a.rule, a.subject,
    (SELECT r.document->'spec'->>'subject' FROM alert_rules r WHERE r.name = a.rule) AS about, a.site, a.state, a.severity, a.labels, a.summary, a.since, a.fired_at AS "firedAt",
    a.resolved_at AS "resolvedAt", a.end_reason AS "endReason", a.inhibited_by AS "inhibitedBy",
    a.silenced_by AS "silencedBy", a.acknowledged_at AS "acknowledgedAt", a.acknowledged_by AS "acknowledgedBy", a.note
  FROM alerts a`

export async function readRules(client: Queryable): Promise<Map<string, AlertRule>> {
  const { rows } = await client.query<{ document: AlertRule }>('SELECT document FROM alert_rules ORDER BY name')
  return new Map(rows.map(({ document }) => [document.metadata.name, document]))
}

/** Those that are told. */
export async function readRoutes(client: Queryable): Promise<AlertRoute[]> {
  const { rows } = await client.query<{ document: AlertRoute }>('SELECT document FROM alert_routes ORDER BY name')
  return rows.map(({ document }) => document).filter(({ spec }) => !spec.suspend)
}

export async function openAlerts(client: Queryable): Promise<OpenAlert[]> {
  const { rows } = await client.query<OpenAlert>(
    `SELECT id, rule, subject, state, since, clear_since AS "clearSince" FROM alerts WHERE state <> 'resolved'`,
  )
  return rows
}

export async function firingAlerts(client: Queryable): Promise<Alert[]> {
  const { rows } = await client.query<Alert>(`${SELECT_ALERT} WHERE a.state = 'firing' ORDER BY a.id`)
  return rows
}

export async function activeSilences(client: Queryable, now: number): Promise<SilenceMatch[]> {
  const { rows } = await client.query<SilenceMatch>(
    'SELECT id, labels FROM alert_silences WHERE starts_at <= $1 AND ends_at > $1 ORDER BY id',
    [now],
  )
  return rows
}

/** Writes down what became of alerts. @param now store ms */
export async function applyTransitions(
  client: Queryable,
  transitions: readonly Transition[],
  now: number,
): Promise<void> {
  const of = <K extends Transition['kind']>(kind: K) =>
    transitions.filter((one): one is Extract<Transition, { kind: K }> => one.kind === kind)
  await begin(client, of('begin'), now)
  await hold(client, of('hold'), now)
  const ids = (all: readonly { readonly id: number }[]) => all.map(({ id }) => id)
  await client.query('UPDATE alerts SET clear_since = $2 WHERE id = ANY($1)', [ids(of('clear')), now])
  await client.query('DELETE FROM alerts WHERE id = ANY($1)', [ids(of('forget'))])
  for (const [reason, ended] of Map.groupBy(of('resolve'), (one) => one.reason)) {
    await client.query(
      `UPDATE alerts SET state = 'resolved', resolved_at = $2, end_reason = $3, inhibited_by = NULL, silenced_by = NULL
       WHERE id = ANY($1)`,
      [ids(ended), now, reason],
    )
  }
}

/** Alerts that one look drops: there is another soon. */
const DROPPED_AT_ONCE = 1000

/** Drops alerts that ended before, the oldest first, with what was told of them, and such silences. @param before store ms */
export async function dropResolved(client: Queryable, before: number): Promise<void> {
  await client.query(
    `DELETE FROM alerts WHERE id IN (SELECT id FROM alerts WHERE state = 'resolved' AND resolved_at < $1
       ORDER BY resolved_at LIMIT ${DROPPED_AT_ONCE})`,
    [before],
  )
  await client.query('DELETE FROM alert_silences WHERE ends_at < $1', [before])
}

const rowOf = ({ rule, subject, site, severity, labels, summary }: Condition) => ({
  ...{ rule, subject, site, severity, labels, summary },
})

async function begin(
  client: Queryable,
  begun: readonly Extract<Transition, { kind: 'begin' }>[],
  now: number,
): Promise<void> {
  await client.query(
    `INSERT INTO alerts (rule, subject, site, severity, labels, summary, state, since, fired_at)
     SELECT rule, subject, site, severity, labels, summary, state, $2, CASE state WHEN 'firing' THEN $2::int8 END
     FROM jsonb_to_recordset($1) AS n(rule text, subject text, site text, severity text, labels jsonb, summary text, state text)`,
    [JSON.stringify(begun.map(({ condition, state }) => ({ ...rowOf(condition), state }))), now],
  )
}

async function hold(
  client: Queryable,
  held: readonly Extract<Transition, { kind: 'hold' }>[],
  now: number,
): Promise<void> {
  await client.query(
    `UPDATE alerts a SET severity = n.severity, labels = n.labels, summary = n.summary, site = n.site, clear_since = NULL,
       state = CASE WHEN n.fires THEN 'firing' ELSE a.state END,
       fired_at = CASE WHEN n.fires THEN $2 ELSE a.fired_at END
     FROM jsonb_to_recordset($1) AS n(id int8, site text, severity text, labels jsonb, summary text, fires boolean)
     WHERE a.id = n.id AND (n.fires OR a.clear_since IS NOT NULL
       OR (a.severity, a.labels, a.summary, a.site) IS DISTINCT FROM (n.severity, n.labels, n.summary, n.site))`,
    [JSON.stringify(held.map(({ id, fires, condition }) => ({ ...rowOf(condition), id, fires }))), now],
  )
}

export async function applyMutes(client: Queryable, muted: ReadonlyMap<number, Muted>): Promise<void> {
  await client.query(
    `UPDATE alerts a SET inhibited_by = n.inhibited_by, silenced_by = n.silenced_by
     FROM jsonb_to_recordset($1) AS n(id int8, inhibited_by int8, silenced_by int8)
     WHERE a.id = n.id AND (a.inhibited_by, a.silenced_by) IS DISTINCT FROM (n.inhibited_by, n.silenced_by)`,
    [JSON.stringify([...muted].map(([id, by]) => ({ id, inhibited_by: by.inhibitedBy, silenced_by: by.silencedBy })))],
  )
}

/** What each rule said when it was asked. */
export async function writeAsked(
  client: Queryable,
  errors: ReadonlyMap<string, string | null>,
  now: number,
): Promise<void> {
  await client.query(
    `UPDATE alert_rules r SET asked_at = $2, error = n.error FROM jsonb_to_recordset($1) AS n(name text, error text)
     WHERE r.name = n.name`,
    [JSON.stringify([...errors].map(([name, error]) => ({ name, error }))), now],
  )
}
