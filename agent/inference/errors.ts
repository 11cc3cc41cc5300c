import type { BundleErrorCode } from '@storecast/shared/bundle'

/**
 * The caller can do something else with the same model: correct the request, or ask again.
 *
 * - `bad-tensor`: the inputs are not what the model takes; correct them.
 * - `run-failed`: ONNX Runtime refused this input; correct it.
 * - `no-model`: no version of this name serves; activate one.
 * - `superseded`: another version serves by now; ask for it and prepare its inputs.
 * - `busy`: too many runs wait; ask again later.
 * - `host-ended`, `timeout`: the model host died or hung during the run and is being replaced; ask again.
 * - `host-start`: no model host could be started, which is not the model's doing; it is tried again by itself.
 */
export type InferenceErrorCode =
  | 'bad-tensor'
  | 'run-failed'
  | 'no-model'
  | 'superseded'
  | 'busy'
  | 'host-ended'
  | 'timeout'
  | 'host-start'

export class InferenceError extends Error {
  override readonly name = 'InferenceError'
  readonly code: InferenceErrorCode

  constructor(code: InferenceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * Why a bundle does not serve here. The same bytes will not do better on this device.
 *
 * - a `BundleErrorCode`: the archive itself.
 * - `wrong-model`: a bundle of another model than the one asked for.
 * - `model-invalid`: ONNX Runtime does not load `model.onnx`.
 * - `tensor-mismatch`: the network's tensors are not those of the manifest.
 * - `golden-mismatch`: this CPU does not reproduce the golden vectors.
 * - `model-crashed`: it ended its host, twice.
 * - `model-hung`: a run did not end in time.
 * - `model-memory`: its host grew over the memory ceiling.
 */
export type RejectionCode =
  | BundleErrorCode
  | 'wrong-model'
  | 'model-invalid'
  | 'tensor-mismatch'
  | 'golden-mismatch'
  | 'model-crashed'
  | 'model-hung'
  | 'model-memory'

export class ModelRejected extends Error {
  override readonly name = 'ModelRejected'
  readonly code: RejectionCode
  readonly model: string

  constructor(model: string, { code, message }: { code: RejectionCode; message: string }, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.model = model
  }
}
