import type { DailyDemandView, Manifest, ModelDefinition, Reference, Warmup } from '@storecast/shared/contracts'
import { dailyDemandEncoder, type Vocabulary } from '@storecast/shared/features'
import { middleOf, type Scores, score } from '@storecast/shared/forecasts'
import { type DailyDemandData, DatasetError, dayName } from '../dataset/index.ts'
import type { ModelIr } from '../onnx/ir.ts'
import { openSession } from '../onnx/session.ts'
import { modelBytes } from '../onnx/write.ts'
import type { JobProgress } from '../training/index.ts'
import { columnMoments, fillUnknown } from './distribution.ts'
import { fitDemand } from './fit.ts'
import { predict } from './predict.ts'
import { demandReference } from './reference.ts'
import { codedSites, type DemandRows, demandRows, vocabularyOf } from './rows.ts'

/** Days at the end that a second network does not see: it forecasts them, and its errors warm devices up. */
const HELD_OUT_DAYS = 7
/** Rows of the first days have hardly any history to learn from. */
const FIRST_DAYS = 7
const LEAST_DAYS = 9

/** A trained model before export, with all that its bundle says of it. */
export interface TrainedDemand {
  readonly model: ModelIr | Uint8Array
  /** In-stock rows that it was trained on. */
  readonly rows: DemandRows
  readonly vocabulary: Vocabulary
  readonly features: readonly string[]
  readonly fill: readonly number[]
  readonly reference: Reference
  readonly warmup: Warmup
  /** First of the days held out, from 0. */
  readonly heldOut: number
  /** Of the second network and of the seasonal naive, uncalibrated, on the in-stock rows of the days held out. */
  readonly metrics: Scores
  readonly baseline: Scores
}

export type DemandPhase = 'held-out' | 'final'

/**
 * Trains the definition's network twice: once without the last week, whose forecasts of that week are the held-out scores
 * and the warm-up of the devices' calibration, and once on everything.
 *
 * @throws DatasetError `too-little`
 */
export async function trainDemand(options: {
  definition: ModelDefinition
  data: DailyDemandData
  /** A network that was made elsewhere: it is scored and described as one that is trained here. */
  imported?: Uint8Array
  onProgress?: (progress: JobProgress & { readonly phase: DemandPhase }) => void
  signal?: AbortSignal
}): Promise<TrainedDemand> {
  const { definition, data, imported, onProgress, signal } = options
  const view = definition.spec.view as DailyDemandView
  if (data.days < LEAST_DAYS) {
    throw new DatasetError(
      'too-little',
      `${data.days} days from ${dayName(data.firstDay)} on, at least ${LEAST_DAYS} train`,
    )
  }
  const heldOut = data.days - Math.min(HELD_OUT_DAYS, Math.floor(data.days / 4))
  const { network } = definition.spec
  const vocabulary = { ...vocabularyOf(data, view), ...(network.kind === 'imported' && network.vocabulary) }
  const encoder = dailyDemandEncoder({ view })
  const { features } = encoder
  const coded = codedSites(data, view, vocabulary)
  const from = Math.min(FIRST_DAYS, Math.floor(data.days / 4))
  const rows = demandRows(data, { encoder, coded, from, to: data.days, inStock: true })
  const known = until(rows, heldOut)
  if (known.count === 0) {
    throw new DatasetError(
      'too-little',
      'every product was out of stock at some hour of every day: there is no demand to learn',
    )
  }
  const fill = [...columnMoments(rows.features, features.length).mean]
  fillUnknown(rows.features, fill)

  const fit = async (phase: DemandPhase, rows: DemandRows) =>
    imported ??
    fitDemand({
      ...{ definition, rows, features, vocabulary },
      ...(onProgress && { onProgress: (progress) => onProgress({ ...progress, phase }) }),
      ...(signal && { signal }),
    })
  const second = await fit('held-out', known)
  const { warmup, metrics, baseline } = await judge({
    definition,
    data,
    model: second,
    rows: after(rows, heldOut),
    features,
  })
  const model = await fit('final', rows)
  const reference = demandReference({ data, encoder, coded, fill, from })
  return { ...{ model, rows, vocabulary, features, fill, reference, warmup, heldOut, metrics, baseline } }
}

/** Forecasts rows that the model has not seen. */
async function judge(options: {
  definition: ModelDefinition
  data: DailyDemandData
  model: ModelIr | Uint8Array
  rows: DemandRows
  features: readonly string[]
}) {
  const { definition, data, rows, features } = options
  const levels = definition.spec.quantiles
  const middle = middleOf(levels)
  await using session = await openSession(modelBytes(options.model))
  const { quantiles, mean } = await predict(session, rows)
  const lag = features.indexOf('lag7')
  const sites: Record<string, Warmup['sites'][string]> = {}
  const scored = []
  const naive = []
  for (let m = 0; m < rows.count; m++) {
    const own = quantiles.subarray(m * levels.length, (m + 1) * levels.length)
    const actual = rows.units[m]!
    const naivePoint = rows.features[m * features.length + lag]! * rows.scale[m]!
    scored.push({ quantiles: own, point: own[middle]!, actual, censored: false })
    naive.push({ quantiles: levels.map(() => naivePoint), point: naivePoint, actual, censored: false })
    const name = data.sites[rows.site[m]!]!.site
    sites[name] ??= { days: [], actual: [], mean: [], quantiles: levels.map(() => []) }
    sites[name].days.push(dayName(data.firstDay + rows.day[m]!))
    sites[name].actual.push(rounded(actual))
    sites[name].mean.push(rounded(mean[m]!))
    levels.forEach((_, q) => {
      sites[name]!.quantiles[q]!.push(rounded(own[q]!))
    })
  }
  const warmup: Warmup = { format: 1, levels, sites }
  return { warmup, metrics: score(scored, levels), baseline: score(naive, levels) }
}

/** Five significant digits: far below any forecast's error, and half the bytes. */
const rounded = (value: number) => Number(value.toPrecision(5))

/** Scores as the manifest keeps them: those that are numbers. */
export const asMetrics = ({ wape, wpe, pinball, coverage, rows }: Scores): Manifest['metrics'] =>
  Object.fromEntries(
    Object.entries({ wape, wpe, pinball, coverage, rows }).filter(([, value]) => Number.isFinite(value)),
  )

const until = (rows: DemandRows, day: number) => part(rows, 0, firstOf(rows, day))
const after = (rows: DemandRows, day: number) => part(rows, firstOf(rows, day), rows.count)

function firstOf({ day, count }: DemandRows, wanted: number): number {
  const at = day.findIndex((each) => each >= wanted)
  return at < 0 ? count : at
}

/** Rows `from` to `to` (excluded), as views. */
function part(rows: DemandRows, from: number, to: number): DemandRows {
  const cut = <A extends Float32Array | BigInt64Array | Uint8Array | Int32Array>(all: A): A => {
    const width = all.length / Math.max(1, rows.count)
    return all.subarray(from * width, to * width) as A
  }
  return {
    count: to - from,
    features: cut(rows.features),
    statics: cut(rows.statics),
    scale: cut(rows.scale),
    units: cut(rows.units),
    censored: cut(rows.censored),
    hourly: cut(rows.hourly),
    day: cut(rows.day),
    site: cut(rows.site),
  }
}
