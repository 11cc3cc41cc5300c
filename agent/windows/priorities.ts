import type { Priority } from '@storecast/shared/contracts'
import { readDefinitions } from '../buffer/index.ts'
import type { Connection } from '../platform/database.ts'

/** Series by what their sensor's definition says; what the device measures of itself is little, and kept longest. */
export function seriesByPriority(db: Connection): Readonly<Record<Priority, readonly number[]>> {
  const definitions = readDefinitions(db)
  const series: Record<Priority, number[]> = { low: [], normal: [], high: [] }
  const rows = db.statement<[], { id: number; sensor: string }>('SELECT id, sensor FROM series ORDER BY id').all()
  for (const { id, sensor } of rows) series[id < 0 ? 'high' : (definitions.get(sensor)?.priority ?? 'normal')].push(id)
  return series
}
