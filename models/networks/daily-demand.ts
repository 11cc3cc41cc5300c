import { Graph } from '../onnx/graph.ts'
import type { ModelIr } from '../onnx/ir.ts'
import { ensemble } from './export.ts'
import type { Layout, Network } from './scope.ts'

/**
 * The trained networks of a `daily-demand` definition as one model with the tensors of its bundle: in `features` [N, F],
 * `statics` [N, S], `scale` [N]; out `quantiles` [N, Q], `mean` [N], `profile` [N, 24]. The networks' outputs are averaged,
 * multiplied by the scale and cut at 0; the profile is a softmax of the mean logits.
 *
 * @param trained a network with the outputs of `residualMlp`, its layout, and one parameter vector a seed.
 */
export function dailyDemandModel(
  trained: { readonly network: Network; readonly layout: Layout; readonly parameters: readonly Float32Array[] },
  widths: { readonly features: number; readonly statics: number },
): ModelIr {
  const g = new Graph('daily-demand')
  const features = g.input('features', 'float32', ['N', widths.features])
  const statics = g.input('statics', 'int64', ['N', widths.statics])
  const scale = g.reshape(g.input('scale', 'float32', ['N']), ['N', 1])
  const { quantiles, mean, profile } = ensemble(g, trained, { features, statics })
  g.output('quantiles', g.mul(g.relu(quantiles!), scale))
  g.output('mean', g.reshape(g.mul(g.relu(mean!), scale), ['N']))
  g.output('profile', g.softmax(profile!))
  return g.toModel()
}
