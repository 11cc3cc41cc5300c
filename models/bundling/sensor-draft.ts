import type { SequenceView } from '@storecast/shared/contracts'
import { DatasetError } from '../dataset/index.ts'
import { openSession, type Tensors } from '../onnx/session.ts'
import { tensor } from '../onnx/tensor.ts'
import { modelBytes } from '../onnx/write.ts'
import {
  channelScale,
  readSensorSeries,
  type SensorScores,
  type SensorSeries,
  scoreSensor,
  sensorModel,
  sensorReference,
  standardised,
  trainSensor,
} from '../sensor/index.ts'
import type { BundleDraft } from './assemble.ts'
import type { DraftOptions } from './demand-draft.ts'

export type SensorPhase = 'held-out' | 'final'

/** Share of the series at its end that the first network does not see. */
const HELD_OUT = 0.2
const CALIBRATION_WINDOWS = 256
const CALIBRATION_BATCH = 32
const GOLDEN_WINDOWS = [2, 1] as const

/**
 * Reads a `sequence` data set and trains twice: on the first four fifths for the held-out scores, then on everything.
 *
 * @throws DatasetError `too-little`
 */
export async function sensorDraft(options: DraftOptions<SensorPhase>): Promise<BundleDraft> {
  const { definition, path, imported, onRead, onProgress, signal } = options
  const { horizon, quantiles, training } = definition.spec
  const view = definition.spec.view as SequenceView
  const series = await readSensorSeries(path, { view, dataset: definition.spec.dataset })
  const steps = series.times.length
  onRead(steps)
  const channels = series.channels.length
  const network = { context: view.context, horizon, channels, quantiles }
  const cut = Math.floor(steps * (1 - HELD_OUT))
  if (cut < view.context + horizon + 1 || steps - cut < horizon) {
    const least = Math.ceil(Math.max((view.context + horizon + 2) / (1 - HELD_OUT), (horizon + 1) / HELD_OUT))
    const message = `${steps} rows; a context of ${view.context} and a horizon of ${horizon} need at least ${least}`
    throw new DatasetError('too-little', message)
  }
  const fit = async (phase: SensorPhase, rows: number) => {
    const scale = channelScale(series, rows)
    const trained = await trainSensor({
      values: standardised(series, scale).subarray(0, rows * channels),
      network,
      options: training,
      onProgress: (progress) => onProgress({ ...progress, phase }),
      ...(signal && { signal }),
    })
    return sensorModel(trained, scale)
  }
  const { sd } = channelScale(series, cut)
  const first = imported ?? (await fit('held-out', cut))
  await using session = await openSession(modelBytes(first))
  const scores = await scoreSensor(session, network, {
    values: series.values,
    sd,
    from: cut,
    to: steps,
  })
  const model = imported ?? (await fit('final', steps))
  const windows = Math.min(CALIBRATION_WINDOWS, steps - view.context)
  const at = (i: number) => Math.floor((i * (steps - view.context)) / windows)
  const samples: Tensors[] = []
  for (let i = 0; i < windows; i += CALIBRATION_BATCH) {
    const starts = Array.from({ length: Math.min(CALIBRATION_BATCH, windows - i) }, (_, k) => at(i + k))
    samples.push(inputs(series, view.context, starts))
  }
  return {
    definition,
    model,
    samples: imported ? [] : samples,
    golden: GOLDEN_WINDOWS.map((count, i) =>
      inputs(
        series,
        view.context,
        [...Array(count).keys()].map((k) => at(k + i)),
      ),
    ),
    vocabulary: {},
    features: series.channels,
    fill: [],
    reference: sensorReference(series, view.step),
    warmup: null,
    metrics: metricsOf(scores),
    baseline: scores.lastValue,
    scores: `Every window of the last ${steps - cut} rows, by ${imported ? 'the imported network, which may have seen them' : 'a network that had not seen them'}; errors in standard deviations of each channel. Baseline: the last value repeated.`,
    dataset: { sha256: series.sha256, rows: steps, from: series.times[0]!, to: series.times.at(-1)! },
  }
}

const metricsOf = ({ mse, mae, coverage, windows }: SensorScores) => ({ mse, mae, coverage, windows })

function inputs({ values, channels }: SensorSeries, context: number, starts: readonly number[]): Tensors {
  const size = context * channels.length
  const out = new Float32Array(starts.length * size)
  starts.forEach((start, i) => {
    out.set(values.subarray(start * channels.length, start * channels.length + size), i * size)
  })
  return { series: tensor('float32', out, [starts.length, context, channels.length]) }
}
