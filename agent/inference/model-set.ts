import { createHash } from 'node:crypto'
import { BUNDLE_LIMITS, type Bundle, BundleError, openBundle } from '@storecast/shared/bundle'
import type { Manifest, Reference, TensorSpec } from '@storecast/shared/contracts'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { readWhole } from '../platform/files.ts'
import type { RejectionCode } from './errors.ts'
import { verifyGolden } from './golden.ts'
import type { BundleFile, FeatureScale, LoadedModel } from './protocol.ts'
import { float32, int64, misfit, type Tensors } from './tensors.ts'

interface Entry {
  readonly session: InferenceSession
  readonly manifest: Manifest
}

type Loaded = { readonly loaded: LoadedModel } | { readonly rejected: { code: RejectionCode; message: string } }
type Ran = { readonly outputs: Tensors } | { readonly failed: string }

/** A thousand steps of the reference are a standard deviation; one without any says nothing of another's. */
function scalesOf({ features }: Manifest, reference: Reference | null): FeatureScale[] | null {
  const named = reference?.features.map(({ name }) => name)
  if (!reference || named?.join() !== features.join()) return null
  return reference.features.map(({ centre, resolution }) => ({ mean: centre, sd: 1000 * resolution }))
}

/** Small networks on small devices: one thread that does not spin, and no arena that keeps the largest batch's memory. */
const sessionOptions: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  executionMode: 'sequential',
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableCpuMemArena: true,
  enableMemPattern: false,
  graphOptimizationLevel: 'all',
  extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
}

/** The networks of one host process. Only the host loads this module: it brings in ONNX Runtime. */
export class ModelSet {
  readonly #entries = new Map<string, Entry>()

  /** Opens a bundle from disk, checks it against its digests, its manifest and its golden vectors. */
  async load(file: BundleFile): Promise<Loaded> {
    try {
      const { manifest, warmup, reference } = await this.#load(file)
      return { loaded: { ...file, manifest, warmup, scales: scalesOf(manifest, reference) } }
    } catch (error) {
      if (!(error instanceof Rejection) && !(error instanceof BundleError)) throw error
      return { rejected: { code: error.code, message: error.message } }
    }
  }

  async #load({ model, path, sha256 }: BundleFile): Promise<Bundle> {
    const bytes = await readWhole(path, BUNDLE_LIMITS.archive)
    if (!bytes) throw new Rejection('missing-file', `bundle: there is no file ${path}`)
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
      throw new Rejection('digest-mismatch', `bundle: ${path} does not have the digest ${sha256}`)
    }
    const bundle = openBundle(bytes)
    const { manifest, golden } = bundle
    const { name } = manifest.definition.metadata
    if (name !== model) throw new Rejection('wrong-model', `bundle: this is model ${name}, asked for was ${model}`)
    const session = await createSession(bundle.model)
    requireSame('input', manifest.inputs, session.inputMetadata)
    requireSame('output', manifest.outputs, session.outputMetadata)
    const difference = await verifyGolden(golden, async (inputs) => {
      const result = await runSession({ session, manifest }, inputs)
      if ('failed' in result) throw new Rejection('golden-mismatch', `a golden case does not run: ${result.failed}`)
      return result.outputs
    })
    if (difference !== undefined) throw new Rejection('golden-mismatch', difference)
    this.#entries.set(model, { session, manifest })
    return bundle
  }

  async run({ model, inputs }: { model: string; inputs: Tensors }): Promise<Ran> {
    const entry = this.#entries.get(model)
    return entry ? runSession(entry, inputs) : { failed: `this host has no model ${model}` }
  }
}

class Rejection extends Error {
  readonly code: RejectionCode

  constructor(code: RejectionCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

async function createSession(model: Uint8Array): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(model, sessionOptions)
  } catch (cause) {
    throw new Rejection('model-invalid', `model.onnx: ${firstLine(cause)}`, { cause })
  }
}

/** The manifest speaks for the network: what the agent prepares by it must be what the network takes and gives. */
function requireSame(
  side: string,
  specs: readonly TensorSpec[],
  metadata: readonly InferenceSession.ValueMetadata[],
): void {
  const network = new Map(metadata.map((value) => [value.name, value]))
  const mismatch = (what: string) => new Rejection('tensor-mismatch', `${side} ${what}`)
  for (const { name, type, shape } of specs) {
    const value = network.get(name)
    if (!value?.isTensor) throw mismatch(`${name} of the manifest is not in the network`)
    const rank = value.shape.length
    const fits =
      value.type === type &&
      rank === shape.length &&
      shape.every(
        (dim, axis) => typeof dim === 'string' || typeof value.shape[axis] === 'string' || value.shape[axis] === dim,
      )
    if (!fits) {
      throw mismatch(`${name} is ${value.type} [${value.shape}] in the network, ${type} [${shape}] in the manifest`)
    }
  }
  const extra = metadata.find((value) => !specs.some((spec) => spec.name === value.name))
  if (side === 'input' && extra) throw mismatch(`${extra.name} of the network is not in the manifest`)
}

async function runSession({ session, manifest }: Entry, inputs: Tensors): Promise<Ran> {
  const sizes = new Map<string, number>()
  const problem = misfit(manifest.inputs, inputs, sizes)
  if (problem !== undefined) return { failed: problem }
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { type, data, shape }]) => [name, new OrtTensor(type, data, shape)]),
  )
  try {
    const results = await session.run(
      feeds,
      manifest.outputs.map((spec) => spec.name),
    )
    const outputs = Object.fromEntries(Object.entries(results).map(([name, value]) => [name, ownTensor(value)]))
    const wrong = misfit(manifest.outputs, outputs, sizes)
    return wrong === undefined ? { outputs } : { failed: `the model's answer: ${wrong}` }
  } catch (error) {
    return { failed: firstLine(error) }
  }
}

function ownTensor({ type, dims, data }: OrtTensor) {
  if (type === 'float32') return float32(dims, data as Float32Array)
  if (type === 'int64') return int64(dims, data as BigInt64Array)
  throw new TypeError(`the model gives a ${type} tensor`)
}

const firstLine = (error: unknown): string => String(error instanceof Error ? error.message : error).split('\n')[0]!
