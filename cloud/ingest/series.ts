import type { SeriesKey, WindowRecord } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import type { Incoming } from './incoming.ts'
import type { WindowRow } from './window-rows.ts'

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

  /** Of one device. */
  of(device: string): (key: SeriesKey) => number | undefined {
    const sensors = this.#known.get(device)
    return ({ sensor, entity }) => sensors?.get(sensor)?.get(entity)
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
 * Windows with the numbers of their series, new ones added. The devices' rows are locked, so that nobody else adds the same.
 * @param known is taken from, and added to
 */
export async function internSeries(
  client: PoolClient,
  windows: readonly Incoming<WindowRecord>[],
  known: SeriesIds,
): Promise<WindowRow[]> {
  const rows: WindowRow[] = []
  const unknown: Incoming<WindowRecord>[] = []
  let device: string | undefined
  let idOf = known.of('')
  for (const incoming of windows) {
    // Windows of one device come together.
    if (incoming.device !== device) {
      device = incoming.device
      idOf = known.of(device)
    }
    const series = idOf(incoming.record.series)
    if (series === undefined) unknown.push(incoming)
    else rows.push({ series, incoming })
  }
  if (unknown.length === 0) return rows
  const nameOfRow = ({ device, record }: Incoming<WindowRecord>) => nameOf({ device, ...record.series })
  const missing = new Map(unknown.map((row) => [nameOfRow(row), { device: row.device, ...row.record.series }]))
  const ids = await findOrAdd(client, missing, known)
  for (const incoming of unknown) rows.push({ series: ids.get(nameOfRow(incoming))!, incoming })
  return rows
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
