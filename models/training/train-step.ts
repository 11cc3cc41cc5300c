import { gradients } from '../autodiff/gradients.ts'
import type { Layout, Scope, Values } from '../networks/scope.ts'
import { Graph, type Value } from '../onnx/graph.ts'
import type { ModelIr } from '../onnx/ir.ts'
import { fixed } from '../onnx/shapes.ts'
import { sizeOf } from '../onnx/tensor.ts'
import { type AdamWOptions, adamW, stepColumns } from './adamw.ts'
import type { Dataset } from './dataset.ts'

/** The mean loss of a batch as a function of the parameters. */
export type Objective = (scope: Scope, batch: Values) => Value

/** The train step as a model, and what it must be fed with. */
export interface TrainStep {
  readonly model: ModelIr
  /** Size of the pool of dropout masks for each rate; see `scope` below. */
  readonly masks: ReadonlyArray<{ readonly input: string; readonly rate: number; readonly size: number }>
  /** One entry a dropout layer: how far into its pool a mask may start. */
  readonly offsets: readonly number[]
}

/**
 * Training as one ONNX graph: a `Loop` whose body gathers a mini-batch, runs forward, loss and backward, and steps
 * AdamW. One run does K steps, so that the host is idle meanwhile and the data set is not copied: the body uses it from
 * the outer graph.
 *
 * In: the data set's tensors; `parameters`, `first`, `second` float32 [P]; `steps` int64 (K); `index` int64 [K, batch];
 * `rows` float32 [K, 3] (see `stepRow`); with dropout, the pools of masks and `offsets` int64 [K, layers].
 * Out: `parameters`, `first`, `second`, and `losses` float32 [K].
 */
export function trainStep(options: {
  readonly layout: Layout
  readonly objective: Objective
  readonly data: Dataset
  readonly batch: number
  readonly adamW: AdamWOptions
}): TrainStep {
  const { layout, objective, data, batch } = options
  const outer = new Graph('train')
  const tensors = Object.fromEntries(
    Object.entries(data.tensors).map(([name, { type, shape }]) => [name, outer.input(`data.${name}`, type, shape)]),
  )
  const state = ['parameters', 'first', 'second'].map((name) => outer.input(name, 'float32', [layout.size]))
  const steps = outer.input('steps', 'int64', [])
  const index = outer.input('index', 'int64', ['K', batch])
  const rows = outer.input('rows', 'float32', ['K', stepColumns])

  const body = outer.subgraph('step')
  const iteration = body.input('iteration', 'int64', [])
  const going = body.input('going', 'bool', [])
  const [parameters, first, second] = ['parameters', 'first', 'second'].map((name) =>
    body.input(`step.${name}`, 'float32', [layout.size]),
  ) as [Value, Value, Value]
  const masks = maskPools(outer, body, iteration)
  const views = parameterViews(body, layout, parameters)
  const scope: Scope = { g: body, parameter: (name) => views.get(name)!, dropout: masks.dropout }
  const loss = objective(scope, data.batch(body, tensors, body.gather(index, iteration)))
  const ordered = layout.parameters.map(({ name }) => views.get(name)!)
  const flat = gradients(body, loss, ordered).map((gradient, i) => body.reshape(gradient, [layout.parameters[i]!.size]))
  const next = adamW(body, layout, {
    state: { parameters, first, second },
    gradient: body.concat(flat, 0),
    row: body.gather(rows, iteration),
    options: options.adamW,
  })
  body.output('going.out', body.identity(going))
  body.output('parameters.out', next.parameters)
  body.output('first.out', next.first)
  body.output('second.out', next.second)
  body.output('loss.out', loss)

  const kinds = [...state, { type: 'float32', shape: ['K'] } as const]
  const outputs = outer.node('Loop', [steps, null, ...state], kinds, {
    attributes: { body: { kind: 'graph', value: body.toIr() } },
  })
  for (const [i, name] of ['parameters', 'first', 'second', 'losses'].entries()) {
    outer.output(`${name}.next`, outputs[i]!)
  }
  return { model: outer.toModel(), masks: masks.pools, offsets: masks.offsets }
}

/** Each parameter as its part of the flat vector. */
export function parameterViews(g: Graph, { parameters }: Layout, flat: Value): Map<string, Value> {
  const sizes = parameters.map(({ size }) => size)
  const parts = g.split(flat, sizes, 0)
  return new Map(parameters.map(({ name, shape }, i) => [name, g.reshape(parts[i]!, shape)]))
}

/** Masks are longer than any layer by this factor: so many places to start from. */
const poolFactor = 4

/**
 * Dropout from pools of masks (0 or 1 / (1 − rate)) made by the host, one for each rate: a layer takes the run of the
 * pool that starts at its offset for this step. Random operators would tie the result to one build of the runtime, and
 * cost more than copying a run.
 */
function maskPools(outer: Graph, body: Graph, iteration: Value) {
  const sizes = new Map<number, number>()
  const layers: Array<{ rate: number; size: number }> = []
  const inputs = new Map<number, Value>()
  let offsets: Value | undefined
  const layersDim = 'layers'
  return {
    dropout(x: Value, rate: number): Value {
      if (rate === 0) return x
      const shape = fixed(x.shape, 'dropout')
      const size = sizeOf(shape)
      offsets ??= body.gather(outer.input('offsets', 'int64', ['K', layersDim]), iteration)
      if (!inputs.has(rate)) inputs.set(rate, outer.input(`masks.${inputs.size}`, 'float32', [`pool${inputs.size}`]))
      const pool = inputs.get(rate)!
      const layer = layers.push({ rate, size }) - 1
      sizes.set(rate, Math.max(sizes.get(rate) ?? 0, size * poolFactor))
      const start = body.gather(offsets, body.indices([layer]))
      const end = body.add(start, body.indices([size]))
      const [mask] = body.node('Slice', [pool, start, end, body.indices([0])], [{ type: 'float32', shape: [size] }])
      return body.mul(x, body.reshape(mask!, shape))
    },
    get pools() {
      return Array.from(inputs, ([rate, { name }]) => ({ input: name, rate, size: sizes.get(rate)! }))
    },
    get offsets() {
      return layers.map(({ rate, size }) => sizes.get(rate)! - size)
    },
  }
}
