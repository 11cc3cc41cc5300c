import {
  type QualityRules,
  qualityRulesOf,
  type SensorDefinition,
  type SensorsDocument,
} from '@storecast/shared/contracts'
import { type QualityCounts, type QualityScores, qualityScores } from '@storecast/shared/quality'
import type { Pool, PoolClient } from 'pg'
import { readDocument } from '../devices/index.ts'
import type { Objects } from '../platform/objects.ts'
import { readFloors } from '../telemetry/index.ts'

/** The quality of one sensor of one device over a span, over all of its entities. */
export interface SensorQuality {
  readonly device: string
  readonly site: string
  readonly labels: Readonly<Record<string, string>>
  readonly sensor: string
  readonly counts: QualityCounts
  readonly scores: QualityScores
  readonly thresholds: QualityRules['thresholds']
}

interface Sources {
  readonly client: PoolClient | Pool
  readonly objects: Objects
}

export interface QualityQuery {
  /** Windows that end in `(from, to]`, unix ms. */
  readonly from: number
  readonly to: number
  readonly devices: readonly string[]
  readonly sensor?: string | undefined
}

interface Row extends Record<keyof QualityCounts, number> {
  readonly device: string
  readonly site: string
  readonly labels: Record<string, string>
  readonly document: string
  readonly sensor: string
}

/** The longest window is a day of 25 hours. */
const LONGEST_WINDOW_MS = 90_000_000

const within = (table: string, level: string) => `
  SELECT count, missing, late, out_of_range, flat, duplicate, wrong_type, wrong_unit, untrusted FROM ${table}
  WHERE series = s.id AND start_at > $1::int8 - ${LONGEST_WINDOW_MS} AND start_at < $2 AND end_at > $1 AND end_at <= $2
    AND ${level}`

/** Each time at the finest level that still has it: $5 and $6 are the floors of windows and hours. */
const LEVELS = [
  within('windows', 'start_at >= $5'),
  within('window_hours', 'start_at >= $6 AND start_at < $5'),
  within('window_days', 'start_at < $6'),
].join(' UNION ALL ')

/** Of sensors that their site defines, of devices in service; those without a window in the span are left out. */
export async function readQuality({ client, objects }: Sources, query: QualityQuery): Promise<SensorQuality[]> {
  const floors = await readFloors(client)
  const { rows } = await client.query<Row>(
    `SELECT d.id AS device, d.site, t.labels || d.labels AS labels, o.sha256 AS document, s.sensor,
       sum(w.count)::int8 AS count, sum(w.missing)::int8 AS missing, sum(w.late)::int8 AS late,
       sum(w.out_of_range)::int8 AS "outOfRange", sum(w.flat)::int8 AS flat, sum(w.duplicate)::int8 AS duplicate,
       sum(w.wrong_type)::int8 AS "wrongType", sum(w.wrong_unit)::int8 AS "wrongUnit", sum(w.untrusted)::int8 AS untrusted
     FROM devices d JOIN sites t ON t.id = d.site JOIN site_documents o ON o.site = d.site AND o.kind = 'sensors'
     JOIN series s ON s.device = d.id AND s.sensor NOT LIKE '$%' AND ($4::text IS NULL OR s.sensor = $4)
     CROSS JOIN LATERAL (${LEVELS}) w
     WHERE d.id = ANY($3) AND d.retired_at IS NULL GROUP BY d.id, t.id, o.sha256, s.sensor ORDER BY d.id, s.sensor`,
    [query.from, query.to, query.devices, query.sensor ?? null, floors.windows, floors.hours],
  )
  const definitions = await readSensors(
    objects,
    rows.map(({ document }) => document),
  )
  return rows.flatMap(({ device, site, labels, document, sensor, ...counts }) => {
    const definition = definitions.get(document)?.get(sensor)
    if (!definition) return []
    const { thresholds } = qualityRulesOf(definition)
    return [{ device, site, labels, sensor, counts, scores: qualityScores(counts), thresholds }]
  })
}

/** What the sites define: `site sensor`. */
export async function sensorsInUse(
  { client, objects }: Sources,
  sites: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ site: string; document: string }>(
    "SELECT site, sha256 AS document FROM site_documents WHERE kind = 'sensors' AND site = ANY($1)",
    [sites],
  )
  const definitions = await readSensors(
    objects,
    rows.map(({ document }) => document),
  )
  const names = (document: string) => [...(definitions.get(document)?.keys() ?? [])]
  return new Set(rows.flatMap(({ site, document }) => names(document).map((sensor) => `${site} ${sensor}`)))
}

/** Sites with the same sensors share a document. */
async function readSensors(objects: Objects, digests: readonly string[]) {
  const found = new Map<string, ReadonlyMap<string, SensorDefinition>>()
  for (const sha256 of new Set(digests)) {
    const { sensors } = await readDocument<SensorsDocument>(objects, sha256)
    found.set(sha256, new Map(sensors.map((sensor) => [sensor.name, sensor])))
  }
  return found
}
