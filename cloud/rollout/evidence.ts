import { Sketch } from '@storecast/shared/windows'
import type { Pool, PoolClient } from 'pg'
import type { DeviceDay } from './analysis/evidence.ts'
import type { DeviceHealth } from './analysis/guards.ts'
import type { RolloutRecord } from './records.ts'

type Queryable = Pick<PoolClient | Pool, 'query'>

interface PairedRow extends DeviceDay {
  readonly crashes: number
  readonly latency: Buffer
}

/** Of devices that run or ran the candidate in shadow for this rollout, on days closed where they are, since it started. */
const FROM_EVIDENCE = `
  FROM rollout_devices m JOIN devices d ON d.id = m.device JOIN sites s ON s.id = d.site
  JOIN evidence e ON e.device = m.device AND e.model = $2 AND e.candidate = $3
  WHERE m.rollout = $1 AND m.shadowed
    AND e.day::date < (to_timestamp($4::int8 / 1000.0) AT TIME ZONE s.time_zone)::date`

const about = (rollout: RolloutRecord, now: number) => [rollout.id, rollout.model, rollout.version, now]

/** Changes when there is other evidence to analyse than before. */
export async function evidenceMark(client: Queryable, rollout: RolloutRecord, now: number): Promise<string> {
  const { rows } = await client.query<{ mark: string }>(
    `SELECT concat_ws(' ', count(*), sum(e.seq), max(e.epoch), sum(e.rows), max(e.day)) AS mark ${FROM_EVIDENCE}`,
    about(rollout, now),
  )
  return rows[0]!.mark
}

/** Evidence by device and day, pooled over what the device compared the candidate with; and what running it cost each device. */
export async function readEvidence(
  client: Queryable,
  rollout: RolloutRecord,
  now: number,
): Promise<{ readonly records: DeviceDay[]; readonly health: DeviceHealth[]; readonly today: string }> {
  const { rows } = await client.query<PairedRow>(
    `SELECT e.device, m.region, e.day, e.rows, e.excluded, e.difference, e.champion_absolute AS "championAbsolute",
       e.intervals, e.champion_covered AS "championCovered", e.candidate_covered AS "candidateCovered",
       e.crashes, e.latency ${FROM_EVIDENCE} ORDER BY e.device, e.day`,
    about(rollout, now),
  )
  const records = [...Map.groupBy(rows, ({ device, day }) => `${device} ${day}`).values()].map((pairs): DeviceDay => {
    const total = (of: (row: PairedRow) => number) => pairs.reduce((sum, row) => sum + of(row), 0)
    const { device, region, day } = pairs[0]!
    return {
      ...{ device, region, day },
      rows: total((row) => row.rows),
      excluded: total((row) => row.excluded),
      difference: total((row) => row.difference),
      championAbsolute: total((row) => row.championAbsolute),
      intervals: total((row) => row.intervals),
      championCovered: total((row) => row.championCovered),
      candidateCovered: total((row) => row.candidateCovered),
    }
  })
  const health = [...Map.groupBy(rows, ({ device }) => device)].map(([device, days]): DeviceHealth => {
    const latency = new Sketch()
    for (const day of days) latency.merge(Sketch.decode(day.latency))
    return {
      device,
      crashes: days.reduce((sum, day) => sum + day.crashes, 0),
      latencyP95Ms: latency.count === 0 ? null : latency.quantile(0.95),
    }
  })
  const newest =
    records
      .map(({ day }) => day)
      .sort()
      .at(-1) ?? '1970-01-01'
  return { records, health, today: dayAfter(newest) }
}

/** Days are waited for by the devices' own calendars: a shop's time may be another than the cloud's. */
const dayAfter = (day: string) => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10)
