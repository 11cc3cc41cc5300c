import type { Graph, Value } from '../onnx/graph.ts'
import { constantOperators, type Rule, rules } from './rules.ts'

/**
 * Reverse-mode differentiation: extends `g` by the nodes that compute ∂loss/∂x for each x of `wrt`, in its shape.
 * `loss` is a scalar that `g` itself computes; values of outer graphs count as constants. Sizes must be numbers where a
 * gradient has to be spread or summed, so that training works on a fixed batch.
 *
 * @throws Error for an operator on the way that has no gradient rule.
 */
export function gradients(g: Graph, loss: Value, wrt: readonly Value[]): Value[] {
  if (loss.shape.length !== 0) throw new RangeError(`gradients: the loss must be a scalar, not [${loss.shape}]`)
  const forward = [...g.nodes]
  const moving = new Set<Value>(wrt)
  for (const node of forward) {
    if (constantOperators.has(node.op)) continue
    if (node.inputs.some((input) => input !== null && moving.has(input)))
      for (const out of node.outputs) moving.add(out)
  }

  const adjoints = new Map<Value, Value>([[loss, g.scalar(1, loss.type)]])
  for (const node of forward.reverse()) {
    const dy = node.outputs.map((output) => adjoints.get(output) ?? null)
    const wants = node.inputs.map((input) => input !== null && moving.has(input))
    if (dy.every((each) => each === null) || constantOperators.has(node.op) || !wants.includes(true)) continue
    const rule: Rule | undefined = rules[node.op]
    if (!rule) throw new Error(`gradients: no rule for the operator ${node.op}`)
    const found = rule({ g, node, dy, wants })
    node.inputs.forEach((input, i) => {
      const gradient = found[i]
      if (!wants[i] || !gradient) return
      const sofar = adjoints.get(input!)
      adjoints.set(input!, sofar ? g.add(sofar, gradient) : gradient)
    })
  }
  return wrt.map((x) => adjoints.get(x) ?? g.mul(x, 0))
}
