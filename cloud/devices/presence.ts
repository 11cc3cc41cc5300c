import type { PoolClient } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { type Absence, type HeardPresence, hear, type Standing } from './decide-presence.ts'

/** Whether devices are connected, and when they were not. */
export interface Presences {
  /**
   * Takes what presence topics said, of any devices, in the order in which it was heard, by one transaction. What an older
   * connection says late is ignored, and so is what is said of devices that are not in service.
   */
  take(heard: readonly HeardPresence[]): Promise<void>
  /** Holds every device for disconnected until it says otherwise: the broker's sessions have ended. */
  forget(): Promise<void>
}

/** That are kept of a device, the newest: one that comes and goes for years does not fill the database. */
export const MOST_ABSENCES = 500

export function devicePresences({ database, clock }: { database: Database; clock: Clock }): Presences {
  return {
    take: (heard) =>
      database.transaction(async (client) => {
        const said = Map.groupBy(heard, ({ device }) => device)
        const held = await readStandings(client, [...said.keys()])
        const come = [...held.keys()].filter((device) => said.get(device)!.some(({ presence }) => presence.online))
        const newest = await readNewest(client, come)
        const standings: (Standing & { readonly device: string })[] = []
        const absences: (Absence & { readonly device: string })[] = []
        for (const [device, before] of held) {
          const { standing, ended } = hear(before, newest.get(device), said.get(device)!)
          if (standing !== before) standings.push({ device, ...standing })
          absences.push(...ended.map((absence) => ({ device, ...absence })))
        }
        await writeStandings(client, standings)
        await writeAbsences(client, absences)
      }),
    async forget() {
      await database.pool.query(
        'UPDATE devices SET online = false, presence_at = $1, presence_forgotten = true WHERE online',
        [clock.now()],
      )
    },
  }
}

/** Of devices in service, which are locked in the order of their ids, as ingest does it. */
async function readStandings(client: PoolClient, devices: readonly string[]): Promise<Map<string, Standing>> {
  const { rows } = await client.query<Standing & { device: string }>(
    `SELECT id AS device, online, link, session, presence_at AS "presenceAt", presence_forgotten AS forgotten FROM devices
     WHERE id = ANY($1) AND retired_at IS NULL ORDER BY id FOR NO KEY UPDATE`,
    [devices],
  )
  return new Map(rows.map(({ device, ...standing }) => [device, standing]))
}

async function readNewest(client: PoolClient, devices: readonly string[]): Promise<Map<string, Absence>> {
  if (devices.length === 0) return new Map()
  const { rows } = await client.query<Absence & { device: string }>(
    `SELECT d.device, a.began_at AS "beganAt", a.back_at AS "backAt", a.times, a.away_ms AS "awayMs"
     FROM unnest($1::text[]) AS d (device) CROSS JOIN LATERAL (
       SELECT * FROM device_absences a WHERE a.device = d.device ORDER BY a.began_at DESC LIMIT 1) a`,
    [devices],
  )
  return new Map(rows.map(({ device, ...absence }) => [device, absence]))
}

async function writeStandings(
  client: PoolClient,
  standings: readonly (Standing & { readonly device: string })[],
): Promise<void> {
  if (standings.length === 0) return
  await client.query(
    `UPDATE devices d SET online = n.online, link = n.link, session = n.session, presence_at = n.at, presence_forgotten = false,
       last_seen = CASE WHEN n.online THEN n.at ELSE d.last_seen END
     FROM unnest($1::text[], $2::boolean[], $3::int8[], $4::text[], $5::int8[]) AS n (device, online, link, session, at)
     WHERE d.id = n.device`,
    [
      standings.map(({ device }) => device),
      standings.map(({ online }) => online),
      standings.map(({ link }) => link),
      standings.map(({ session }) => session),
      standings.map(({ presenceAt }) => presenceAt),
    ],
  )
}

async function writeAbsences(
  client: PoolClient,
  absences: readonly (Absence & { readonly device: string })[],
): Promise<void> {
  if (absences.length === 0) return
  await client.query(
    `INSERT INTO device_absences (device, began_at, back_at, times, away_ms)
     SELECT * FROM unnest($1::text[], $2::int8[], $3::int8[], $4::int4[], $5::int8[])
     ON CONFLICT (device, began_at) DO UPDATE SET back_at = excluded.back_at, times = excluded.times, away_ms = excluded.away_ms`,
    [
      absences.map(({ device }) => device),
      absences.map(({ beganAt }) => beganAt),
      absences.map(({ backAt }) => backAt),
      absences.map(({ times }) => times),
      absences.map(({ awayMs }) => awayMs),
    ],
  )
  await client.query(
    `DELETE FROM device_absences a USING (
       SELECT d.device, (SELECT b.began_at FROM device_absences b WHERE b.device = d.device ORDER BY b.began_at DESC
         OFFSET ${MOST_ABSENCES - 1} LIMIT 1) AS oldest FROM (SELECT DISTINCT unnest($1::text[]) AS device) d) kept
     WHERE a.device = kept.device AND a.began_at < kept.oldest`,
    [absences.map(({ device }) => device)],
  )
}
