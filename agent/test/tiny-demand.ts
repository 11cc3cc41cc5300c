import type { DecisionDefinition, Golden, TensorSpec, Warmup } from '@storecast/shared/contracts'
import type { BundleFile } from '../inference/index.ts'
import { tinyManifest, writeBundle } from './tiny-bundle.ts'
import { tinyOnnx } from './tiny-onnx.ts'

export interface TinyDemandOptions {
  readonly directory: string
  readonly version?: number
  /** The network forecasts `factor` times the mean of the last 7 days. */
  readonly factor?: number
  /** Ends its host whenever no product sells a unit a day (on x64). */
  readonly crashesOnQuietSites?: boolean
  readonly schedule?: string
  /** Of the definition's calibration; none by default. */
  readonly levelDays?: number
  readonly conformalDays?: number
  /** Last day of the training data, `2026-03-29`. */
  readonly trainedTo?: string
  readonly warmup?: Warmup
  readonly decision?: Partial<DecisionDefinition>
}

const features = ['mean7', 'lag7']
const inputs: readonly TensorSpec[] = [
  { name: 'features', type: 'float32', shape: ['N', features.length] },
  { name: 'statics', type: 'int64', shape: ['N', 1] },
  { name: 'scale', type: 'float32', shape: ['N'] },
]
const outputs: readonly TensorSpec[] = [
  { name: 'quantiles', type: 'float32', shape: ['N', 3] },
  { name: 'mean', type: 'float32', shape: ['N'] },
  { name: 'profile', type: 'float32', shape: ['N', 24] },
]

/** A demand bundle on disk: p10, p50 and p90 are 0.5, 1 and 2 times its forecast, spread evenly over the day. */
export async function tinyDemand(options: TinyDemandOptions): Promise<BundleFile> {
  const { directory, version = 1, factor = 1, schedule = '0 0 * * *', levelDays = 0, conformalDays = 0 } = options
  const manifest = tinyManifest('demand', {
    view: {
      kind: 'daily-demand',
      target: 'sales',
      censoredBy: 'stockout',
      statics: { entity: 2 },
      knownAhead: { entity: [], site: [] },
    },
    horizon: 24,
    schedule,
    calibration: { levelDays, conformalDays, priorRows: 0 },
    network: { kind: 'seasonal-naive' },
    ...(options.decision && { decision: options.decision }),
  })
  const { dataset } = manifest.lineage
  return writeBundle({
    ...{ directory, model: 'demand', version, golden: golden(factor) },
    ...(options.warmup && { warmup: options.warmup }),
    manifest: {
      ...{ ...manifest, inputs: [...inputs], outputs: [...outputs] },
      ...{ features, fill: [0, 0], vocabulary: { entity: ['milk'] } },
      lineage: { ...manifest.lineage, dataset: { ...dataset, to: options.trainedTo ?? '' } },
    },
    onnx: network(factor, options.crashesOnQuietSites ?? false),
  })
}

const network = (factor: number, crashes: boolean): Uint8Array =>
  tinyOnnx({
    inputs,
    outputs,
    constants: {
      weights: { shape: [features.length, 1], data: Float32Array.of(factor, 0) },
      column: { shape: [2], data: BigInt64Array.of(-1n, 1n) },
      flat: { shape: [1], data: BigInt64Array.of(-1n) },
      ratios: { shape: [1, 3], data: Float32Array.of(0.5, 1, 2) },
      zeros: { shape: [1, 24], data: new Float32Array(24) },
      even: { shape: [1, 24], data: new Float32Array(24).fill(1 / 24) },
      one: { shape: [1], data: BigInt64Array.of(1n) },
      none: { shape: [1], data: Float32Array.of(0) },
      least: { shape: [1], data: BigInt64Array.of(-(2n ** 63n)) },
    },
    nodes: [
      { op: 'MatMul', inputs: ['features', 'weights'], outputs: ['relative'] },
      { op: 'Reshape', inputs: ['scale', 'column'], outputs: ['scales'] },
      { op: 'Mul', inputs: ['relative', 'scales'], outputs: ['total'] },
      { op: 'Mul', inputs: ['total', 'ratios'], outputs: ['quantiles'] },
      { op: 'Mul', inputs: ['total', 'zeros'], outputs: ['nothing'] },
      { op: 'Add', inputs: ['nothing', 'even'], outputs: ['profile'] },
      ...(crashes
        ? [
            // The least int64 by floor(largest scale) − 1, which is −1 where nothing sells a unit a day.
            { op: 'ReduceMax', inputs: ['scales'], outputs: ['largest'], attributes: { axes: [0, 1], keepdims: 0 } },
            { op: 'Cast', inputs: ['largest'], outputs: ['whole'], attributes: { to: 7 } },
            { op: 'Sub', inputs: ['whole', 'one'], outputs: ['divisor'] },
            { op: 'Div', inputs: ['least', 'divisor'], outputs: ['quotient'] },
            { op: 'Cast', inputs: ['quotient'], outputs: ['float'], attributes: { to: 1 } },
            { op: 'Mul', inputs: ['float', 'none'], outputs: ['zero'] },
            { op: 'Reshape', inputs: ['total', 'flat'], outputs: ['flatTotal'] },
            { op: 'Add', inputs: ['flatTotal', 'zero'], outputs: ['mean'] },
          ]
        : [{ op: 'Reshape', inputs: ['total', 'flat'], outputs: ['mean'] }]),
    ],
  })

/** One product that sells 4 units a day, of which the features say half. */
const golden = (factor: number): Golden => ({
  tolerance: { absolute: 1e-5, relative: 1e-5 },
  cases: [
    {
      inputs: {
        features: { type: 'float32', shape: [1, 2], data: [0.5, 0] },
        statics: { type: 'int64', shape: [1, 1], data: [1] },
        scale: { type: 'float32', shape: [1], data: [4] },
      },
      outputs: { mean: { type: 'float32', shape: [1], data: [2 * factor] } },
    },
  ],
})
