import type { Graph, Value } from '../onnx/graph.ts'
import { constantScope, type Layout, type Network, type Values } from './scope.ts'

/** Runs one trained network a parameter vector in graph `g` and averages each of their outputs. */
export function ensemble(
  g: Graph,
  trained: { readonly network: Network; readonly layout: Layout; readonly parameters: readonly Float32Array[] },
  inputs: Values,
): Values {
  const { network, layout, parameters } = trained
  const outputs = parameters.map((flat) => network(constantScope(g, layout, flat), inputs))
  const average = (values: readonly Value[]) =>
    values.length === 1
      ? values[0]!
      : g.mul(
          values.reduce((a, b) => g.add(a, b)),
          1 / values.length,
        )
  return Object.fromEntries(Object.keys(outputs[0]!).map((name) => [name, average(outputs.map((out) => out[name]!))]))
}
