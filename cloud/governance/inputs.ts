import type { Manifest, PolicyGate } from '@storecast/shared/contracts'

/** A model version as policies see it. */
export interface ModelFacts {
  readonly name: string
  /** Absent before it is registered. */
  readonly version?: number
  readonly licence: string
  readonly precision: string
  readonly network: string
  readonly horizon: number
  /** Held-out scores, and those of the seasonal-naive baseline on the same rows. */
  readonly metrics: Readonly<Record<string, number>>
  readonly baseline: Readonly<Record<string, number>>
  readonly lineage: Manifest['lineage']
  readonly source: { readonly kind: string; readonly run?: string }
  readonly tags: Readonly<Record<string, string>>
  readonly bundle: {
    readonly bytes: number
    /** Names of the bundle's files. */
    readonly files: readonly string[]
  }
  /** Cases of `golden.json`; known when the bundle is in hand. */
  readonly golden?: { readonly cases: number }
}

/** All that a policy is given, by the names that its expressions use. */
export interface PolicyInputs {
  readonly gate: PolicyGate
  readonly model: ModelFacts
  /** The version that the alias `champion` points to; null: none, or it is the model itself. */
  readonly champion: ModelFacts | null
  /** Whether enough approvers have signed for the version, and if not, why; null where it has no version yet. */
  readonly approval: { readonly approved: boolean; readonly mode: string; readonly reason: string } | null
  /** What is rolled out to whom; null at the other gates. */
  readonly rollout: { readonly devices: number; readonly selector: unknown } | null
}

export const INPUT_NAMES: readonly (keyof PolicyInputs)[] = ['gate', 'model', 'champion', 'approval', 'rollout']

interface Described {
  readonly manifest: Manifest
  readonly version?: number
  readonly source: ModelFacts['source']
  readonly tags: ModelFacts['tags']
  readonly bytes: number
  readonly golden?: ModelFacts['golden']
}

export const modelFacts = ({ manifest, version, source, tags, bytes, golden }: Described): ModelFacts => ({
  name: manifest.definition.metadata.name,
  ...(version !== undefined && { version }),
  licence: manifest.definition.spec.licence,
  precision: manifest.precision,
  network: manifest.definition.spec.network.kind,
  horizon: manifest.definition.spec.horizon,
  metrics: manifest.metrics,
  baseline: manifest.baseline,
  lineage: manifest.lineage,
  source,
  tags,
  bundle: { bytes, files: ['manifest.json', ...Object.keys(manifest.files)].sort() },
  ...(golden && { golden }),
})
