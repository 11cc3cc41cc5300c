import { fromSteps, type Span } from '@storecast/shared/windows'
import { readDefinitions } from '../buffer/index.ts'
import type { Connection } from '../platform/database.ts'

/** What came in by the end of a window, since the span began. */
export interface SoFar {
  /** Unix ms. */
  readonly at: number
  /** In the sensor's unit. */
  readonly total: number
}

interface Row {
  readonly entity: string
  readonly end: number
  readonly sum: number
}

/**
 * A sensor's running total by entity, from its closed windows inside a span: what nothing happened to is absent, and an hour
 * without an event has no entry.
 */
export function soFar(
  db: Connection,
  { sensor, entity, start, end }: Span & { readonly sensor: string; readonly entity?: string | undefined },
): ReadonlyMap<string, readonly SoFar[]> {
  const resolution = readDefinitions(db).get(sensor)?.resolution
  if (resolution === undefined) return new Map()
  const rows = db
    .statement<{ sensor: string; entity: string | null; start: number; end: number }, Row>(
      `SELECT s.entity, w."end", w.sum FROM series s JOIN windows w ON w.series = s.id
       WHERE s.sensor = :sensor AND (:entity IS NULL OR s.entity = :entity) AND w.start >= :start AND w.start < :end
       ORDER BY s.id, w.start`,
    )
    .iterate({ sensor, entity: entity ?? null, start, end })
  const found = new Map<string, SoFar[]>()
  let steps = 0
  for (const row of rows) {
    let points = found.get(row.entity)
    if (points === undefined) {
      points = []
      steps = 0
      found.set(row.entity, points)
    }
    steps += row.sum
    points.push({ at: row.end, total: fromSteps(steps, resolution) })
  }
  return found
}
