import { type DeviceSelector, parseSelfEntity, type SelfMeasuredName } from '@storecast/shared/contracts'
import type { Decisions } from '../decisions/index.ts'
import type { LabelLimit } from '../platform/label-limit.ts'
import type { Telemetry } from '../telemetry/index.ts'
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
  readonly telemetry: Pick<Telemetry, 'daySums'>
  readonly decisions: Pick<Decisions, 'counts'>
}

/** @throws InvalidError `telemetry-too-much`; NotFoundError `group-unknown` */
export async function readSums(
  sources: SumSources,
  query: SumsQuery & { readonly measures: Iterable<Measure> },
): Promise<PlacedSums[]> {
  const measures = [...new Set(query.measures)]
  const sensors = measures.filter((measure) => !isOfDecisions(measure))
  const ofDevices = sensors.length > 0 ? await ofSeries(sources.telemetry, sensors, query) : []
  const decided = measures.some(isOfDecisions) ? await ofDecisions(sources.decisions, query) : []
  return [...ofDevices, ...decided]
}

const isOfDecisions = (measure: Measure): measure is DecisionMeasure =>
  measure === '$decisions-judged' || measure === '$suggestions'

async function ofSeries(
  telemetry: SumSources['telemetry'],
  sensors: readonly SelfMeasuredName[],
  { model: wanted, ...query }: SumsQuery,
): Promise<PlacedSums[]> {
  return (await telemetry.daySums({ ...query, sensors })).flatMap(({ sensor, entity, ...sums }) => {
    const model = entity === '' ? null : parseSelfEntity(entity)?.model
    return model === undefined || (wanted !== undefined && model !== wanted)
      ? []
      : [{ measure: sensor, model, ...sums }]
  })
}

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
