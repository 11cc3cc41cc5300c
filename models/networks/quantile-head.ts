import type { Graph, Value } from '../onnx/graph.ts'
import { tensor } from '../onnx/tensor.ts'

/**
 * Quantiles that never cross: raw outputs [N, Q] → ascending [N, Q]. Column `middle` is the middle quantile itself; the
 * others are softplus gaps, added up outwards: q_i = q_middle ± Σ softplus(gap). `middle` is where the levels are nearest 0.5.
 */
export function quantileHead(g: Graph, raw: Value, levels: readonly number[]): Value {
  const count = levels.length
  const middle = middleOf(levels)
  const centre = g.slice(raw, 1, middle, middle + 1)
  if (count === 1) return centre
  const gaps = g.softplus(raw)
  // Column i of the matrix sums the gaps between the middle and i; the middle's own softplus has no weight.
  const sums = tensor('float32', new Float32Array(count * count), [count, count])
  for (let i = 0; i < count; i++) {
    for (let j = i; j !== middle; j += Math.sign(middle - i)) sums.data[j * count + i] = Math.sign(i - middle)
  }
  return g.add(centre, g.matmul(gaps, g.constant(sums, 'gap_sums')))
}

export function middleOf(levels: readonly number[]): number {
  const distances = levels.map((level) => Math.abs(level - 0.5))
  return distances.indexOf(Math.min(...distances))
}
