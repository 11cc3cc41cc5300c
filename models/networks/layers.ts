import type { Value } from '../onnx/graph.ts'
import type { Initialiser, Scope } from './scope.ts'

const zeros: Initialiser = (size) => new Float32Array(size)
const ones: Initialiser = (size) => new Float32Array(size).fill(1)
/** Uniform in ± 1/√fanIn, as PyTorch's `Linear` starts. */
const uniformByFanIn =
  (fanIn: number): Initialiser =>
  (size, random) =>
    Float32Array.from({ length: size }, () => (2 * random.uniform() - 1) / Math.sqrt(fanIn))

interface LinearOptions {
  readonly outputs: number
  /** First values of the bias; zeros by default. `null`: no bias. */
  readonly bias?: Initialiser | null
  readonly init?: Initialiser
}

/** x·W + b for x [N, inputs]: [N, outputs]. */
export function linear(scope: Scope, name: string, x: Value, { outputs, bias = zeros, init }: LinearOptions): Value {
  const inputs = x.shape[1] as number
  const weight = scope.parameter(`${name}.weight`, [inputs, outputs], {
    init: init ?? uniformByFanIn(inputs),
    decay: true,
  })
  if (bias === null) return scope.g.gemm(x, weight)
  return scope.g.gemm(x, weight, scope.parameter(`${name}.bias`, [outputs], { init: bias, decay: false }))
}

export function layerNorm(scope: Scope, name: string, x: Value): Value {
  const width = x.shape.at(-1) as number
  const gain = scope.parameter(`${name}.gain`, [width], { init: ones, decay: false })
  const shift = scope.parameter(`${name}.shift`, [width], { init: zeros, decay: false })
  return scope.g.layerNorm(x, gain, shift).y
}

/**
 * One row of a trained table per index: int64 [N] → [N, width]. Row 0 stands for "not seen in training", gets no
 * gradient and stays zero, so that an unknown value says nothing.
 */
export function embedding(
  scope: Scope,
  name: string,
  index: Value,
  options: { entries: number; width: number },
): Value {
  const { entries, width } = options
  const init: Initialiser = (size, random) =>
    Float32Array.from({ length: size }, (_, i) => (i < width ? 0 : 0.1 * random.normal()))
  return scope.g.gather(scope.parameter(`${name}.table`, [entries, width], { init, decay: true }), index)
}

/** x + dropout(W₂ · relu(W₁ · layerNorm(x))), after He et al.'s pre-activation residual units. */
export function residualBlock(scope: Scope, name: string, x: Value, dropout: number): Value {
  const outputs = x.shape[1] as number
  const inner = scope.g.relu(linear(scope, `${name}.inner`, layerNorm(scope, `${name}.norm`, x), { outputs }))
  const outer = linear(scope, `${name}.outer`, scope.dropout(inner, dropout), { outputs })
  return scope.g.add(x, scope.dropout(outer, dropout))
}
