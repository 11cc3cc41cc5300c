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
import type { Scale, SiteDay } from '../telemetry/index.ts'
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

/**
 * Freezes the newest whole weeks of `days`, which are in order of time and end where the first week to compare begins; at
 * most `blocks` weeks. A week counts with whatever days it has.
 * @returns undefined with less than four weeks
 */
export function freezeSensor(
  days: readonly SiteDay[],
  { to, blocks }: { to: number; blocks: number },
): SensorReference | undefined {
  const weekMs = BLOCK_DAYS * 86_400_000
  // A day's middle tells its week whatever the clocks' changes.
  const weekOf = ({ start, end }: SiteDay) => Math.floor((to - (start + end) / 2) / weekMs)
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
  /** Of these sites, by `sensorKey`. */
  of(sites: readonly string[]): Promise<ReadonlyMap<string, SensorReference>>
  /** Which sensors of these sites have one, by `sensorKey`. */
  known(sites: readonly string[]): Promise<ReadonlySet<string>>
  /** How alike a week's rows are, by sensor and scale, from all sites that measure it. */
  clusterings(): Promise<ReadonlyMap<string, Clustering>>
  keep(all: readonly (readonly [SensorKey, SensorReference])[], now: number): Promise<void>
}

export const gridOf = (sensor: string, { resolution, centre }: SensorKey['scale']): string =>
  [sensor, resolution, centre].join('\n')

export const sensorKey = ({ site, sensor, scale }: SensorKey): string => `${site}\n${gridOf(sensor, scale)}`

export const sensorReferences = ({ pool }: Pick<Database, 'pool'>): SensorReferences => ({
  async of(sites) {
    const { rows } = await pool.query<Row>(
      `SELECT site, sensor, resolution, centre, from_at AS "from", to_at AS "to", blocks, rows, sketch, clustering
       FROM drift_references WHERE site = ANY($1)`,
      [sites],
    )
    return new Map(
      rows.map(({ site, sensor, resolution, centre, sketch: packed, rows: count, blocks, clustering, from, to }) => {
        const sketch = Sketch.decode(packed).bins()
        const frozen = { sketch, cuts: cutsOf(sketch), sd: deviationOf(sketch), rows: count, blocks }
        return [sensorKey({ site, sensor, scale: { resolution, centre } }), { frozen, clustering, from, to }] as const
      }),
    )
  },
  async known(sites) {
    const { rows } = await pool.query<Pick<Row, 'site' | 'sensor' | 'resolution' | 'centre'>>(
      'SELECT site, sensor, resolution, centre FROM drift_references WHERE site = ANY($1)',
      [sites],
    )
    return new Set(rows.map(({ site, sensor, ...scale }) => sensorKey({ site, sensor, scale })))
  },
  async clusterings() {
    const { rows } = await pool.query<Pick<Row, 'sensor' | 'resolution' | 'centre' | 'clustering'>>(
      'SELECT sensor, resolution, centre, clustering FROM drift_references',
    )
    const byGrid = Map.groupBy(rows, ({ sensor, ...scale }) => gridOf(sensor, scale))
    return new Map([...byGrid].map(([grid, of]) => [grid, pooledClustering(of.map(({ clustering }) => clustering))]))
  },
  async keep(all, now) {
    const rows = all.map(([{ site, sensor, scale }, { frozen, clustering, from, to }]) => ({
      ...{ site, sensor, ...scale, from, to, blocks: frozen.blocks, rows: frozen.rows, clustering },
      sketch: Buffer.from(Sketch.fromBins(frozen.sketch).encode()).toString('hex'),
    }))
    await pool.query(
      `INSERT INTO drift_references (site, sensor, resolution, centre, from_at, to_at, blocks, rows, sketch, clustering, frozen_at)
       SELECT site, sensor, resolution, centre, "from", "to", blocks, rows, decode(sketch, 'hex'), clustering, $2
       FROM jsonb_to_recordset($1::jsonb) AS r (site text, sensor text, resolution float8, centre float8, "from" int8, "to" int8,
         blocks int4, rows int8, sketch text, clustering jsonb) ON CONFLICT DO NOTHING`,
      [JSON.stringify(rows), now],
    )
  },
})
