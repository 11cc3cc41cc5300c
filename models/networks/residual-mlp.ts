import type { Value } from '../onnx/graph.ts'
import { tensor } from '../onnx/tensor.ts'
import { embedding, linear, residualBlock } from './layers.ts'
import { quantileHead } from './quantile-head.ts'
import type { Network } from './scope.ts'

export interface ResidualMlpOptions {
  /** By feature column: what standardises it (in the feature's own units). */
  readonly standardise: { readonly mean: ArrayLike<number>; readonly sd: ArrayLike<number> }
  /** By static attribute: values seen in training + 1 (index 0: unseen), and the embedding's width. */
  readonly statics: ReadonlyArray<{ readonly name: string; readonly entries: number; readonly width: number }>
  readonly width: number
  readonly blocks: number
  readonly dropout: number
  /** Levels of the quantiles, ascending. */
  readonly quantiles: readonly number[]
  /** Classes of the profile over the day. */
  readonly profile: number
}

/** Standardised features beyond this many standard deviations say no more. */
const clipAt = 5

/**
 * Residual multilayer perceptron over feature rows.
 *
 * In: `features` float32 [N, F], raw; `statics` int64 [N, S].
 * Out, in units of the row's scale: `quantiles` [N, Q] ascending, `mean` [N, 1]; and `profile` [N, P], logits.
 *
 * Each output is the sum of a linear function of the inputs (the skip) and of the residual blocks.
 */
export function residualMlp(options: ResidualMlpOptions): Network {
  const { statics, width, blocks, dropout, quantiles, profile } = options
  return (scope, { features, statics: codes }) => {
    const { g } = scope
    const columns = statics.length === 0 ? [] : g.split(codes!, new Array(statics.length).fill(1), 1)
    const embedded = statics.map(({ name, entries, width }, i) =>
      embedding(scope, `embed.${name}`, g.reshape(columns[i]!, [codes!.shape[0]!]), { entries, width }),
    )
    const x = g.concat([standardised(), ...embedded], 1)
    let h = linear(scope, 'in', x, { outputs: width })
    for (let i = 0; i < blocks; i++) h = residualBlock(scope, `block${i}`, h, dropout)
    const outputs = quantiles.length + 1 + profile
    const raw = g.add(linear(scope, 'out', h, { outputs }), linear(scope, 'skip', x, { outputs, bias: null }))
    const [levels, mean, logits] = g.split(raw, [quantiles.length, 1, profile], 1) as [Value, Value, Value]
    return { quantiles: quantileHead(g, levels, quantiles), mean, profile: logits }

    function standardised(): Value {
      const { mean, sd } = options.standardise
      const row = (values: ArrayLike<number>) => g.constant(tensor('float32', Array.from(values), [1, values.length]))
      const factor = Array.from(sd, (value) => (value > 0 ? 1 / value : 0))
      return g.clip(g.mul(g.sub(features!, row(mean)), row(factor)), -clipAt, clipAt)
    }
  }
}
