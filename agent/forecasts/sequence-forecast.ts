import type { Span } from '@storecast/shared/windows'
import type { SequenceRows } from '../features/index.ts'
import { float32, InferenceError, type ServingModel } from '../inference/index.ts'
import type { ForecastTools } from './demand-forecast.ts'
import type { FinishRun, RecordForecasts } from './procedures.ts'
import { type ForecastStore, servedForecasts } from './store.ts'

/** Runs whose outcome may still be missing, in milliseconds before the one that is issued. */
const SCORED_MS = 14 * 86_400_000

/**
 * One run of a model with a `sequence` view, a forecast a channel: its mean over the horizon, in the sensor's unit, with
 * the quantiles step by step as `profile` [horizon×Q]. The quantiles of the mean are the steps' means: right where the
 * steps err together, too wide where they do not. The baseline repeats the last value. Nothing is calibrated.
 * @throws InferenceError, FeaturesNotReady, WriterError
 */
export async function forecastSequence(
  tools: ForecastTools,
  model: ServingModel,
  issuedAt: number,
): Promise<FinishRun> {
  const { features, clock, store = servedForecasts(tools) } = tools
  const { context, levels } = sizes(model)
  const rows = features.sequence(model, issuedAt)
  const channels = rows.channels.length
  const began = performance.now()
  const { quantiles } = await model.infer({ series: float32([1, context, channels], rows.series) })
  if (quantiles?.type !== 'float32' || !quantiles.data.every(Number.isFinite)) {
    throw new InferenceError('run-failed', `model ${model.model} gives no finite float32 quantiles`)
  }
  const span = { start: rows.ahead[0]!.start, end: rows.ahead.at(-1)!.end }
  const key = { model: model.model, version: model.version, issuedAt, ...span }
  const run: FinishRun = { ...key, madeAt: clock.now(), levels, calibration: null }
  const tookMs = performance.now() - began
  await Promise.all([
    store.record({ ...key, ...byChannel(rows, quantiles.data, levels.length) }),
    store.finish({ ...run, tookMs }),
  ])
  await scoreSequences({ features, clock, store }, model, issuedAt)
  return run
}

type Columns = Pick<RecordForecasts, 'entities' | 'quantiles' | 'raw' | 'mean' | 'profile' | 'baseline'>

/** From [1×horizon×C×Q] to a row a channel. */
function byChannel({ channels, series, ahead }: SequenceRows, steps: Float32Array, levels: number): Columns {
  const [C, horizon] = [channels.length, ahead.length]
  const quantiles = new Float32Array(C * levels)
  const profile = new Float32Array(C * horizon * levels)
  const baseline = new Float32Array(C)
  for (let c = 0; c < C; c++) {
    for (let h = 0; h < horizon; h++) {
      for (let q = 0; q < levels; q++) {
        const value = steps[(h * C + c) * levels + q]!
        profile[(c * horizon + h) * levels + q] = value
        quantiles[c * levels + q]! += value / horizon
      }
    }
    baseline[c] = series[series.length - C + c]!
  }
  const middle = Math.floor(levels / 2)
  const mean = Float32Array.from(channels, (_, c) => quantiles[c * levels + middle]!)
  return { entities: channels, quantiles, raw: quantiles, mean, profile, baseline }
}

type ScoreTools = Pick<ForecastTools, 'features' | 'clock'> & { readonly store: ForecastStore }

/** Runs whose horizon has passed get the means that were measured, where at least half of the windows were. */
async function scoreSequences({ features, clock, store }: ScoreTools, model: ServingModel, until: number) {
  const { calendar } = features.site()
  const { step } = sizes(model)
  const runs = store.runsSince(model.model, until - SCORED_MS).filter((run) => run.end <= until)
  for (const run of runs) {
    const open = [...store.forecastsOf(run)].filter((row) => row.actual === null)
    if (open.length === 0) continue
    const spans: Span[] = []
    for (let start = run.start; start < run.end; start = spans.at(-1)!.end) spans.push(calendar.windowAt(start, step))
    const measured = open.map(({ entity }) => features.measured(entity, spans))
    const actual = Float32Array.from(measured, (steps) => {
      const values = steps.filter((value) => !Number.isNaN(value))
      return values.length * 2 < spans.length
        ? Number.NaN
        : values.reduce((sum, value) => sum + value, 0) / values.length
    })
    const steps = {
      day: calendar.windowAt(run.start, '1d'),
      ends: spans.map(({ end }) => end),
      actual: joined(measured),
    }
    const { version, issuedAt } = run
    const entities = open.map((row) => row.entity)
    const censored = new Uint8Array(entities.length)
    const scoredAt = clock.now()
    await store.score([{ model: model.model, version, issuedAt, scoredAt, entities, actual, censored, steps }])
  }
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.reduce((sum, { length }) => sum + length, 0))
  rows.reduce((at, row) => {
    all.set(row, at)
    return at + row.length
  }, 0)
  return all
}

function sizes({ model, manifest }: ServingModel) {
  const { view, quantiles: levels } = manifest.definition.spec
  if (view.kind !== 'sequence') throw new TypeError(`model ${model} has a ${view.kind} view`)
  return { context: view.context, step: view.step, levels }
}
