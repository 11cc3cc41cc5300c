import {
  binCounts,
  type Clustering,
  clusteringOf,
  cutsOf,
  type FrozenDistribution,
  INDEPENDENT,
  ofSketch,
} from '@storecast/shared/statistics'
import { Sketch } from '@storecast/shared/windows'
import type { Database } from '../platform/database.ts'
import type { MergedWindows, Scale } from '../telemetry/index.ts'
import type { Span } from './subjects.ts'

/** Weeks, as those of a bundle's reference. */
export const BLOCK_DAYS = 7
/** Fewer weeks tell nothing of how weeks differ. */
const LEAST_BLOCKS = 4

export interface SensorKey {
  readonly site: string
  readonly sensor: string
  readonly scale: Pick<Scale, 'resolution' | 'centre'>
}

export interface SensorReference extends Span {
  readonly frozen: FrozenDistribution
  readonly clustering: Clustering
}

/** A day of a sensor, at the site: merged windows at resolution `day` by time. */
export type SensorDay = Pick<MergedWindows, 'start' | 'end' | 'count' | 'sketch'>

/**
 * Freezes the newest whole weeks of `days`, which are in order of time and end where the first week to compare begins; at
 * most `blocks` weeks. A week counts with whatever days it has.
 * @returns undefined with less than four weeks
 */
export function freezeSensor(
  days: readonly SensorDay[],
  { to, blocks }: { to: number; blocks: number },
): SensorReference | undefined {
  const weekMs = BLOCK_DAYS * 86_400_000
  // A day's middle tells its week whatever the clocks' changes.
  const weekOf = ({ start, end }: SensorDay) => Math.floor((to - (start + end) / 2) / weekMs)
  const weeks = Array.from({ length: blocks }, () => new Sketch())
  let from = to
  for (const day of days) {
    const week = weekOf(day)
    if (week < 0 || week >= blocks) continue
    weeks[week]!.merge(day.sketch)
    from = Math.min(from, day.start)
  }
  const known = weeks.filter((week) => week.count > 0).reverse()
  if (known.length < LEAST_BLOCKS) return undefined
  const all = new Sketch()
  for (const week of known) all.merge(week)
  const sketch = all.bins()
  const cuts = cutsOf(sketch)
  const clustering = clusteringOf([known.map((week) => binCounts(week.bins(), cuts))]) ?? {
    ...INDEPENDENT,
    freedom: known.length - 1,
  }
  return {
    frozen: { sketch, cuts, sd: deviationOf(sketch), rows: all.count, blocks: known.length },
    clustering,
    from,
    to,
  }
}

function deviationOf(bins: ReturnType<Sketch['bins']>): number {
  const { values, counts, total } = ofSketch(bins)
  const mean = values.reduce((sum, value, i) => sum + value * counts[i]!, 0) / total
  return Math.sqrt(values.reduce((sum, value, i) => sum + (value - mean) ** 2 * counts[i]!, 0) / total) || 1
}

/** Sites that measure the same learn from each other how weeks differ. */
export function pooledClustering(all: readonly Clustering[]): Clustering {
  const freedom = all.reduce((sum, one) => sum + one.freedom, 0)
  const mean = (of: (one: Clustering) => number) => all.reduce((sum, one) => sum + of(one) * one.freedom, 0) / freedom
  return {
    mean: mean((one) => one.mean),
    square: mean((one) => one.square),
    largest: mean((one) => one.largest),
    carry: mean((one) => one.carry),
    freedom,
  }
}

interface Row extends Span {
  readonly site: string
  readonly sensor: string
  readonly resolution: number
  readonly centre: number
  readonly blocks: number
  readonly rows: number
  readonly sketch: Buffer
  readonly clustering: Clustering
}

/** What is frozen stays, until an operator has it frozen anew. */
export interface SensorReferences {
  all(): Promise<ReadonlyMap<string, SensorReference>>
  keep(key: SensorKey, reference: SensorReference, now: number): Promise<void>
}

export const sensorKey = ({ site, sensor, scale: { resolution, centre } }: SensorKey): string =>
  [site, sensor, resolution, centre].join('\n')

export const sensorReferences = ({ pool }: Pick<Database, 'pool'>): SensorReferences => ({
  async all() {
    const { rows } = await pool.query<Row>(
      `SELECT site, sensor, resolution, centre, from_at AS "from", to_at AS "to", blocks, rows, sketch, clustering
       FROM drift_references`,
    )
    return new Map(
      rows.map(({ site, sensor, resolution, centre, sketch: packed, rows: count, blocks, clustering, from, to }) => {
        const sketch = Sketch.decode(packed).bins()
        const frozen = { sketch, cuts: cutsOf(sketch), sd: deviationOf(sketch), rows: count, blocks }
        return [sensorKey({ site, sensor, scale: { resolution, centre } }), { frozen, clustering, from, to }] as const
      }),
    )
  },
  async keep({ site, sensor, scale }, { frozen, clustering, from, to }, now) {
    await pool.query(
      `INSERT INTO drift_references (site, sensor, resolution, centre, from_at, to_at, blocks, rows, sketch, clustering, frozen_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`,
      [
        ...[site, sensor, scale.resolution, scale.centre, from, to, frozen.blocks, frozen.rows],
        ...[Buffer.from(Sketch.fromBins(frozen.sketch).encode()), JSON.stringify(clustering), now],
      ],
    )
  },
})
