import { type AlertRoute, durationMs } from '@storecast/shared/contracts'
import { CelSyntaxError, compileCel, compileTemplate } from '@storecast/shared/expressions'
import type { PoolClient } from 'pg'
import { type Fault, faultsIn } from './judge.ts'
import type { Alert } from './store.ts'

/** What expressions of routes and webhooks see as `alert`. */
export function alertFacts(alert: Alert, status: 'firing' | 'resolved') {
  const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString())
  const { rule, severity, summary, labels, subject, site, since, firedAt, resolvedAt } = alert
  return {
    ...{ id: alert.id, status, rule, severity, summary, labels, subject, site: site ?? '' },
    ...{ since: iso(since), firedAt: iso(firedAt), resolvedAt: status === 'resolved' ? iso(resolvedAt) : null },
    /** The same for every alert of the rule and subject: what receivers tell alerts apart by. */
    key: `${rule}:${subject}`,
  }
}

/** Every expression of a route that is none. */
export function routeFaults({ spec }: AlertRoute): Fault[] {
  const { receiver, match } = spec
  const faults = faultsIn('spec.match', () => match !== undefined && compileCel(match, ['alert']))
  if (receiver.type !== 'webhook') return faults
  const calls = Object.entries({ firing: receiver.firing, resolved: receiver.resolved })
  const inCalls = calls.flatMap(([name, call]) =>
    Object.entries(call ? { url: call.url, ...call.headers, body: call.body ?? null } : {}).flatMap(
      ([part, template]) => faultsIn(`spec.receiver.${name}.${part}`, () => compileTemplate(template, ['alert'])),
    ),
  )
  return [...faults, ...inCalls]
}

/** A route that cannot be asked whether it wants an alert gets it: too much is told rather than too little. */
export function wants({ spec }: AlertRoute, alert: Alert): boolean {
  if (spec.match === undefined) return true
  try {
    const answer = compileCel(spec.match, ['alert'])({ alert: alertFacts(alert, 'firing') })
    return 'error' in answer || answer.value !== false
  } catch (error) {
    if (error instanceof CelSyntaxError) return true
    throw error
  }
}

const MINUTE = 60_000

/** Real milliseconds after which a route is told again of an alert that still fires; undefined: once is enough. */
export function repeatMs({ spec }: AlertRoute): number | undefined {
  if (spec.repeat !== undefined) return durationMs(spec.repeat)
  return spec.receiver.type === 'alertmanager' ? MINUTE : undefined
}

interface Telling {
  readonly client: Pick<PoolClient, 'query'>
  readonly routes: readonly AlertRoute[]
  /** Alerts that fire and are not muted. */
  readonly firing: readonly Alert[]
  /** Those that this look has ended, by id. */
  readonly resolved: readonly number[]
  /** Real ms. */
  readonly at: number
}

/** Puts in line what routes have yet to be told: of alerts that fire, and of the end of those they were told of. */
export async function tell({ client, routes, firing, resolved, at }: Telling): Promise<void> {
  const wanted = firing.flatMap((alert) =>
    routes.filter((route) => wants(route, alert)).map((route) => ({ alert: alert.id, route: route.metadata.name })),
  )
  await client.query(
    `INSERT INTO alert_notifications (alert, route, status, next_at, created_at)
     SELECT alert, route, 'firing', $2, $2 FROM jsonb_to_recordset($1) AS n(alert int8, route text)
     ON CONFLICT (alert, route, status) DO NOTHING`,
    [JSON.stringify(wanted), at],
  )
  // Whom a firing alert could never be told to need not hear of its end. While its beginning is tried again, its end waits.
  const ended = routes.filter(({ spec }) => spec.resolved).map(({ metadata }) => metadata.name)
  await client.query(
    `INSERT INTO alert_notifications (alert, route, status, next_at, created_at)
     SELECT alert, route, 'resolved', CASE state WHEN 'queued' THEN greatest(next_at, $3) ELSE $3 END, $3
     FROM alert_notifications
     WHERE alert = ANY($1) AND route = ANY($2) AND status = 'firing' AND (state <> 'failed' OR sent_at IS NOT NULL)`,
    [resolved, ended, at],
  )
  await client.query(
    `UPDATE alert_notifications SET next_at = NULL WHERE alert = ANY($1) AND status = 'firing' AND state = 'sent'`,
    [resolved],
  )
}
