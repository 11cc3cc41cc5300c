import type { SeriesKey, WindowRecord } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import type { Incoming } from './incoming.ts'

/**
 * Numbers of the series that windows are of, new ones added. The devices' rows are locked, so that nobody else adds the
 * same.
 */
export async function internSeries(
  client: PoolClient,
  windows: readonly Incoming<WindowRecord>[],
): Promise<(window: Incoming<WindowRecord>) => number> {
  const wanted = new Map<string, SeriesKey & { readonly device: string }>()
  // Windows of one batch share the key of their series.
  const names = new Map<SeriesKey, string>()
  for (const { device, record } of windows) {
    if (names.has(record.series)) continue
    const { sensor, entity } = record.series
    const name = nameOf({ device, sensor, entity })
    names.set(record.series, name)
    wanted.set(name, { device, sensor, entity })
  }
  const known = new Map<string, number>()
  const query = async (sql: string) => {
    const missing = [...wanted].filter(([name]) => !known.has(name)).map(([, series]) => series)
    if (missing.length === 0) return
    const { rows } = await client.query<{ id: number; device: string; sensor: string; entity: string }>(sql, [
      missing.map((s) => s.device),
      missing.map((s) => s.sensor),
      missing.map((s) => s.entity),
    ])
    for (const row of rows) known.set(nameOf(row), row.id)
  }
  const given = 'unnest($1::text[], $2::text[], $3::text[]) AS given(device, sensor, entity)'
  await query(`SELECT s.id, device, sensor, entity FROM ${given} JOIN series s USING (device, sensor, entity)`)
  await query(`INSERT INTO series (device, sensor, entity) SELECT * FROM ${given} RETURNING id, device, sensor, entity`)
  const ids = new Map([...names].map(([key, name]) => [key, known.get(name)!]))
  return ({ record }) => ids.get(record.series)!
}

const nameOf = ({ device, sensor, entity }: SeriesKey & { readonly device: string }) => `${device} ${sensor} ${entity}`
