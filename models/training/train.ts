import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { entryPoint } from '../entry-point.ts'
import { initialise, type Layout, layoutOf, type Network, type Scope, type Values } from '../networks/scope.ts'
import { Graph, type Value } from '../onnx/graph.ts'
import type { Tensors } from '../onnx/session.ts'
import type { Tensor } from '../onnx/tensor.ts'
import { writeModel } from '../onnx/write.ts'
import { type AdamWOptions, adamWDefaults } from './adamw.ts'
import type { Dataset } from './dataset.ts'
import { type JobProgress, type JobResult, TrainingDivergedError, type TrainJob } from './job.ts'
import type { ScheduleName } from './schedule.ts'
import { type Objective, parameterViews, trainStep } from './train-step.ts'

export interface TrainOptions {
  readonly epochs: number
  readonly batch: number
  /** Peak of the schedule. */
  readonly learningRate: number
  /** Decoupled; matrices only (see `Scope.parameter`). */
  readonly weightDecay: number
  /** Default: `one-cycle`. */
  readonly schedule?: ScheduleName
  /** One network a seed, of the same layout. */
  readonly seeds: readonly number[]
  /** Threads at once; by default one a seed, at most one a core. */
  readonly parallel?: number
}

export interface TrainInput {
  readonly network: Network
  /** The mean loss of a batch, a scalar, from the network's outputs and the batch's tensors. */
  readonly loss: (g: Graph, outputs: Values, batch: Values) => Value
  readonly data: Dataset
  /** Held out: the loss on it is measured after each epoch, and the best epoch's parameters are kept. */
  readonly validation?: Dataset
  readonly options: TrainOptions
  readonly onProgress?: (progress: JobProgress) => void
  readonly signal?: AbortSignal
}

export interface Trained {
  readonly layout: Layout
  /** In the order of the seeds. */
  readonly networks: readonly JobResult[]
}

/** What a training thread is started with; it ends early once `stop[0]` is not 0. */
export interface ThreadData {
  readonly job: TrainJob
  readonly stop: Int32Array
}
export type ThreadMessage = { kind: 'progress'; progress: JobProgress } | { kind: 'result'; result: JobResult }

/**
 * Trains one network a seed, each in a thread of its own with one intra-op thread of the runtime. The same input gives
 * the same parameters on one machine and runtime.
 *
 * @throws TrainingDivergedError if a loss stops being a number; the signal's reason if it is aborted.
 */
export async function train(input: TrainInput): Promise<Trained> {
  const { options, data, validation } = input
  const { seeds, batch: wanted, epochs, learningRate, weightDecay, schedule = 'one-cycle' } = options
  const batch = Math.min(wanted, data.examples)
  const objective: Objective = (scope, values) => input.loss(scope.g, input.network(scope, values), values)
  const layout = layoutOf((scope) => objective(scope, scratchBatch(scope.g, data, batch)))
  const adamW: AdamWOptions = { ...adamWDefaults, weightDecay }
  const step = trainStep({ layout, objective, data, batch, adamW })
  const shared = {
    model: writeModel(step.model),
    masks: step.masks,
    offsets: step.offsets,
    tensors: shareMemory(data.tensors),
    examples: data.examples,
    ...{ batch, epochs, learningRate, schedule, adamW },
    validation: validation
      ? {
          model: validationModel(layout, objective, validation),
          tensors: shareMemory(validation.tensors),
          examples: validation.examples,
        }
      : null,
  }
  const waiting = seeds.entries()
  const networks: JobResult[] = []
  // One failure ends the other threads too.
  const failed = new AbortController()
  const signal = AbortSignal.any([failed.signal, ...(input.signal ? [input.signal] : [])])
  const lane = async () => {
    for (const [i, seed] of waiting) {
      signal.throwIfAborted()
      const job = { ...shared, seed, parameters: initialise(layout, seed) }
      networks[i] = await runInThread(job, signal, input.onProgress)
    }
  }
  const lanes = Math.min(seeds.length, options.parallel ?? availableParallelism())
  try {
    await Promise.all(Array.from({ length: lanes }, lane))
  } catch (error) {
    failed.abort(error)
    throw error
  }
  return { layout, networks }
}

function scratchBatch(g: Graph, data: Dataset, batch: number): Values {
  return data.batch(g, dataInputs(g, data), g.input('index', 'int64', [batch]))
}

const dataInputs = (g: Graph, data: Dataset): Values =>
  Object.fromEntries(
    Object.entries(data.tensors).map(([name, { type, shape }]) => [name, g.input(`data.${name}`, type, shape)]),
  )

/** In: the data set's tensors, `parameters` [P], `index` int64 [B]. Out: `loss`, the mean over those examples. */
function validationModel(layout: Layout, objective: Objective, data: Dataset): Uint8Array {
  const g = new Graph('validation')
  const views = parameterViews(g, layout, g.input('parameters', 'float32', [layout.size]))
  const scope: Scope = { g, parameter: (name) => views.get(name)!, dropout: (x) => x }
  const batch = data.batch(g, dataInputs(g, data), g.input('index', 'int64', ['B']))
  g.output('loss', objective(scope, batch))
  return writeModel(g.toModel())
}

function shareMemory(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, shared(value)]))
}

/** The same tensor on memory that threads share. */
function shared(value: Tensor): Tensor {
  const { data } = value
  if (data.buffer instanceof SharedArrayBuffer) return value
  const buffer = new SharedArrayBuffer(data.byteLength)
  new Uint8Array(buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  const view = Reflect.construct(data.constructor, [buffer]) as Tensor['data']
  return { ...value, data: view }
}

async function runInThread(
  job: TrainJob,
  signal: AbortSignal,
  onProgress: TrainInput['onProgress'],
): Promise<JobResult> {
  // A thread gets a copy of the environment that native code does not see: the runtime reads this one of ours.
  process.env.ORT_DISABLE_TELEMETRY = '1'
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const workerData = { job, stop } satisfies ThreadData
  const worker = new Worker(entryPoint(new URL('./train-thread.ts', import.meta.url)), { workerData, execArgv: [] })
  const { promise, resolve, reject } = Promise.withResolvers<JobResult>()
  let result: JobResult | undefined
  worker.on('message', (message: ThreadMessage) => {
    if (message.kind === 'result') result = message.result
    else onProgress?.(message.progress)
  })
  worker.on('error', (error) => reject(revived(error)))
  worker.on('exit', (code) => {
    if (signal.aborted) reject(signal.reason)
    else if (result) resolve(result)
    else reject(new Error(`a training thread ended with code ${code} and no result`))
  })
  // The thread is asked, not terminated: the runtime aborts the whole process if its thread goes away during a run.
  const abort = () => Atomics.store(stop, 0, 1)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Errors lose their class on the way between threads. */
function revived(error: unknown): unknown {
  const { code, message } = error as { code?: string; message: string }
  return code === 'training-diverged' ? new TrainingDivergedError(message, { cause: error }) : error
}
