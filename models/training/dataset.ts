import type { Values } from '../networks/scope.ts'
import type { Graph, Value } from '../onnx/graph.ts'
import type { Tensors } from '../onnx/session.ts'
import { tensor } from '../onnx/tensor.ts'

/** Examples to train on. The tensors are handed to the runtime once a run; batches are gathered inside the graph. */
export interface Dataset {
  readonly tensors: Tensors
  readonly examples: number
  /** The named inputs and targets of the examples at `index` (int64 [B]), from the values of `tensors`. */
  batch(g: Graph, tensors: Values, index: Value): Values
}

/** Example i is row i of every tensor. */
export function rows(tensors: Tensors): Dataset {
  const counts = new Set(Object.values(tensors).map(({ shape }) => shape[0]))
  const [examples] = counts
  if (counts.size !== 1 || examples === undefined) throw new RangeError('rows: tensors differ in their number of rows')
  return {
    tensors,
    examples,
    batch: (g, values, index) =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, g.gather(value, index)])),
  }
}

/**
 * Example i is the window of `context + horizon` steps that starts at `first + i` in a series [T, C]: `past`
 * [B, context, C] and `future` [B, horizon, C].
 */
export function windows(options: {
  readonly series: { readonly data: Float32Array; readonly channels: number }
  readonly context: number
  readonly horizon: number
  /** Steps at which windows may start, from `first` to `last`, both included; by default wherever they fit. */
  readonly first?: number
  readonly last?: number
}): Dataset {
  const { series, context, horizon, first = 0 } = options
  const steps = series.data.length / series.channels
  const { last = steps - context - horizon } = options
  if (first < 0 || last < first || last + context + horizon > steps) {
    throw new RangeError(`windows ${first} to ${last} of ${context} + ${horizon} steps: the series has ${steps}`)
  }
  return {
    tensors: { series: tensor('float32', series.data, [steps, series.channels]) },
    examples: last - first + 1,
    batch(g, { series: values }, index) {
      const offsets = Array.from({ length: context + horizon }, (_, i) => first + i)
      const size = index.shape[0]!
      const at = g.add(g.reshape(index, [size, 1]), g.constant(tensor('int64', offsets, [1, offsets.length])))
      const [past, future] = g.split(g.gather(values!, at), [context, horizon], 1)
      return { past: past!, future: future! }
    },
  }
}
