/**
 * How a device is, at one look; the first that holds, in this order:
 * - `retired`: it was taken out of service for good.
 * - `quarantined`: its identity speaks from two places, and somebody has to say which one is the device.
 * - `disconnected`: it is not connected. It works on by itself, and what it knows waits.
 * - `reduced`: it works with less than it should: a change of a model failed or was rolled back, or an alert about it fires
 *   (severity warning or critical) that is neither silenced nor told by another.
 * - `updating`: it has not come yet to a model that it should serve, or serves one on probation.
 * - `operational`: none of these.
 */
export const DEVICE_STATES = ['retired', 'quarantined', 'disconnected', 'reduced', 'updating', 'operational'] as const
export type DeviceState = (typeof DEVICE_STATES)[number]

/** Devices `d` with their sites `s` and what they reported last, `r`. */
export const DEVICES = 'devices d JOIN sites s ON s.id = d.site LEFT JOIN reported r ON r.device = d.id'

const reports = (field: string) => `(r.body->'models'->m.model->>'${field}')`

/** SQL over `DEVICES`. What few devices have is looked up once for all of them, and what each has once for it. */
export const STATE = `CASE
  WHEN d.retired_at IS NOT NULL THEN 'retired'
  WHEN d.id IN (SELECT e.device FROM device_epochs e WHERE e.quarantined) THEN 'quarantined'
  WHEN NOT d.online THEN 'disconnected'
  WHEN d.id IN (SELECT a.subject FROM alerts a JOIN alert_rules rule ON rule.name = a.rule
      WHERE a.state = 'firing' AND a.severity IN ('warning', 'critical') AND a.silenced_by IS NULL AND a.inhibited_by IS NULL
        AND rule.document->'spec'->>'subject' = 'device') THEN 'reduced'
  ELSE (ARRAY['reduced', 'updating', 'operational'])[coalesce((SELECT min(CASE
      WHEN ${reports('active')}::int4 = m.version THEN CASE ${reports('phase')} WHEN 'soak' THEN 2 ELSE 3 END
      WHEN ${reports('phase')} IN ('failed', 'rolled-back') AND ${reports('target')}::int4 = m.version THEN 1
      ELSE 2 END) FROM desired_models m WHERE m.device = d.id), 3)] END`
