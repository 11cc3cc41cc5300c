import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packBundle } from '@storecast/shared/bundle'
import { type Golden, type Manifest, ModelDefinition, type TensorSpec, type Warmup } from '@storecast/shared/contracts'
import type { BundleFile } from '../inference/index.ts'
import { tinyOnnx } from './tiny-onnx.ts'

export interface TinyBundleOptions {
  readonly directory: string
  readonly model?: string
  readonly version?: number
  /** The network gives `x · factor`. */
  readonly factor?: number
  /** What the golden vectors claim it gives. */
  readonly claimedFactor?: number
  /** Instead of the network's own bytes. */
  readonly onnx?: Uint8Array
  /** What the manifest says of the inputs. */
  readonly inputs?: readonly TensorSpec[]
  /** Values of the dials in the golden case. */
  readonly dials?: Partial<Dials>
}

/** What makes the network misbehave. */
export interface Dials {
  /** -1 ends the process on x64: the least int64 divided by it overflows (SIGFPE). */
  readonly divisor: bigint
  /** Multiplies two square matrices of this side: time and memory. */
  readonly side: bigint
}
const harmless: Dials = { divisor: 1n, side: 1n }

const inputs: readonly TensorSpec[] = [
  { name: 'x', type: 'float32', shape: ['N', 2] },
  { name: 'divisor', type: 'int64', shape: [1] },
  { name: 'sides', type: 'int64', shape: [2] },
]
const outputs: readonly TensorSpec[] = [
  { name: 'y', type: 'float32', shape: ['N', 2] },
  { name: 'quotient', type: 'int64', shape: [1] },
  { name: 'largest', type: 'float32', shape: [1, 1] },
]

/** The tensors of a run of the tiny network. */
export const tinyInputs = (x: readonly number[], dials: Partial<Dials> = {}) => {
  const { divisor, side } = { ...harmless, ...dials }
  return {
    x: { type: 'float32', shape: [x.length / 2, 2], data: Float32Array.from(x) },
    divisor: { type: 'int64', shape: [1], data: BigInt64Array.of(divisor) },
    sides: { type: 'int64', shape: [2], data: BigInt64Array.of(side, side) },
  } as const
}

/** A bundle on disk whose network multiplies by a factor, with dials that crash it, stall it and make it eat memory. */
export async function tinyBundle(options: TinyBundleOptions): Promise<BundleFile> {
  const { directory, model = 'tiny', version = 1, factor = 2, claimedFactor = factor } = options
  const golden: Golden = {
    tolerance: { absolute: 1e-5, relative: 1e-5 },
    cases: [
      {
        inputs: Object.fromEntries(
          Object.entries(tinyInputs([1, 2, 3, 4], options.dials)).map(([name, { type, shape, data }]) => [
            name,
            { type, shape: [...shape], data: Array.from(data, Number) },
          ]),
        ),
        outputs: { y: { type: 'float32', shape: [2, 2], data: [1, 2, 3, 4].map((x) => x * claimedFactor) } },
      },
    ],
  }
  const spec = {
    view: { kind: 'sequence', channels: ['temperature'], step: '5m', context: 2 },
    horizon: 1,
    network: { kind: 'revin-linear' },
  }
  const manifest = { ...tinyManifest(model, spec), inputs: [...(options.inputs ?? inputs)], outputs: [...outputs] }
  return writeBundle({ directory, model, version, manifest, golden, onnx: options.onnx ?? tinyNetwork(factor) })
}

export interface WriteBundleOptions {
  readonly directory: string
  readonly model: string
  readonly version: number
  readonly manifest: Omit<Manifest, 'files'>
  readonly golden: Golden
  readonly onnx: Uint8Array
  readonly warmup?: Warmup
}

/** Packs a bundle and writes it under its digest. */
export async function writeBundle(options: WriteBundleOptions): Promise<BundleFile> {
  const { directory, model, version, manifest, golden, onnx, warmup } = options
  const json = (document: unknown) => Buffer.from(JSON.stringify(document))
  const files = {
    'model.onnx': onnx,
    'golden.json': json(golden),
    ...(warmup ? { 'warmup.json': json(warmup) } : {}),
  }
  const bytes = packBundle({ manifest, files })
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const path = join(directory, sha256)
  await writeFile(path, bytes)
  return { model, version, path, sha256 }
}

/** A manifest without tensors. @param spec of the definition, as one would write it */
export function tinyManifest(model: string, spec: object): Omit<Manifest, 'files' | 'inputs' | 'outputs'> {
  return {
    format: 1,
    definition: ModelDefinition.parse({
      apiVersion: 'storecast/v1',
      kind: 'ModelDefinition',
      metadata: { name: model },
      spec,
    }),
    precision: 'float32',
    vocabulary: {},
    features: [],
    fill: [],
    metrics: {},
    baseline: {},
    lineage: {
      dataset: { sha256: '0'.repeat(64), rows: 0, from: '', to: '' },
      trainedAt: '',
      seconds: 0,
      storecast: '0.1.0',
    },
    quantization: null,
  }
}

const tinyNetwork = (factor: number): Uint8Array =>
  tinyOnnx({
    inputs,
    outputs,
    constants: {
      factor: { shape: [1], data: Float32Array.of(factor) },
      least: { shape: [1], data: BigInt64Array.of(-(2n ** 63n)) },
    },
    nodes: [
      { op: 'Mul', inputs: ['x', 'factor'], outputs: ['y'] },
      { op: 'Div', inputs: ['least', 'divisor'], outputs: ['quotient'] },
      { op: 'ConstantOfShape', inputs: ['sides'], outputs: ['square'] },
      { op: 'MatMul', inputs: ['square', 'square'], outputs: ['product'] },
      { op: 'ReduceMax', inputs: ['product'], outputs: ['largest'], attributes: { axes: [0, 1], keepdims: 1 } },
    ],
  })
