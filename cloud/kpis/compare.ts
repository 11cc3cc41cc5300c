import { differenceInterval, type Interval, meanInterval } from '@storecast/shared/statistics'
import { InvalidError, NotFoundError } from '../platform/errors.ts'
import type { LabelLimit } from '../platform/label-limit.ts'
import type { KpiDefinition, RatioKpi } from './definitions.ts'
import { type Figure, valued } from './figures.ts'
import { type PlacedSums, readSums, type SumSources, sumOf } from './sums.ts'

/** A label and the value by which shops belong to a cohort. */
export interface CohortTerm {
  readonly label: string
  readonly value: string
}

export interface ComparisonQuery {
  /** Of a KPI that is a ratio of what devices send. */
  readonly kpi: string
  readonly model?: string | undefined
  /** Unix ms: before is `[from, change)`, after `[change, to)`. */
  readonly from: number
  readonly change: number
  readonly to: number
  /** Who had the change; left out: every shop. */
  readonly treated?: CohortTerm | undefined
  /** Who had it not. */
  readonly control?: CohortTerm | undefined
  readonly within?: LabelLimit | undefined
}

/** Shops with a figure on both sides of the change, each counted once. */
export interface Cohort {
  readonly shops: number
  /** Shops with a figure on one side only: they say nothing of a change. */
  readonly leftOut: number
  /** Of all its shops together. */
  readonly before: Figure
  readonly after: Figure
  /** The mean over shops of after − before; null without shops. */
  readonly change: Interval | null
}

export interface Comparison
  extends Omit<KpiDefinition, 'clock'>,
    Omit<ComparisonQuery, 'kpi' | 'model' | 'treated' | 'control' | 'within'> {
  readonly model: string | null
  readonly method: string
  /** Of the intervals. */
  readonly level: number
  readonly treated: Cohort
  readonly control: Cohort | null
  /** The treated shops' mean change less that of the control's; null without shops in both. */
  readonly againstControl: Interval | null
}

const LEVEL = 0.95
/** A shop's days are alike; shops are drawn apart: so the shop is what is counted. */
export const COMPARISON_METHOD =
  'The mean over shops of (after − before), with Student’s interval; against a control: the difference of the two cohorts’ means, with Welch’s interval'

/** @throws NotFoundError `kpi-unknown`; InvalidError `kpi-model` where several models have the KPI and none is named */
export async function compareKpi(
  sources: SumSources,
  kpis: readonly RatioKpi[],
  query: ComparisonQuery,
): Promise<Comparison> {
  const { from, change, to, treated, control, model: asked, within } = query
  const kpi = kpis.find(({ id }) => id === query.kpi) ?? unknownKpi(query.kpi, kpis)
  const read = (span: { from: number; to: number }, term: CohortTerm | undefined) => {
    const selector = term && { labels: { [term.label]: term.value }, expressions: [], groups: [] }
    return readSums(sources, { ...span, by: ['site'], model: asked, selector, within, measures: kpi.measures })
  }
  /** Of its devices alone: a cohort may be a part of a large fleet. */
  const sidesOf = async (term: CohortTerm | undefined): Promise<Sides> => {
    const [before, after] = await Promise.all([read({ from, to: change }, term), read({ from: change, to }, term)])
    return { before, after }
  }
  const of = [await sidesOf(treated), ...(control ? [await sidesOf(control)] : [])]
  const models = [...new Set(of.flatMap(({ before, after }) => [...before, ...after].map(({ model }) => model)))].sort()
  if (models.length > 1) throw severalModels(kpi, models)
  const [had, hadNot] = of.map((sides) => shopsOf(kpi, sides)) as [Shops, Shops?]
  const { id, title, unit, formula, source } = kpi
  return {
    ...{ id, title, unit, formula, source, model: asked ?? models[0] ?? null, from, change, to },
    ...{ method: COMPARISON_METHOD, level: LEVEL },
    treated: had.cohort,
    control: hadNot?.cohort ?? null,
    againstControl:
      hadNot && had.changes.length > 0 && hadNot.changes.length > 0
        ? differenceInterval(had.changes, hadNot.changes, LEVEL)
        : null,
  }
}

interface Sides {
  readonly before: readonly PlacedSums[]
  readonly after: readonly PlacedSums[]
}

interface Shops {
  readonly cohort: Cohort
  readonly changes: readonly number[]
}

/** A cohort, and the change of each of its shops. */
function shopsOf(kpi: RatioKpi, { before, after }: Sides): Shops {
  const bySite = (rows: readonly PlacedSums[]) => Map.groupBy(rows, ({ key }) => key.site!)
  const [earlier, later] = [bySite(before), bySite(after)]
  const figure = (rows: readonly PlacedSums[]) => valued(kpi.ratio(sumOf(rows)))
  const sites = [...new Set([...earlier.keys(), ...later.keys()])].sort()
  const told = sites.flatMap((site) => {
    const [was, is] = [earlier.get(site) ?? [], later.get(site) ?? []]
    const [wasValue, isValue] = [figure(was).value, figure(is).value]
    return wasValue === null || isValue === null ? [] : [{ was, is, change: isValue - wasValue }]
  })
  const changes = told.map((shop) => shop.change)
  return {
    changes,
    cohort: {
      shops: told.length,
      leftOut: sites.length - told.length,
      before: figure(told.flatMap(({ was }) => was)),
      after: figure(told.flatMap(({ is }) => is)),
      change: changes.length === 0 ? null : meanInterval(changes, LEVEL),
    },
  }
}

function unknownKpi(id: string, kpis: readonly RatioKpi[]): never {
  throw new NotFoundError({
    code: 'kpi-unknown',
    message: `There is no KPI ${id} that can be compared between shops. There are ${kpis.map((one) => one.id).join(', ')}.`,
  })
}

const severalModels = ({ id }: RatioKpi, models: readonly (string | null)[]) =>
  new InvalidError({
    code: 'kpi-model',
    message: `${models.join(', ')} have the KPI ${id}. Say which model is meant: model=${models[0]}.`,
  })
