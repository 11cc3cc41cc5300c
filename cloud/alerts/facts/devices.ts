import type { ReportedState } from '@storecast/shared/contracts'
import type { Pool } from 'pg'
import { DAY, type Look, type Subject, type SubjectSource } from '../subjects.ts'

interface DeviceRow {
  readonly id: string
  readonly site: string
  readonly labels: Record<string, string>
  readonly online: boolean
  readonly enrolledAt: number
  readonly heardAt: number | null
  readonly generation: number | null
  readonly reported: ReportedState | null
  readonly quarantined: boolean
  readonly backlog: number
  readonly dropped: number
  readonly certificateExpiresAt: number | null
  readonly clock: { readonly trusted: boolean; readonly ahead: number } | null
  readonly events: Record<string, number>
}

/**
 * Devices in service. Heard of: by presence, or by a record that was committed; events: by code, those that happened within
 * `over`. The backlog is the sequences that the device's newest epoch is known to have and has yet to send.
 */
export const deviceSubjects =
  (pool: Pool): SubjectSource =>
  async (look) => {
    const { rows } = await pool.query<DeviceRow>(
      `SELECT d.id, d.site, s.labels || d.labels AS labels, d.online, d.enrolled_at AS "enrolledAt",
         greatest(d.last_seen, d.presence_at, r.received_at) AS "heardAt", g.generation, r.body AS reported,
         EXISTS (SELECT 1 FROM device_epochs q WHERE q.device = d.id AND q.quarantined) AS quarantined,
         coalesce(e.outstanding, 0) AS backlog, coalesce(e.dropped, 0) AS dropped, e.clock,
         (SELECT max(c.expires_at) FROM device_certificates c WHERE c.device = d.id) AS "certificateExpiresAt",
         coalesce(v.events, '{}') AS events
       FROM devices d JOIN sites s ON s.id = d.site
       LEFT JOIN desired_states g ON g.device = d.id
       LEFT JOIN reported r ON r.device = d.id
       LEFT JOIN LATERAL (
         SELECT e.dropped, e.clock, greatest(0, e.highest - e.floor + 1 - (
           SELECT coalesce(sum(upper(span) - lower(span)), 0)
           FROM unnest(e.told * int8multirange(int8range(e.floor, greatest(e.highest + 1, e.floor)))) AS span
         ))::int8 AS outstanding
         FROM device_epochs e WHERE e.device = d.id AND NOT e.quarantined ORDER BY e.epoch DESC LIMIT 1
       ) e ON true
       LEFT JOIN (
         SELECT device, jsonb_object_agg(code, n) AS events
         FROM (SELECT device, code, count(*) AS n FROM events WHERE at > $1 AND at <= $2 GROUP BY device, code) counted
         GROUP BY device
       ) v ON v.device = d.id
       WHERE d.retired_at IS NULL ORDER BY d.id`,
      [look.now - look.over, look.now],
    )
    return rows.map((row) => subjectOf(row, look))
  }

function subjectOf({ id, site, labels, reported, ...row }: DeviceRow, { now }: Look): Subject {
  const seconds = (since: number | null) => (since === null ? null : Math.max(0, (now - since) / 1000))
  const models = Object.entries(reported?.models ?? {}).map(([name, { active, target, phase, error, at }]) => [
    name,
    { active, target, phase, error: error?.code ?? null, sinceSeconds: seconds(at) },
  ])
  return {
    id,
    site,
    labels: { ...labels, site, device: id },
    facts: {
      id,
      site,
      online: row.online,
      enrolledSeconds: seconds(row.enrolledAt),
      silentSeconds: seconds(row.heardAt ?? row.enrolledAt),
      agentVersion: reported?.agentVersion ?? null,
      behind: reported === null || row.generation === null ? null : row.generation - reported.generation,
      quarantined: row.quarantined,
      backlog: row.backlog,
      dropped: row.dropped,
      certificateDays: row.certificateExpiresAt === null ? null : (row.certificateExpiresAt - now) / DAY,
      clockTrusted: row.clock?.trusted ?? null,
      clockAheadSeconds: row.clock === null ? null : row.clock.ahead / 1000,
      events: row.events,
      models: Object.fromEntries(models),
    },
  }
}
