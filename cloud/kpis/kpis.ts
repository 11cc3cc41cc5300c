import type { DeviceSelector } from '@storecast/shared/contracts'
import type { Pool } from 'pg'
import { canonicalJson } from '../platform/canonical.ts'
import { isLimited, type LabelLimit } from '../platform/label-limit.ts'
import { remembered } from '../platform/remembered.ts'
import { type Comparison, type ComparisonQuery, compareKpi } from './compare.ts'
import type { CpuMeter } from './cpu.ts'
import {
  CLOUD_CPU,
  cloudCpu,
  DEPLOYMENT_FREQUENCY,
  DEVICE_KPIS,
  type KpiDefinition,
  MODEL_KPIS,
  meets,
  OPERATING_COST,
  operatingCost,
  type RatioKpi,
  TARGETS,
  type Target,
} from './definitions.ts'
import { type Figure, valued } from './figures.ts'
import { type PlacedSums, readSums, type SumSources, sumOf } from './sums.ts'

export interface KpiQuery {
  /** Unix ms, `[from, to)`. */
  readonly from: number
  readonly to: number
  /**
   * Where a span of the same length ends by the cloud's clock, for what the cloud itself does; default: `to`. Who asks for the
   * last days of which there is data gives the cloud's now: shops may live in another time, or have been away.
   */
  readonly cloudTo?: number | undefined
  readonly model?: string | undefined
  /** Every figure for each site, or each value of a label, beside the whole: before and after, with and without. */
  readonly by?: 'site' | `label:${string}` | undefined
  readonly selector?: DeviceSelector | undefined
  readonly within?: LabelLimit | undefined
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
  /** What a change made of a KPI. @throws NotFoundError `kpi-unknown`; InvalidError `telemetry-too-much` */
  compare(query: ComparisonQuery): Promise<Comparison>
}

interface KpisOptions extends SumSources {
  readonly pool: Pool
  readonly cpu: Pick<CpuMeter, 'used'>
  /** Over the programme's own, by KPI. */
  readonly targets: Readonly<Record<string, Target>>
  /** CPU hours of 30 days of a device and its part of the cloud, before the programme. */
  readonly costBefore?: number | undefined
}

const DAY = 86_400_000
const RATIO_KPIS = [...MODEL_KPIS, ...DEVICE_KPIS]

/** Local days begin at whole quarters of an hour of UTC: what is asked in between has the same days. */
const QUARTER = 900_000
const toQuarter = (time: number) => Math.ceil(time / QUARTER) * QUARTER

/**
 * Of a large fleet figures take seconds to add up, and everybody asks for the same: they are up to a minute old then, and
 * given while newer ones are made.
 */
export function createKpis(options: KpisOptions): Kpis {
  const kept = { times: 20, longestMs: 60_000, most: 200 }
  const lists = remembered<Kpi[]>(kept)
  const comparisons = remembered<Comparison>(kept)
  const kpis = kpisNow(options)
  return {
    list({ from, to, cloudTo = to, ...rest }) {
      const query = { ...rest, from: toQuarter(from), to: toQuarter(to), cloudTo: toQuarter(cloudTo) }
      return lists.get(canonicalJson(query), () => kpis.list(query))
    },
    compare: (query) => comparisons.get(canonicalJson(query), () => kpis.compare(query)),
  }
}

function kpisNow(options: KpisOptions): Kpis {
  const { pool, cpu, targets, costBefore } = options
  const described = (kpi: KpiDefinition, figure: Figure & Partial<Pick<Kpi, 'model' | 'trend' | 'groups'>>): Kpi => {
    const { id, title, unit, formula, source, clock } = kpi
    const target = targets[id] ?? TARGETS[id] ?? null
    const met = meets(figure.value, target ?? undefined)
    return { id, title, unit, formula, source, clock, model: null, trend: [], groups: [], ...figure, target, met }
  }
  return {
    async list(query) {
      const { by, cloudTo = query.to, ...span } = query
      const cloudSpan = { from: cloudTo - (query.to - query.from), to: cloudTo }
      const measures = RATIO_KPIS.flatMap((kpi) => kpi.measures)
      const read = await readSums(options, { ...span, by: by === undefined ? ['day'] : ['day', by], measures })
      const models = [...new Set(read.flatMap(({ model }) => model ?? []))].sort()
      const figures = RATIO_KPIS.flatMap((kpi) =>
        (DEVICE_KPIS.includes(kpi) ? [null] : models).flatMap((model) => {
          const made = ratioKpi(
            kpi,
            read.filter((row) => row.model === model),
            by,
          )
          return made.denominator === 0 && made.numerator === 0 ? [] : [described(kpi, { ...made, model })]
        }),
      )
      // What belongs to no one site: who sees only some of the shops is not told of it.
      if (isLimited(query.within ?? {}) || query.model !== undefined) return figures
      const used = await cpu.used(cloudSpan)
      const cloud = cloudCpu(used)
      const measured = sumOf(read)
      const device = DEVICE_KPIS[0]!.ratio(measured)
      const cost =
        costBefore === undefined
          ? []
          : [operatingCost({ device, cloud, devices: await measuredDevices(pool), baseline: costBefore })]
      return [
        ...figures,
        ...(cloud.denominator > 0 ? [described(CLOUD_CPU, valued(cloud))] : []),
        ...cost.filter(({ denominator }) => denominator > 0).map((ratio) => described(OPERATING_COST, valued(ratio))),
        described(DEPLOYMENT_FREQUENCY, await deployments(pool, cloudSpan)),
      ]
    },
    compare: (query) => compareKpi(options, RATIO_KPIS, query),
  }
}

function ratioKpi(
  kpi: RatioKpi,
  rows: readonly PlacedSums[],
  by: string | undefined,
): Figure & Pick<Kpi, 'trend' | 'groups'> {
  const figure = (some: readonly PlacedSums[]) => valued(kpi.ratio(sumOf(some)))
  const of = rows.filter(({ measure }) => kpi.measures.includes(measure))
  const split = (key: string) =>
    [...Map.groupBy(of, (row) => row.key[key]!)].map(([name, some]) => ({ name, ...figure(some) }))
  const trend = split('day')
    .filter(({ value }) => value !== null)
    .map(({ name, ...rest }) => ({ day: name!, ...rest }))
  trend.sort((a, b) => (a.day < b.day ? -1 : 1))
  const groups = (by === undefined ? [] : split(by)).map(({ name, ...rest }) => ({ group: name, ...rest }))
  groups.sort((a, b) => (a.group ?? '').localeCompare(b.group ?? ''))
  return { ...figure(of), trend, groups }
}

async function deployments(pool: Pool, { from, to }: Pick<KpiQuery, 'from' | 'to'>): Promise<Figure> {
  const { rows } = await pool.query<{ succeeded: number }>(
    `SELECT count(*)::int4 AS succeeded FROM rollouts WHERE state = 'succeeded' AND finished_at >= $1 AND finished_at < $2`,
    [from, to],
  )
  return valued({ numerator: 30 * rows[0]!.succeeded, denominator: (to - from) / DAY })
}

async function measuredDevices(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ devices: number }>(
    `SELECT count(DISTINCT d.id)::int4 AS devices FROM devices d JOIN series s ON s.device = d.id AND s.sensor = '$cpu'
     WHERE d.retired_at IS NULL`,
  )
  return rows[0]!.devices
}
