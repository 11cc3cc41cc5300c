import { packBundle } from '@storecast/shared/bundle'
import { type Manifest, ModelDefinition, type Reference, type Warmup } from '@storecast/shared/contracts'

/** A small bundle that opens; its model is not one that runs. */
export function testBundle({
  name = 'demand',
  salt = '',
  reference,
  warmup,
  card,
  features = ['lag7'],
}: {
  name?: string
  salt?: string
  features?: readonly string[]
  reference?: Reference
  warmup?: Warmup
  card?: string
} = {}): Uint8Array {
  const manifest: Omit<Manifest, 'files'> = {
    format: 1,
    definition: testDefinition(name),
    precision: 'float32',
    inputs: [{ name: 'features', type: 'float32', shape: ['N', features.length] }],
    outputs: [{ name: 'mean', type: 'float32', shape: ['N'] }],
    vocabulary: {},
    features: [...features],
    fill: [],
    metrics: { wape: 0.3 },
    baseline: { wape: 0.4 },
    lineage: {
      dataset: { sha256: 'a'.repeat(64), rows: 1, from: '2026-01-01', to: '2026-01-31' },
      trainedAt: '2026-02-01T00:00:00Z',
      seconds: 1,
      storecast: '0.1.0',
    },
    quantization: null,
  }
  const golden = {
    tolerance: { absolute: 1e-4, relative: 1e-3 },
    cases: [
      {
        inputs: { features: { type: 'float32', shape: [1, features.length], data: features.map(() => 2) } },
        outputs: { mean: { type: 'float32', shape: [1], data: [2] } },
      },
    ],
  }
  const bytes = (text: string) => new TextEncoder().encode(text)
  return packBundle({
    manifest,
    files: {
      'model.onnx': bytes(`onnx ${salt}`),
      'golden.json': bytes(JSON.stringify(golden)),
      ...(reference && { 'reference.json': bytes(JSON.stringify(reference)) }),
      ...(card !== undefined && { 'card.md': bytes(card) }),
      ...(warmup && { 'warmup.json': bytes(JSON.stringify(warmup)) }),
    },
  })
}

export const testDefinition = (name = 'demand') =>
  ModelDefinition.parse({
    apiVersion: 'storecast/v1',
    kind: 'ModelDefinition',
    metadata: { name },
    spec: {
      view: {
        kind: 'daily-demand',
        target: 'sales',
        censoredBy: 'stockout',
        statics: { site: 2, category: 4 },
        knownAhead: { entity: ['discount'], site: ['rain'] },
      },
      horizon: 24,
      network: { kind: 'seasonal-naive' },
    },
  })
