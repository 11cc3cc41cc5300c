import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import type { ElementType, Tensor } from './tensor.ts'

export type Tensors = Readonly<Record<string, Tensor>>

export interface SessionOptions {
  /** Where ONNX Runtime writes the graph as it runs it, after its optimizations. */
  readonly optimizedModelPath?: string
  /** Graph optimizations to leave out, e.g. `MatMulAddFusion`. */
  readonly disabledOptimizers?: readonly string[]
}

/** A tensor that the model takes or gives; a string is a dimension that is free. */
export interface ValueSpec {
  readonly name: string
  readonly type: string
  readonly shape: readonly (number | string)[]
}

/**
 * A loaded model. ONNX Runtime leaks a little with every session that is created and released: a long-lived program
 * replaces the process instead (microsoft/onnxruntime#25325).
 */
export interface Session extends AsyncDisposable {
  readonly inputs: readonly ValueSpec[]
  readonly outputs: readonly ValueSpec[]
  /** Runs the model once, on the calling thread. `fetch` names the outputs wanted; all of them by default. */
  run(feeds: Tensors, fetch?: readonly string[]): Promise<Record<string, Tensor>>
}

/** Loads a model on one intra-op thread: more were slower on models of this size, and their spinning burns a core. */
export async function openSession(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  // The runtime's telemetry would write a device id to the home folder. Read when its library loads.
  process.env.ORT_DISABLE_TELEMETRY = '1'
  const ort = await import('onnxruntime-node')
  const session = await ort.InferenceSession.create(model, sessionOptions(options))
  const wrap = ({ type, shape, data }: Tensor): OrtTensor =>
    new ort.Tensor(type as 'float32', data as Float32Array, shape)
  return {
    inputs: specs(session.inputMetadata),
    outputs: specs(session.outputMetadata),
    async run(feeds, fetch) {
      const inputs = Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, wrap(value)]))
      const outputs = await (fetch ? session.run(inputs, fetch) : session.run(inputs))
      return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, unwrap(value)]))
    },
    [Symbol.asyncDispose]: () => session.release(),
  }
}

function sessionOptions({ optimizedModelPath, disabledOptimizers }: SessionOptions): InferenceSession.SessionOptions {
  return {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
    ...(optimizedModelPath && { optimizedModelFilePath: optimizedModelPath }),
    extra: {
      'session.intra_op.allow_spinning': '0',
      ...(disabledOptimizers && { 'optimization.disable_specified_optimizers': disabledOptimizers.join(';') }),
    },
  }
}

const specs = (values: InferenceSession['inputMetadata']): ValueSpec[] =>
  values.map((value) =>
    value.isTensor
      ? { name: value.name, type: value.type, shape: value.shape }
      : { name: value.name, type: 'none', shape: [] },
  )

const unwrap = ({ type, dims, data }: OrtTensor): Tensor => ({
  type: type as ElementType,
  shape: dims,
  data: data as Float32Array,
})
