import type { Graph, Value } from '../onnx/graph.ts'
import { tensor } from '../onnx/tensor.ts'

/** Losses by row: each returns [N, 1], so that a caller may weight rows before it takes the mean. */

/** Pinball loss Σ_q max(τ·e, (τ − 1)·e) / Q, e = target − quantile; `quantiles` [N, Q], `target` [N, 1]. */
export function pinball(g: Graph, quantiles: Value, target: Value, levels: readonly number[]): Value {
  const row = (values: readonly number[]) => g.constant(tensor('float32', values, [1, values.length]))
  const error = g.sub(target, quantiles)
  const tilted = g.max(g.mul(error, row(levels)), g.mul(error, row(levels.map((level) => level - 1))))
  return g.mean(tilted, [1], true)
}

/** Huber's loss of `predicted` − `target`, both [N, 1]: ½e² up to |e| = delta, linear beyond. */
export function huber(g: Graph, predicted: Value, target: Value, delta = 1): Value {
  const size = g.abs(g.sub(predicted, target))
  const inner = g.min(size, delta)
  return g.mul(inner, g.sub(size, g.mul(inner, 0.5)))
}

/** Cross-entropy −Σ share · ln softmax(logits); both [N, K], a row of `shares` sums to 1 (or 0: no say). */
export function crossEntropy(g: Graph, logits: Value, shares: Value): Value {
  return g.neg(g.sum(g.mul(shares, g.logSoftmax(logits)), [1], true))
}

/** Σ weight · loss / Σ weight over the rows of a batch; `weight` [N, 1]. */
export function weightedMean(g: Graph, loss: Value, weight: Value): Value {
  const total = g.max(g.sum(weight, [0, 1]), 1e-6)
  return g.div(g.sum(g.mul(loss, weight), [0, 1]), total)
}
