import type { DemandRows } from '../features/index.ts'
import { float32, InferenceError, int64, type ServingModel, type Tensor, type Tensors } from '../inference/index.ts'
import { handled } from './handled.ts'

/**
 * Products a run of the model takes: a large site does not grow the host, and the first rows are stored while the host
 * works on the next.
 */
const ROWS_PER_RUN = 640

/** Raw forecasts of some of a site's products, arrays entity-major. */
export interface DemandPart {
  /** Rows among the site's products, and their names. */
  readonly rows: readonly number[]
  readonly entities: readonly string[]
  /** [N×Q], [N] and [N×24]. */
  readonly quantiles: Float32Array
  readonly mean: Float32Array
  readonly profile: Float32Array
}

/**
 * Sends a site's rows to the model, all at once: their arrays may be written anew as soon as this returns. Products that
 * were never heard of are inferred with the rest and left out of the answers.
 * @throws InferenceError each part on its own
 */
export function inferDemand(model: ServingModel, inputs: DemandRows): Promise<DemandPart>[] {
  const count = inputs.entities.length
  const parts: Promise<DemandPart>[] = []
  for (let from = 0; from < count; from += ROWS_PER_RUN) {
    const to = Math.min(count, from + ROWS_PER_RUN)
    const rows = Array.from({ length: to - from }, (_, i) => from + i).filter((row) => inputs.known[row])
    if (rows.length === 0) continue
    const answer = model.infer(slice(inputs, from, to))
    parts.push(handled(answer.then((outputs) => partOf(outputs, { model, inputs, from, count: to - from, rows }))))
  }
  return parts
}

function slice({ entities, features, statics, scale }: DemandRows, from: number, to: number): Tensors {
  const count = entities.length
  const [F, S] = [features.length / count, statics.length / count]
  const n = to - from
  return {
    features: float32([n, F], features.subarray(from * F, to * F)),
    statics: int64([n, S], statics.subarray(from * S, to * S)),
    scale: float32([n], scale.subarray(from, to)),
  }
}

interface PartRequest {
  readonly model: ServingModel
  readonly inputs: DemandRows
  readonly from: number
  readonly count: number
  readonly rows: readonly number[]
}

function partOf(outputs: Tensors, { model, inputs, from, count, rows }: PartRequest): DemandPart {
  const pick = (name: string): Float32Array => {
    const values = finite(model, name, outputs[name])
    if (rows.length === count) return values
    const width = values.length / count
    const picked = new Float32Array(rows.length * width)
    rows.forEach((row, i) => {
      picked.set(values.subarray((row - from) * width, (row - from + 1) * width), i * width)
    })
    return picked
  }
  const entities = rows.map((row) => inputs.entities[row]!)
  return { rows, entities, quantiles: pick('quantiles'), mean: pick('mean'), profile: pick('profile') }
}

function finite({ model }: ServingModel, name: string, tensor: Tensor | undefined): Float32Array {
  if (tensor?.type !== 'float32') throw new InferenceError('run-failed', `model ${model} gives no float32 ${name}`)
  const at = tensor.data.findIndex((value) => !Number.isFinite(value))
  if (at < 0) return tensor.data
  throw new InferenceError('run-failed', `model ${model} gives ${tensor.data[at]} in ${name}[${at}]`)
}
