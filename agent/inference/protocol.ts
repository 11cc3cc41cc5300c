import type { Manifest, Warmup } from '@storecast/shared/contracts'
import type { RejectionCode } from './errors.ts'
import type { Tensors } from './tensors.ts'

/** A bundle as it lies on disk. */
export interface BundleFile {
  /** The model's name, as the desired state has it. */
  readonly model: string
  readonly version: number
  readonly path: string
  readonly sha256: string
}

/** What the agent keeps of a loaded bundle; the network itself stays in the host. */
export interface LoadedModel extends BundleFile {
  readonly manifest: Manifest
  readonly warmup: Warmup | null
}

/** Agent → host. Answered in order, one at a time. */
export type HostRequest =
  | { readonly id: number; readonly kind: 'load'; readonly bundle: BundleFile }
  | { readonly id: number; readonly kind: 'run'; readonly model: string; readonly inputs: Tensors }

/** Host → agent, once, when ONNX Runtime is in: what goes wrong before is not a model's doing. */
export interface HostReady {
  readonly ready: true
}

/** Host → agent. `rss`: the host's resident bytes after this answer was made. */
export type HostReply =
  | { readonly id: number; readonly rss: number; readonly loaded: LoadedModel }
  | { readonly id: number; readonly rss: number; readonly outputs: Tensors }
  | { readonly id: number; readonly rss: number; readonly rejected: { code: RejectionCode; message: string } }
  | { readonly id: number; readonly rss: number; readonly failed: string }

/** On a host's command line, so that a restarted agent finds the host that a killed one left behind. */
export const hostArgument = (dataDirectory: string): string => `--storecast-model-host=${dataDirectory}`
