import { type ModelIr, readModel, tensor, writeModel } from '@storecast/models/engine'
import { openBundle, packBundle } from '@storecast/shared/bundle'

const PIECES = 6
const OUTPUTS = ['quantiles', 'mean']

/**
 * The same model, exported again by a tool that counts pieces where shops count packs of six. It takes its golden vectors of
 * itself, so that every device reproduces them, and its scores from the bundle it was made of. A device's level correction
 * takes a part of it back: it halves forecasts at most.
 *
 * @throws BundleError, OnnxFormatError
 */
export function countedInPieces(bundle: Uint8Array): Uint8Array {
  const { manifest, files, model, golden } = openBundle(bundle)
  const { files: _, ...rest } = manifest
  const { 'manifest.json': _manifest, ...others } = files
  const cases = golden.cases.map(({ inputs, outputs }) => ({
    inputs,
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, { data, ...of }]) => {
        return [name, { ...of, data: OUTPUTS.includes(name) ? data.map((value) => PIECES * value) : data }]
      }),
    ),
  }))
  return packBundle({
    manifest: rest,
    files: {
      ...others,
      'model.onnx': writeModel(times(readModel(model))),
      'golden.json': new TextEncoder().encode(JSON.stringify({ ...golden, cases })),
    },
  })
}

/** What made an output makes it under another name, and a last step multiplies that. */
function times({ graph, ...model }: ModelIr): ModelIr {
  const packs = (name: string) => (OUTPUTS.includes(name) ? `${name}.packs` : name)
  const made = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(packs),
    outputs: node.outputs.map(packs),
  }))
  const last = OUTPUTS.map((name) => {
    return {
      name: `${name}.pieces`,
      op: 'Mul',
      domain: '',
      inputs: [packs(name), 'pieces'],
      outputs: [name],
      attributes: {},
    }
  })
  const initializers = [...graph.initializers, { name: 'pieces', tensor: tensor('float32', [PIECES], []) }]
  return { ...model, graph: { ...graph, nodes: [...made, ...last], initializers } }
}
