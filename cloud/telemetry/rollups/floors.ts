import type { Pool, PoolClient } from 'pg'

/** What began earlier is no longer there at that level, but in the coarser ones. */
export interface Floors {
  readonly windows: number
  readonly hours: number
}

/** Earlier than any window. */
const NOTHING_DROPPED = -(2 ** 52)

export async function readFloors(client: Pool | PoolClient): Promise<Floors> {
  const { rows } = await client.query<{ level: keyof Floors; floor: number }>('SELECT level, floor FROM window_floors')
  const of = (level: keyof Floors) => rows.find((row) => row.level === level)?.floor ?? NOTHING_DROPPED
  return { windows: of('windows'), hours: of('hours') }
}
