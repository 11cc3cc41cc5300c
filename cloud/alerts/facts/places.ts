import type { Pool } from 'pg'
import type { Subject, SubjectSource } from '../subjects.ts'

interface RegionRow {
  readonly region: string
  readonly sites: number
  readonly devices: number
  readonly online: number
}

/** Regions, by the label of that name of sites or devices, with their devices in service. */
export const regionSubjects =
  (pool: Pool): SubjectSource =>
  async () => {
    const { rows } = await pool.query<RegionRow>(`${COUNTS} WHERE labels ? 'region' GROUP BY 1 ORDER BY 1`)
    return rows.map(({ region, ...counts }) => ({
      id: region,
      labels: { region },
      facts: { region, ...shares(counts) },
    }))
  }

/** The fleet: one subject. */
export const fleetSubject =
  (pool: Pool): SubjectSource =>
  async (): Promise<Subject[]> => {
    const { rows } = await pool.query<RegionRow>(`${COUNTS} GROUP BY 1`)
    const counts = { sites: 0, devices: 0, online: 0 }
    for (const row of rows) for (const name of ['sites', 'devices', 'online'] as const) counts[name] += row[name]
    return [{ id: 'fleet', labels: {}, facts: shares(counts) }]
  }

const COUNTS = `
  SELECT labels->>'region' AS region, count(DISTINCT site)::int4 AS sites, count(*)::int4 AS devices,
    (count(*) FILTER (WHERE online))::int4 AS online
  FROM (
    SELECT d.site, d.online, s.labels || d.labels AS labels
    FROM devices d JOIN sites s ON s.id = d.site WHERE d.retired_at IS NULL
  ) devices`

const shares = (counts: Omit<RegionRow, 'region'>) => ({
  ...counts,
  offline: counts.devices - counts.online,
  offlineShare: counts.devices === 0 ? 0 : 1 - counts.online / counts.devices,
})
