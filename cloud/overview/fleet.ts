import type { Severity } from '@storecast/shared/contracts'
import type { Pool } from 'pg'
import { deviceWithin, type LabelLimit, siteWithin } from '../platform/label-limit.ts'
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
