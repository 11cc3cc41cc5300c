import { packBundle } from '@storecast/shared/bundle'
import type { Manifest, ModelDefinition, Reference, Warmup } from '@storecast/shared/contracts'
import type { ModelIr } from '../onnx/ir.ts'
import { openSession, type Tensors } from '../onnx/session.ts'
import { modelBytes, writeModel } from '../onnx/write.ts'
import { checkFusion, quantize } from '../quantize/index.ts'
import { modelCard } from './card.ts'
import { goldenOf, tensorSpecs } from './golden.ts'
import { latencyP95 } from './latency.ts'

/** What training hands over: the float model and all that its bundle says of it. */
export interface BundleDraft {
  readonly definition: ModelDefinition
  /** One that was made elsewhere by its own bytes. */
  readonly model: ModelIr | Uint8Array
  /** Typical inputs, to calibrate 8-bit activations with; none: the model stays in float32. */
  readonly samples: readonly Tensors[]
  /** Inputs of the golden vectors. */
  readonly golden: readonly Tensors[]
  readonly vocabulary: Manifest['vocabulary']
  readonly features: readonly string[]
  readonly fill: readonly number[]
  readonly reference: Reference | null
  readonly warmup: Warmup | null
  readonly metrics: Manifest['metrics']
  readonly baseline: Manifest['baseline']
  /** How the scores were taken, a sentence for the card. */
  readonly scores: string
  readonly dataset: Manifest['lineage']['dataset']
}

const SCHEME = 'static: activations uint8 with calibrated ranges, weights int8 symmetric by output column'

/** Quantizes, proves that the integer kernels are used, makes golden vectors with the exported model, and packs. */
export async function assembleBundle(
  draft: BundleDraft,
  lineage: { trainedAt: string; seconds: () => number; storecast: string },
): Promise<Uint8Array> {
  const float = modelBytes(draft.model)
  const quantized =
    draft.samples.length > 0 && !(draft.model instanceof Uint8Array)
      ? writeModel(await quantize(draft.model, draft.samples))
      : null
  if (quantized) await checkFusion(quantized)
  const model = quantized ?? float
  const { network } = draft.definition.spec
  const precision = quantized ? 'int8' : network.kind === 'imported' ? network.precision : 'float32'
  await using session = await openSession(model)
  const golden = await goldenOf(session, draft.golden, precision)
  const manifest: Omit<Manifest, 'files'> = {
    format: 1,
    definition: draft.definition,
    precision,
    inputs: tensorSpecs(session.inputs),
    outputs: tensorSpecs(session.outputs),
    vocabulary: draft.vocabulary,
    features: [...draft.features],
    fill: [...draft.fill],
    metrics: { ...draft.metrics, latency_p95_ms: await latencyP95(session, draft.golden) },
    baseline: draft.baseline,
    lineage: {
      dataset: draft.dataset,
      trainedAt: lineage.trainedAt,
      seconds: lineage.seconds(),
      storecast: lineage.storecast,
    },
    quantization: quantized && {
      scheme: SCHEME,
      calibrationRows: draft.samples.reduce((rows, { features, series }) => rows + (features ?? series)!.shape[0]!, 0),
      bytesFloat32: float.byteLength,
      bytesInt8: quantized.byteLength,
    },
  }
  return packBundle({
    manifest,
    files: {
      'model.onnx': model,
      'golden.json': json(golden),
      ...(draft.reference && { 'reference.json': json(draft.reference) }),
      ...(draft.warmup && { 'warmup.json': json(draft.warmup) }),
      'card.md': new TextEncoder().encode(modelCard(manifest, draft.scores)),
    },
  })
}

const json = (value: unknown) => new TextEncoder().encode(`${JSON.stringify(value)}\n`)
