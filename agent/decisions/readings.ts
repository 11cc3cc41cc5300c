import { fromSteps } from '@storecast/shared/windows'
import { readDefinitions } from '../buffer/index.ts'
import type { Connection } from '../platform/database.ts'

/** What a gauge last said of a product. */
export interface Newest {
  /** In the sensor's unit. */
  readonly value: number
  /** End of the window it was said in, unix ms. */
  readonly at: number
}

interface NewestRow {
  readonly entity: string
  readonly last: number
  readonly end: number
}

/**
 * The newest readings of a sensor per product, of windows that began at `from` or later and have closed by `until`; undefined
 * where the site has no such sensor.
 */
export function newestReadings(
  db: Connection,
  { sensor, from, until }: { readonly sensor: string; readonly from: number; readonly until: number },
): ReadonlyMap<string, Newest> | undefined {
  const definition = readDefinitions(db).get(sensor)
  if (!definition) return undefined
  const rows = db
    .statement<{ sensor: string; from: number; until: number }, NewestRow>(
      `SELECT s.entity, w.last, w."end" FROM series s JOIN windows w ON w.series = s.id AND w.start =
         (SELECT n.start FROM windows n WHERE n.series = s.id AND n.start >= :from AND n.start < :until
            AND n."end" <= :until AND n.count > 0 ORDER BY n.start DESC LIMIT 1)
       WHERE s.sensor = :sensor AND w.count > 0 AND w."end" <= :until`,
    )
    .all({ sensor, from, until })
  return new Map(
    rows.map(({ entity, last, end }) => [entity, { value: fromSteps(last, definition.resolution), at: end }]),
  )
}
