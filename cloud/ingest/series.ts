import type { SeriesKey, WindowRecord } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import type { Incoming } from './incoming.ts'

/** Numbers of series that are known to be committed: they never change. */
export class SeriesIds {
  /** By device, sensor and entity. */
  #known = new Map<string, Map<string, Map<string, number>>>()
  #size = 0
  readonly #most: number

  /** @param most how many to remember, at about 100 bytes each */
  constructor(most = 500_000) {
    this.#most = most
  }

  get(device: string, { sensor, entity }: SeriesKey): number | undefined {
    return this.#known.get(device)?.get(sensor)?.get(entity)
  }

  add(device: string, { sensor, entity }: SeriesKey, id: number): void {
    if (this.#size >= this.#most) {
      this.#known = new Map()
      this.#size = 0
    }
    const sensors = this.#known.get(device) ?? new Map<string, Map<string, number>>()
    this.#known.set(device, sensors)
    const entities = sensors.get(sensor) ?? new Map<string, number>()
    sensors.set(sensor, entities)
    if (!entities.has(entity)) this.#size++
    entities.set(entity, id)
  }
}

interface NamedSeries extends SeriesKey {
  readonly device: string
}

/**
 * Numbers of the series that windows are of, new ones added. The devices' rows are locked, so that nobody else adds the
 * same.
 * @param known is taken from, and added to
 */
export async function internSeries(
  client: PoolClient,
  windows: readonly Incoming<WindowRecord>[],
  known: SeriesIds,
): Promise<(window: Incoming<WindowRecord>) => number> {
  const found = new Map<SeriesKey, number>()
  const missing = new Map<string, NamedSeries>()
  const waiting: [key: SeriesKey, name: string][] = []
  // Windows of one batch share the key of their series.
  const seen = new Set<SeriesKey>()
  for (const { device, record } of windows) {
    if (seen.has(record.series)) continue
    seen.add(record.series)
    const id = known.get(device, record.series)
    if (id !== undefined) {
      found.set(record.series, id)
      continue
    }
    const one = { device, ...record.series }
    missing.set(nameOf(one), one)
    waiting.push([record.series, nameOf(one)])
  }
  const ids = await findOrAdd(client, missing, known)
  for (const [key, name] of waiting) found.set(key, ids.get(name)!)
  return ({ record }) => found.get(record.series)!
}

async function findOrAdd(
  client: PoolClient,
  wanted: ReadonlyMap<string, NamedSeries>,
  known: SeriesIds,
): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>()
  const query = async (sql: string) => {
    const missing = [...wanted].filter(([name]) => !ids.has(name)).map(([, series]) => series)
    if (missing.length === 0) return []
    const { rows } = await client.query<NamedSeries & { readonly id: number }>(sql, [
      missing.map((s) => s.device),
      missing.map((s) => s.sensor),
      missing.map((s) => s.entity),
    ])
    for (const row of rows) ids.set(nameOf(row), row.id)
    return rows
  }
  const given = 'unnest($1::text[], $2::text[], $3::text[]) AS given(device, sensor, entity)'
  const stored = await query(
    `SELECT s.id, device, sensor, entity FROM ${given} JOIN series s USING (device, sensor, entity)`,
  )
  // Those that are added here are known once this transaction has committed, and another one finds them.
  for (const { device, id, ...key } of stored) known.add(device, key, id)
  await query(`INSERT INTO series (device, sensor, entity) SELECT * FROM ${given} RETURNING id, device, sensor, entity`)
  return ids
}

const nameOf = ({ device, sensor, entity }: NamedSeries) => `${device} ${sensor} ${entity}`
