import { linear } from '../networks/layers.ts'
import { middleOf } from '../networks/quantile-head.ts'
import type { Network } from '../networks/scope.ts'
import type { Graph, Value } from '../onnx/graph.ts'

export interface RevinLinearOptions {
  readonly context: number
  readonly horizon: number
  readonly channels: number
  /** Levels of the quantiles, ascending. */
  readonly quantiles: readonly number[]
}

/** Keeps a flat line's zero deviation from being divided by; small beside any sensor's standardised spread. */
const epsilon = 1e-5

/**
 * Reversible instance normalisation (Kim et al., ICLR 2022) around one linear map from the look-back to the horizon that
 * all channels share (RLinear; Li et al., 2023). Each window is standardised by its own mean and deviation, forecast,
 * and brought back, so that a shift of level or spread since training costs nothing.
 *
 * In: `past` float32 [B, context, C]. Out: `quantiles` float32 [B, horizon, C, Q], ascending, in the unit of `past`.
 */
export function revinLinear({ context, horizon, channels, quantiles }: RevinLinearOptions): Network {
  return (scope, { past }) => {
    const { g } = scope
    const batch = past!.shape[0]!
    const mean = g.mean(past!, [1], true)
    const centred = g.sub(past!, mean)
    const sd = g.sqrt(g.add(g.mean(g.mul(centred, centred), [1], true), epsilon))
    const instances = typeof batch === 'number' ? batch * channels : `${batch}*C`
    const rows = g.reshape(g.transpose(g.div(centred, sd), [0, 2, 1]), [instances, context])
    const raw = linear(scope, 'map', rows, { outputs: horizon * quantiles.length })
    const levels = ascending(g, raw, { horizon, quantiles }).map((level) => {
      const byChannel = g.transpose(g.reshape(level, [batch, channels, horizon]), [0, 2, 1])
      return g.reshape(g.add(g.mul(byChannel, sd), mean), [batch, horizon, channels, 1])
    })
    return { quantiles: g.concat(levels, 3) }
  }
}

/**
 * The non-crossing quantile head by blocks: raw [N, Q · horizon], one block a level, → Q tensors [N, horizon]. The block of
 * the middle level is that quantile itself, the others are softplus gaps added up outwards.
 */
function ascending(g: Graph, raw: Value, head: { horizon: number; quantiles: readonly number[] }): Value[] {
  const { horizon, quantiles } = head
  const blocks = g.split(raw, new Array(quantiles.length).fill(horizon), 1)
  const middle = middleOf(quantiles)
  const levels = [...blocks]
  for (let i = middle + 1; i < blocks.length; i++) levels[i] = g.add(levels[i - 1]!, g.softplus(blocks[i]!))
  for (let i = middle - 1; i >= 0; i--) levels[i] = g.sub(levels[i + 1]!, g.softplus(blocks[i]!))
  return levels
}
