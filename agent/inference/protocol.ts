import type { Manifest, Warmup } from '@storecast/shared/contracts'
import type { RejectionCode } from './errors.ts'
import type { Place, PlacedTensor } from './placement.ts'
import type { Tensors } from './tensors.ts'

/** A bundle as it lies on disk. */
export interface BundleFile {
  /** The model's name, as the desired state has it. */
  readonly model: string
  readonly version: number
  readonly path: string
  readonly sha256: string
}

/** Mean and standard deviation of a feature in the bundle's reference. */
export interface FeatureScale {
  readonly mean: number
  readonly sd: number
}

/** What the agent keeps of a loaded bundle; the network itself stays in the host. */
export interface LoadedModel extends BundleFile {
  readonly manifest: Manifest
  readonly warmup: Warmup | null
  /** Of every feature, in the manifest's order; null where the bundle has no reference of them. */
  readonly scales: readonly FeatureScale[] | null
}

/** Agent → host. Answered in order, one at a time. */
export type HostRequest =
  | { readonly id: number; readonly kind: 'load'; readonly bundle: BundleFile }
  | {
      readonly id: number
      readonly kind: 'run'
      readonly model: string
      readonly inputs: readonly PlacedTensor[]
      /** Where the outputs have room. */
      readonly room: Place
    }

/** Host → agent, once, when ONNX Runtime is in: what goes wrong before is not a model's doing. */
export interface HostReady {
  readonly ready: true
}

/** What came of a request: of a run, outputs in the shared bytes, or by value where they did not fit their room. */
export type HostResult =
  | { readonly loaded: LoadedModel }
  | { readonly rejected: { readonly code: RejectionCode; readonly message: string } }
  | { readonly placed: readonly PlacedTensor[] }
  | { readonly outputs: Tensors }
  | { readonly failed: string }

/** Host → agent. `rss`: the host's resident bytes after this answer was made. */
export type HostReply = { readonly id: number; readonly rss: number } & HostResult

/** On a host's command line, so that a restarted agent finds the host that a killed one left behind. */
export const hostArgument = (dataDirectory: string): string => `--storecast-model-host=${dataDirectory}`

/** On the command line of a host whose answers nobody waits for: it leaves the processor to everyone else. */
export const BACKGROUND_ARGUMENT = '--storecast-background'
