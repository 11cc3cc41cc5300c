/**
 * Networks, and how to train (`../training`) and export them. A network is a function of a scope (which hands out its parameters) and of
 * named inputs, written once:
 *
 * ```ts
 * const network = residualMlp({ standardise, statics, width, blocks, dropout, quantiles, profile: 24 })
 * const { layout, networks } = await train({
 *   network,
 *   // `batch` holds every tensor of `rows`, gathered for the batch; the targets are in units of the row's scale.
 *   loss: (g, out, batch) =>
 *     weightedMean(g, g.add(pinball(g, out.quantiles!, batch.target!, quantiles), huber(g, out.mean!, batch.target!)), batch.weight!),
 *   data: rows({ features, statics, target, weight }),
 *   options: { epochs: 5, batch: 512, learningRate: 1e-3, weightDecay: 0.1, seeds: [1, 2, 3] },
 *   onProgress: ({ seed, step, steps, loss }) => …,
 * })
 * const model = dailyDemandModel({ network, layout, parameters: networks.map((each) => each.parameters) }, widths)
 * const bytes = writeModel(model)
 * ```
 */
export { dailyDemandModel } from './daily-demand.ts'
export { ensemble } from './export.ts'
export { crossEntropy, huber, pinball, weightedMean } from './losses.ts'
export { quantileHead } from './quantile-head.ts'
export { permutation, type Random, seededRandom } from './random.ts'
export { type ResidualMlpOptions, residualMlp } from './residual-mlp.ts'
export type { Layout, Network, Scope, Values } from './scope.ts'
export { type SeasonalNaiveOptions, seasonalNaive } from './seasonal-naive.ts'
