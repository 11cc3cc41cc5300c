import { type DeviceSelector, parseSelfEntity, type SelfMeasuredName } from '@storecast/shared/contracts'
import type { Pool } from 'pg'
import { isLimited, type LabelLimit } from '../platform/label-limit.ts'
import { type MergedWindows, type MergeKey, readingsIn, type Telemetry } from '../telemetry/index.ts'
import {
  DEPLOYMENT_FREQUENCY,
  type KpiDefinition,
  MODEL_KPIS,
  type ModelKpi,
  meets,
  type Ratio,
  type Sums,
  TARGETS,
  type Target,
} from './definitions.ts'

export interface KpiQuery {
  /** Unix ms, `[from, to)`. */
  readonly from: number
  readonly to: number
  readonly model?: string | undefined
  /** Every figure for each site, or each value of a label, beside the whole: before and after, with and without. */
  readonly by?: 'site' | `label:${string}` | undefined
  readonly selector?: DeviceSelector | undefined
  readonly within?: LabelLimit | undefined
}

/** A figure with what it is made of. */
export interface Figure extends Ratio {
  /** Null: the denominator is 0. */
  readonly value: number | null
}

export interface Kpi extends KpiDefinition, Figure {
  /** Null: of the whole fleet. */
  readonly model: string | null
  readonly target: Target | null
  /** Null: nothing to judge, or no target. */
  readonly met: boolean | null
  /** By local day, in order; a day without a figure is left out. */
  readonly trend: readonly (Figure & { readonly day: string })[]
  /** As `by` asks; null: devices that carry no such label. */
  readonly groups: readonly (Figure & { readonly group: string | null })[]
}

export interface Kpis {
  /** By KPI, then by model. @throws InvalidError `telemetry-too-much`; NotFoundError `group-unknown` */
  list(query: KpiQuery): Promise<Kpi[]>
}

interface KpisOptions {
  readonly pool: Pool
  readonly telemetry: Pick<Telemetry, 'merged'>
  /** Over the programme's own, by KPI. */
  readonly targets: Readonly<Record<string, Target>>
}

const DAY = 86_400_000

export function createKpis({ pool, telemetry, targets }: KpisOptions): Kpis {
  const targetOf = (id: string): Target | null => targets[id] ?? TARGETS[id] ?? null
  return {
    async list(query) {
      const read = await readSums(telemetry, query)
      const models = [...new Set(read.map(({ model }) => model))].sort()
      const ofModels = MODEL_KPIS.flatMap((kpi) =>
        models.flatMap((model) => {
          const rows = read.filter((row) => row.model === model)
          const target = targetOf(kpi.id)
          const made = modelKpi(kpi, rows)
          return made.denominator === 0 && made.numerator === 0
            ? []
            : [{ ...describe(kpi), ...made, model, target, met: meets(made.value, target ?? undefined) }]
        }),
      )
      // Rollouts belong to no one site: who sees only some of the shops is not told of them.
      const others = isLimited(query.within ?? {}) || query.model !== undefined ? [] : [await deployments(pool, query)]
      return [
        ...ofModels,
        ...others.map((figure) => {
          const target = targetOf(DEPLOYMENT_FREQUENCY.id)
          const met = meets(figure.value, target ?? undefined)
          return { ...DEPLOYMENT_FREQUENCY, ...figure, model: null, target, met, trend: [], groups: [] }
        }),
      ]
    },
  }
}

const describe = ({ id, title, unit, formula, source }: KpiDefinition): KpiDefinition => ({
  ...{ id, title, unit, formula, source },
})

/** The sums of one series of one model on one day at one place. */
interface SeriesSums extends Sums {
  readonly series: string
  readonly model: string
  readonly day: string
  readonly group: string | null
}

async function readSums(telemetry: Pick<Telemetry, 'merged'>, query: KpiQuery): Promise<SeriesSums[]> {
  const { from, to, by, model: wanted, selector, within } = query
  const keys: MergeKey[] = ['time', 'entity', ...(by === undefined ? [] : [by])]
  const read: SeriesSums[] = []
  for (const sensor of new Set(MODEL_KPIS.flatMap(({ series }) => series))) {
    const merged = await telemetry.merged({ sensor, from, to, resolution: 'day', by: keys, selector, within })
    for (const one of merged) {
      const model = parseSelfEntity(one.key.entity ?? '')?.model
      if (model === undefined || (wanted !== undefined && model !== wanted)) continue
      read.push({
        series: sensor,
        model,
        day: one.day ?? '',
        group: by === undefined ? null : one.key[by]!,
        ...sumsOf(one),
      })
    }
  }
  return read
}

const sumsOf = ({ count, sum, quality, scale }: MergedWindows): Sums => ({
  ...{ count, sum: readingsIn(scale).unit(sum), missing: quality.missing },
})

function modelKpi(kpi: ModelKpi, rows: readonly SeriesSums[]): Figure & Pick<Kpi, 'trend' | 'groups'> {
  const figure = (some: readonly SeriesSums[]) =>
    valued(kpi.ratio((series: SelfMeasuredName) => added(some.filter((row) => row.series === series))))
  const of = rows.filter(({ series }) => (kpi.series as readonly string[]).includes(series))
  const split = <K extends 'day' | 'group'>(key: K) =>
    [...Map.groupBy(of, (row) => row[key])].map(
      ([name, some]) => ({ [key]: name, ...figure(some) }) as Figure & Pick<SeriesSums, K>,
    )
  const trend = split('day').filter(({ value }) => value !== null)
  trend.sort((a, b) => (a.day < b.day ? -1 : 1))
  const groups = of.some(({ group }) => group !== null) ? split('group') : []
  groups.sort((a, b) => (a.group ?? '').localeCompare(b.group ?? ''))
  return { ...figure(of), trend, groups }
}

const added = (rows: readonly Sums[]): Sums => ({
  count: rows.reduce((total, { count }) => total + count, 0),
  sum: rows.reduce((total, { sum }) => total + sum, 0),
  missing: rows.reduce((total, { missing }) => total + missing, 0),
})

const valued = ({ numerator, denominator }: Ratio): Figure => ({
  ...{ numerator, denominator, value: denominator === 0 ? null : numerator / denominator },
})

async function deployments(pool: Pool, { from, to }: KpiQuery): Promise<Figure> {
  const { rows } = await pool.query<{ succeeded: number }>(
    `SELECT count(*)::int4 AS succeeded FROM rollouts WHERE state = 'succeeded' AND finished_at >= $1 AND finished_at < $2`,
    [from, to],
  )
  return valued({ numerator: 30 * rows[0]!.succeeded, denominator: (to - from) / DAY })
}
