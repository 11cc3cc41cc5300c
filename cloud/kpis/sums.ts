import { type DeviceSelector, parseSelfEntity, type SelfMeasuredName } from '@storecast/shared/contracts'
import type { Decisions } from '../decisions/index.ts'
import type { LabelLimit } from '../platform/label-limit.ts'
import { type MergedWindows, type MergeKey, readingsIn, type Telemetry } from '../telemetry/index.ts'
import type { DecisionMeasure, Measure, Sums } from './definitions.ts'

/** What figures are told apart by, beside the model. */
export type SumKey = 'day' | 'site' | `label:${string}`

export interface SumsQuery {
  /** Unix ms, `[from, to)`. */
  readonly from: number
  readonly to: number
  readonly by: readonly SumKey[]
  readonly model?: string | undefined
  readonly selector?: DeviceSelector | undefined
  readonly within?: LabelLimit | undefined
}

/** The sums of one measure of one model (null: of devices themselves), by the keys; of a label null: it is not there. */
export interface PlacedSums extends Sums {
  readonly measure: Measure
  readonly model: string | null
  readonly key: Readonly<Record<string, string | null>>
}

export interface SumSources {
  readonly telemetry: Pick<Telemetry, 'merged'>
  readonly decisions: Pick<Decisions, 'counts'>
}

/** @throws InvalidError `telemetry-too-much`; NotFoundError `group-unknown` */
export async function readSums(
  sources: SumSources,
  query: SumsQuery & { readonly measures: Iterable<Measure> },
): Promise<PlacedSums[]> {
  const measures = new Set(query.measures)
  const read: PlacedSums[] = []
  for (const measure of measures) {
    if (isOfDecisions(measure)) continue
    for (const sums of await ofSeries(sources.telemetry, measure, query)) read.push(sums)
  }
  if ([...measures].some(isOfDecisions)) read.push(...(await ofDecisions(sources.decisions, query)))
  return read
}

const isOfDecisions = (measure: Measure): measure is DecisionMeasure =>
  measure === '$decisions-judged' || measure === '$suggestions'

async function ofSeries(
  telemetry: SumSources['telemetry'],
  sensor: SelfMeasuredName,
  { by, model: wanted, ...query }: SumsQuery,
): Promise<PlacedSums[]> {
  const keys: MergeKey[] = ['entity', ...by.map((key) => (key === 'day' ? 'time' : key))]
  const merged = await telemetry.merged({ ...query, sensor, resolution: 'day', by: keys })
  return merged.flatMap((one) => {
    const model = one.key.entity ? parseSelfEntity(one.key.entity)?.model : null
    if (model === undefined || (wanted !== undefined && model !== wanted)) return []
    const key = Object.fromEntries(by.map((name) => [name, name === 'day' ? (one.day ?? null) : one.key[name]!]))
    return [{ measure: sensor, model, key, ...sumsOf(one) }]
  })
}

const sumsOf = ({ count, sum, quality, scale }: MergedWindows): Sums => ({
  ...{ count, sum: readingsIn(scale).unit(sum), missing: quality.missing },
})

async function ofDecisions(decisions: SumSources['decisions'], query: SumsQuery): Promise<PlacedSums[]> {
  return (await decisions.counts(query)).flatMap(({ model, key, judged, correct, suggested, taken }) => [
    { measure: '$decisions-judged' as const, model, key, count: judged, sum: correct, missing: 0 },
    { measure: '$suggestions' as const, model, key, count: suggested, sum: taken, missing: 0 },
  ])
}

/** The measure's sums over these rows. */
export const sumOf =
  (rows: readonly PlacedSums[]) =>
  (measure: Measure): Sums => {
    const total = { count: 0, sum: 0, missing: 0 }
    for (const row of rows) {
      if (row.measure !== measure) continue
      total.count += row.count
      total.sum += row.sum
      total.missing += row.missing
    }
    return total
  }
