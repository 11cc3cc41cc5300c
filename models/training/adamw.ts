import type { Layout } from '../networks/scope.ts'
import type { Graph, Value } from '../onnx/graph.ts'
import { tensor } from '../onnx/tensor.ts'

/** The state of AdamW over the flat parameter vector: parameters, first and second moments, each [P]. */
export interface AdamWState {
  readonly parameters: Value
  readonly first: Value
  readonly second: Value
}

export interface AdamWOptions {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly weightDecay: number
}

export const adamWDefaults = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const

/** Columns of the row that steers one step. */
export const stepColumns = 3

/**
 * What one step needs from outside: the step size corrected for the first moment's start, lr / (1 − β₁ᵗ), the second
 * moment's correction 1 / √(1 − β₂ᵗ), and lr × weight decay. `step` counts from 1.
 */
export function stepRow(learningRate: number, step: number, options: AdamWOptions): number[] {
  const { beta1, beta2, weightDecay } = options
  return [learningRate / (1 - beta1 ** step), 1 / Math.sqrt(1 - beta2 ** step), learningRate * weightDecay]
}

/**
 * One step of AdamW with decoupled weight decay (Loshchilov & Hutter, 2019, algorithm 2, as in PyTorch): θ ← θ − lr·λ·θ,
 * then θ ← θ − lr · m̂ / (√v̂ + ε). `row` is `stepRow`'s, [3]. Parameters laid out without `decay` do not shrink.
 */
export function adamW(
  g: Graph,
  layout: Layout,
  input: { state: AdamWState; gradient: Value; row: Value; options: AdamWOptions },
): AdamWState {
  const { state, gradient, row, options } = input
  const { beta1, beta2, epsilon, weightDecay } = options
  const [stepSize, correction, decay] = g.split(row, [1, 1, 1], 0) as [Value, Value, Value]
  const first = g.add(g.mul(state.first, beta1), g.mul(gradient, 1 - beta1))
  const second = g.add(g.mul(state.second, beta2), g.mul(g.mul(gradient, gradient), 1 - beta2))
  const denominator = g.add(g.mul(g.sqrt(second), correction), epsilon)
  const moved = g.sub(state.parameters, g.div(g.mul(first, stepSize), denominator))
  if (weightDecay === 0) return { parameters: moved, first, second }
  const shrinks = new Float32Array(layout.size)
  for (const { offset, size, decay: wanted } of layout.parameters) shrinks.fill(Number(wanted), offset, offset + size)
  const shrink = g.mul(state.parameters, g.mul(g.constant(tensor('float32', shrinks), 'decays'), decay))
  return { parameters: g.sub(moved, shrink), first, second }
}
