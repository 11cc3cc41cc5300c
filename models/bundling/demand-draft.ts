import type { DailyDemandView, ModelDefinition } from '@storecast/shared/contracts'
import { dayName, readDailyDemand } from '../dataset/index.ts'
import { asMetrics, type DemandPhase, type DemandRows, trainDemand } from '../demand/index.ts'
import { permutation, seededRandom } from '../networks/index.ts'
import type { Tensors } from '../onnx/session.ts'
import { tensor } from '../onnx/tensor.ts'
import type { JobProgress } from '../training/index.ts'
import type { BundleDraft } from './assemble.ts'

export interface DraftOptions<Phase> {
  readonly definition: ModelDefinition
  readonly path: string
  /** Rows of this local day and later are left out. */
  readonly until?: string
  /** A network that was made elsewhere, checked already. */
  readonly imported?: Uint8Array
  readonly onRead: (rows: number) => void
  readonly onProgress: (progress: JobProgress & { readonly phase: Phase }) => void
  readonly signal?: AbortSignal
}

const CALIBRATION_ROWS = 4096
const CALIBRATION_BATCH = 512
/** Golden cases: a batch as devices run it, and a single row. */
const GOLDEN_ROWS = [16, 1] as const

/** Reads a `daily-demand` data set, trains, and hands over what the bundle needs. */
export async function demandDraft(options: DraftOptions<DemandPhase>): Promise<BundleDraft> {
  const { definition, path, until, imported, onRead, onProgress, signal } = options
  const view = definition.spec.view as DailyDemandView
  const data = await readDailyDemand(path, { view, dataset: definition.spec.dataset, ...(until && { until }) })
  onRead(data.rows)
  const trained = await trainDemand({
    ...{ definition, data, onProgress },
    ...(imported && { imported }),
    ...(signal && { signal }),
  })
  const { rows, features, vocabulary } = trained
  // A fixed order: the same training gives the same bundle.
  const order = permutation(rows.count, seededRandom(1))
  const chosen = order.subarray(0, CALIBRATION_ROWS)
  const samples: Tensors[] = []
  for (let at = 0; at < chosen.length; at += CALIBRATION_BATCH) {
    samples.push(inputs(rows, chosen.subarray(at, at + CALIBRATION_BATCH)))
  }
  const lastDay = data.firstDay + data.days - 1
  return {
    definition,
    model: trained.model,
    samples: imported || definition.spec.network.kind === 'seasonal-naive' ? [] : samples,
    golden: GOLDEN_ROWS.map((count, i) => inputs(rows, order.subarray(i, i + Math.min(count, rows.count)))),
    vocabulary: Object.fromEntries(Object.entries(vocabulary).map(([name, values]) => [name, [...values]])),
    features,
    fill: trained.fill,
    reference: trained.reference,
    warmup: trained.warmup,
    metrics: asMetrics(trained.metrics),
    baseline: asMetrics(trained.baseline),
    scores: `Day's total per product on the last ${data.days - trained.heldOut} days, by ${imported ? 'the imported network, which may have seen them' : 'a network that had not seen them'}, before the devices' calibration; days without a stock-out hour in ${view.openHours.join('–')} h. Baseline: seasonal naive.`,
    dataset: { sha256: data.sha256, rows: data.rows, from: dayName(data.firstDay), to: dayName(lastDay) },
  }
}

/** The model inputs of some rows. */
function inputs(rows: DemandRows, chosen: Uint32Array): Tensors {
  const pick = <A extends Float32Array | BigInt64Array>(from: A): A => {
    const width = from.length / rows.count
    const out = new (from.constructor as new (size: number) => A)(chosen.length * width)
    chosen.forEach((row, i) => {
      for (let k = 0; k < width; k++) out[i * width + k] = from[row * width + k]!
    })
    return out
  }
  const statics = pick(rows.statics)
  const features = pick(rows.features)
  const count = chosen.length
  return {
    features: tensor('float32', features, [count, features.length / count]),
    statics: tensor('int64', statics, [count, statics.length / count]),
    scale: tensor('float32', pick(rows.scale)),
  }
}
