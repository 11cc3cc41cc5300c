import type { Severity } from '@storecast/shared/contracts'
import type { Pool } from 'pg'
import { z } from 'zod'
import { deviceWithin, type LabelLimit, siteWithin } from '../platform/label-limit.ts'
import { fromCursor, type Page, type PageRequest, toCursor, toPage } from '../platform/paging.ts'
import { countDevices } from './devices.ts'
import type { DeviceState } from './states.ts'

/** What one looks at first in the morning. */
export interface FleetSummary {
  /** The cloud's time. */
  readonly now: number
  readonly devices: Readonly<Record<DeviceState, number>>
  readonly sites: number
  /** That fire and are neither silenced nor told by another, by severity; those nobody has taken up apart. */
  readonly alerts: Readonly<Record<Severity, number>> & { readonly unacknowledged: number; readonly silenced: number }
  /** Of rollouts that go on, by state. */
  readonly rollouts: Readonly<Record<'running' | 'paused' | 'aborting' | 'undoing', number>>
  /** Stewardship tasks that are not closed. */
  readonly tasks: number
}

/** The rollout has a device within the limit. */
const rolloutWithin = (rollout: string, parameter: number) =>
  `($${parameter}::jsonb = '{}' OR EXISTS (SELECT 1 FROM rollout_devices m WHERE m.rollout = ${rollout}
    AND ${deviceWithin('m.device', parameter)}))`

export async function fleetSummary(
  pool: Pool,
  { within, now }: { within: LabelLimit; now: number },
): Promise<FleetSummary> {
  const [devices, { rows }] = await Promise.all([
    countDevices(pool, { within }),
    pool.query<Omit<FleetSummary, 'now' | 'devices'>>(
      `SELECT
         (SELECT count(*)::int4 FROM sites s WHERE ${siteWithin('s.id', 1)}) AS sites,
         (SELECT jsonb_build_object(
            'critical', count(*) FILTER (WHERE loud AND severity = 'critical'),
            'warning', count(*) FILTER (WHERE loud AND severity = 'warning'),
            'info', count(*) FILTER (WHERE loud AND severity = 'info'),
            'unacknowledged', count(*) FILTER (WHERE loud AND acknowledged_at IS NULL),
            'silenced', count(*) FILTER (WHERE NOT loud))
          FROM (SELECT a.*, a.silenced_by IS NULL AND a.inhibited_by IS NULL AS loud FROM alerts a
            WHERE a.state = 'firing' AND ${siteWithin('a.site', 1)}) firing) AS alerts,
         (SELECT jsonb_build_object(
            'running', count(*) FILTER (WHERE state = 'running'), 'paused', count(*) FILTER (WHERE state = 'paused'),
            'aborting', count(*) FILTER (WHERE state = 'aborting'), 'undoing', count(*) FILTER (WHERE state = 'undoing'))
          FROM rollouts r WHERE state IN ('running', 'paused', 'aborting', 'undoing') AND ${rolloutWithin('r.id', 1)}) AS rollouts,
         (SELECT count(*)::int4 FROM stewardship_tasks t WHERE t.closed_at IS NULL AND ${siteWithin('t.site', 1)}) AS tasks`,
      [within],
    ),
  ])
  return { now, devices, ...rows[0]! }
}

/** Something that happened in the fleet, worth a line in the morning. */
export interface Happening {
  readonly at: number
  readonly kind: 'device' | 'rollout' | 'model' | 'alert' | 'task'
  /** A verb: `enrolled`, `succeeded`, `registered`, `fired`, `opened`. */
  readonly what: string
  /** Id of the thing, as its own route takes it; of a model its name. */
  readonly key: string
  /** As people call it. */
  readonly name: string
  readonly site: string | null
  /** More of it, for people. */
  readonly detail: string
}

const Position = z.tuple([z.int(), z.string(), z.string(), z.string()])

/** `at`, kind, what, key, name, site, detail; the limit is parameter 1. */
const SOURCES = [
  `SELECT d.enrolled_at AS at, 'device' AS kind, 'enrolled' AS what, d.id AS key, d.id AS name, d.site, '' AS detail
   FROM devices d WHERE ${siteWithin('d.site', 1)}`,
  `SELECT d.retired_at, 'device', 'retired', d.id, d.id, d.site, '' FROM devices d WHERE ${siteWithin('d.site', 1)}`,
  `SELECT r.created_at, 'rollout', 'started', r.id::text, r.name, NULL, r.model || ' ' || r.version
   FROM rollouts r WHERE ${rolloutWithin('r.id', 1)}`,
  `SELECT r.finished_at, 'rollout', r.state, r.id::text, r.name, NULL, r.model || ' ' || r.version
   FROM rollouts r WHERE ${rolloutWithin('r.id', 1)} AND r.state IN ('succeeded', 'failed', 'aborted', 'undone')`,
  `SELECT v.created_at, 'model', 'registered', v.model, v.model || ' ' || v.version, NULL, coalesce(v.source->>'kind', '')
   FROM model_versions v`,
  `SELECT h.at, 'model', 'alias', h.model, h.model || '@' || h.alias, NULL,
     coalesce(h.previous::text, 'none') || ' → ' || coalesce(h.version::text, 'none') FROM model_alias_history h`,
  `SELECT a.fired_at, 'alert', 'fired', a.id::text, a.rule, a.site, a.summary FROM alerts a WHERE ${siteWithin('a.site', 1)}`,
  `SELECT a.resolved_at, 'alert', 'resolved', a.id::text, a.rule, a.site, a.summary
   FROM alerts a WHERE a.state = 'resolved' AND ${siteWithin('a.site', 1)}`,
  `SELECT t.opened_at, 'task', 'opened', t.id::text, t.device || ' ' || t.sensor, t.site, t.dimension
   FROM stewardship_tasks t WHERE ${siteWithin('t.site', 1)}`,
  `SELECT t.closed_at, 'task', 'closed', t.id::text, t.device || ' ' || t.sensor, t.site, coalesce(t.end_reason, '')
   FROM stewardship_tasks t WHERE ${siteWithin('t.site', 1)}`,
]

export interface HappeningQuery extends PageRequest {
  /** Unix ms, both included. */
  readonly from: number
  readonly to: number
  readonly within: LabelLimit
}

/** Newest first. */
export async function listHappenings(
  pool: Pool,
  { from, to, after, limit, within }: HappeningQuery,
): Promise<Page<Happening>> {
  const position = after === undefined ? null : fromCursor(after, Position)
  const { rows } = await pool.query<Happening>(
    `SELECT at, kind, what, key, name, site, detail FROM (${SOURCES.join(' UNION ALL ')}) AS happened
     WHERE at >= $2 AND at <= $3
       AND ($5::int8 IS NULL OR (at, kind, what, key || ' ' || name) < ($5, $6, $7, $8))
     ORDER BY at DESC, kind DESC, what DESC, key || ' ' || name DESC LIMIT $4`,
    [within, from, to, limit + 1, ...(position ?? [null, null, null, null])],
  )
  return toPage(rows, limit, ({ at, kind, what, key, name }) => toCursor([at, kind, what, `${key} ${name}`]))
}
