import { Graph, type Value } from '../onnx/graph.ts'
import { sizeOf, tensor } from '../onnx/tensor.ts'
import { type Random, seededRandom } from './random.ts'

export type Values = Readonly<Record<string, Value>>

/** First values of a parameter with so many elements. */
export type Initialiser = (size: number, random: Random) => Float32Array

/**
 * What a network is written against. The same network function serves to lay out its parameters, to train it and to
 * export it; the scope says where parameters come from and whether dropout drops.
 */
export interface Scope {
  readonly g: Graph
  /** A trainable tensor; its name is unique in the network. `decay`: whether weight decay shrinks it. */
  parameter(name: string, shape: readonly number[], options: { init: Initialiser; decay: boolean }): Value
  /** While training: zero with probability `rate`, else x / (1 − rate). Otherwise x itself. */
  dropout(x: Value, rate: number): Value
}

/** A network as a function of its parameters (by the scope) and named inputs. */
export type Network = (scope: Scope, inputs: Values) => Values

interface Parameter {
  readonly name: string
  readonly shape: readonly number[]
  readonly offset: number
  readonly size: number
  readonly init: Initialiser
  readonly decay: boolean
}

/** All parameters of a network lie in one flat float32 vector, in the order the network asked for them. */
export interface Layout {
  readonly parameters: readonly Parameter[]
  readonly size: number
}

/** Runs a network function once on a scratch graph to learn its parameters. */
export function layoutOf(build: (scope: Scope) => void): Layout {
  const g = new Graph('layout')
  const parameters: Parameter[] = []
  let offset = 0
  build({
    g,
    parameter(name, shape, { init, decay }) {
      if (parameters.some((other) => other.name === name)) throw new Error(`two parameters are named "${name}"`)
      const size = sizeOf(shape)
      parameters.push({ name, shape, offset, size, init, decay })
      offset += size
      return g.input(name, 'float32', shape)
    },
    dropout: (x) => x,
  })
  return { parameters, size: offset }
}

export function initialise(layout: Layout, seed: number): Float32Array {
  const flat = new Float32Array(layout.size)
  const random = seededRandom(seed)
  for (const { init, offset, size } of layout.parameters) flat.set(init(size, random), offset)
  return flat
}

/** A scope whose parameters are constants of `g`: the network as it is exported. */
export function constantScope(g: Graph, layout: Layout, flat: Float32Array): Scope {
  const byName = new Map(layout.parameters.map((parameter) => [parameter.name, parameter]))
  return {
    g,
    parameter(name) {
      const { offset, size, shape } = byName.get(name)!
      return g.constant(tensor('float32', flat.slice(offset, offset + size), shape), name)
    },
    dropout: (x) => x,
  }
}
