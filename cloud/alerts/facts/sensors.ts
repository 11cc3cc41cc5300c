import type { SensorDefinition, SensorsDocument } from '@storecast/shared/contracts'
import { type QualityCounts, qualityScores } from '@storecast/shared/quality'
import { fromSteps } from '@storecast/shared/windows'
import type { Pool } from 'pg'
import { readDocument } from '../../devices/index.ts'
import type { Objects } from '../../platform/objects.ts'
import type { Look, Subject, SubjectSource } from '../subjects.ts'

interface SensorRow extends QualityCounts {
  readonly device: string
  readonly site: string
  readonly labels: Record<string, string>
  readonly document: string | null
  readonly sensor: string
  readonly series: number
  readonly sum: number
  /** Of windows with readings; null where there is none, as of the next three. */
  readonly end: number | null
  readonly min: number | null
  readonly max: number | null
  readonly last: number | null
}

/**
 * Sensors of devices in service that a site defines and that have a window within `over`. Values are in the sensor's unit, and
 * null where the windows hold no reading; so is the age of the newest. The shares are those of data quality.
 */
export const sensorSubjects =
  ({ pool, objects }: { pool: Pool; objects: Objects }): SubjectSource =>
  async (look) => {
    const { rows } = await pool.query<SensorRow>(
      `SELECT d.id AS device, d.site, t.labels || d.labels AS labels, o.sha256 AS document, s.sensor,
         count(DISTINCT s.id)::int4 AS series, sum(w.count)::int8 AS count, sum(w.sum)::int8 AS sum,
         min(w.min) FILTER (WHERE w.count > 0) AS min, max(w.max) FILTER (WHERE w.count > 0) AS max,
         (array_agg(w.last ORDER BY w.end_at DESC) FILTER (WHERE w.count > 0))[1] AS last,
         max(w.end_at) FILTER (WHERE w.count > 0) AS end, sum(w.missing)::int8 AS missing,
         sum(w.late)::int8 AS late, sum(w.out_of_range)::int8 AS "outOfRange", sum(w.flat)::int8 AS flat,
         sum(w.duplicate)::int8 AS duplicate, sum(w.wrong_type)::int8 AS "wrongType",
         sum(w.wrong_unit)::int8 AS "wrongUnit", sum(w.untrusted)::int8 AS untrusted
       FROM devices d JOIN sites t ON t.id = d.site JOIN series s ON s.device = d.id
       JOIN windows w ON w.series = s.id AND w.start_at >= $1 AND w.end_at <= $2
       LEFT JOIN site_documents o ON o.site = d.site AND o.kind = 'sensors'
       WHERE d.retired_at IS NULL GROUP BY d.id, t.id, o.sha256, s.sensor ORDER BY d.id, s.sensor`,
      [look.now - look.over, look.now],
    )
    const documents = new Map<string, ReadonlyMap<string, SensorDefinition>>()
    for (const sha256 of new Set(rows.map(({ document }) => document))) {
      if (sha256 === null) continue
      const { sensors } = await readDocument<SensorsDocument>(objects, sha256)
      documents.set(sha256, new Map(sensors.map((sensor) => [sensor.name, sensor])))
    }
    return rows.flatMap((row) => {
      const definition = row.document === null ? undefined : documents.get(row.document)?.get(row.sensor)
      return definition ? [subjectOf(row, definition, look)] : []
    })
  }

function subjectOf(row: SensorRow, { unit, resolution }: SensorDefinition, { now }: Look): Subject {
  const { device, site, labels, document: _, sensor, series, sum, min, max, last, end, ...counts } = row
  const { count } = counts
  const { overall: quality, ...shares } = qualityScores(counts)
  const value = (steps: number | null) => (steps === null || count === 0 ? null : fromSteps(steps, resolution))
  return {
    id: `${device} ${sensor}`,
    site,
    labels: { ...labels, site, device, sensor },
    facts: {
      ...{ name: sensor, device, site, unit, series },
      ageSeconds: end === null ? null : Math.max(0, (now - end) / 1000),
      ...counts,
      ...shares,
      quality,
      ...{ sum: value(sum), min: value(min), max: value(max), last: value(last) },
      mean: count === 0 ? null : fromSteps(sum, resolution) / count,
    },
  }
}
