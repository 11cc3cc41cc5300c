import type { PoolClient } from 'pg'
import type { Database } from '../../platform/database.ts'
import { ownsUpkeep } from './roll-up.ts'

/** Devices that one step brings to their places: a second's work or less. */
const STEP_DEVICES = 1000

/**
 * Brings devices to the place of their labels, and adds their days up there: new ones, and those whose labels have changed.
 * Sums are right before and after: of a place whose devices differ in what is asked, they are not used.
 * @returns how many; as many as a step takes where there may be more
 */
export function placeDevices(database: Database): Promise<number> {
  return database.transaction(async (client) => {
    if (!(await ownsUpkeep(client))) return 0
    const { rows } = await client.query<{ device: string; zone: string; labels: unknown }>(
      `SELECT d.id AS device, s.time_zone AS zone, s.labels || d.labels AS labels FROM devices d JOIN sites s ON s.id = d.site
       LEFT JOIN day_place_devices m ON m.device = d.id LEFT JOIN day_places p ON p.id = m.place
       WHERE p.id IS NULL OR p.zone <> s.time_zone OR p.labels <> s.labels || d.labels ORDER BY d.id LIMIT ${STEP_DEVICES}`,
    )
    if (rows.length === 0) return 0
    const devices = rows.map(({ device }) => device)
    await addUp(client, devices, '-')
    await client.query('DELETE FROM day_place_devices WHERE device = ANY($1)', [devices])
    const wanted = JSON.stringify(rows)
    const given = 'jsonb_to_recordset($1::jsonb) AS g (device text, zone text, labels jsonb)'
    await client.query(
      `INSERT INTO day_places (zone, labels) SELECT DISTINCT g.zone, g.labels FROM ${given} ON CONFLICT (zone, labels) DO NOTHING`,
      [wanted],
    )
    await client.query(
      `INSERT INTO day_place_devices SELECT g.device, p.id FROM ${given} JOIN day_places p USING (zone, labels)`,
      [wanted],
    )
    await addUp(client, devices, '+')
    return rows.length
  })
}

/** Adds all days of devices to what their places have, or takes them away. */
async function addUp(client: PoolClient, devices: readonly string[], sign: '+' | '-'): Promise<void> {
  await client.query(
    `INSERT INTO day_sums AS d SELECT p.place, s.sensor, w.start_at, s.entity, ${sign}sum(w.count), ${sign}sum(w.sum), ${sign}sum(w.missing)
     FROM day_place_devices p JOIN series s ON s.device = p.device JOIN window_days w ON w.series = s.id
     WHERE p.device = ANY($1) AND s.sensor LIKE '$%' GROUP BY 1, 2, 3, 4
     ON CONFLICT (place, sensor, start_at, entity) DO UPDATE
       SET count = d.count + excluded.count, sum = d.sum + excluded.sum, missing = d.missing + excluded.missing`,
    [devices],
  )
}
