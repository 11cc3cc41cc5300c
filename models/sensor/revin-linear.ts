import { linear } from '../networks/layers.ts'
import { middleOf } from '../networks/quantile-head.ts'
import type { Network } from '../networks/scope.ts'
import type { Graph, Value } from '../onnx/graph.ts'
import type { Dim } from '../onnx/ir.ts'

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
 * In: `past` float32 [B, context, C]. Out: `quantiles` float32 [B · C, Q · horizon], in the unit of `past`: one row for each
 * channel of a window (see `channelRows`), one block of columns for each level. `byStep` gives it the bundle's order.
 */
export function revinLinear({ horizon, quantiles }: RevinLinearOptions): Network {
  return (scope, { past }) => {
    const { g } = scope
    const rows = channelRows(g, past!)
    const mean = g.mean(rows, [1], true)
    const centred = g.sub(rows, mean)
    const sd = g.sqrt(g.add(g.mean(g.mul(centred, centred), [1], true), epsilon))
    const raw = linear(scope, 'map', g.div(centred, sd), { outputs: horizon * quantiles.length })
    const levels = ascending(g, raw, { horizon, quantiles }).map((level) => g.add(g.mul(level, sd), mean))
    return { quantiles: g.concat(levels, 1) }
  }
}

/**
 * Series [B, steps, C] as rows [B · C, steps]. With a channel's steps side by side in memory, a train step takes half the
 * time that it takes on time-major series.
 */
export function channelRows(g: Graph, series: Value): Value {
  const [batch, steps, channels] = series.shape as [Dim, number, number]
  const instances = typeof batch === 'number' ? batch * channels : `${batch}*C`
  return g.reshape(g.transpose(series, [0, 2, 1]), [instances, steps])
}

/** Rows [B · C, Q · horizon] of the network as quantiles [B, horizon, C, Q]. */
export function byStep(g: Graph, rows: Value, options: RevinLinearOptions & { batch: Dim }): Value {
  const { batch, channels, quantiles, horizon } = options
  return g.transpose(g.reshape(rows, [batch, channels, quantiles.length, horizon]), [0, 3, 1, 2])
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
