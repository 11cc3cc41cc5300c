import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GraphIr, NodeIr } from '../onnx/ir.ts'
import { readModel } from '../onnx/read.ts'
import { openSession } from '../onnx/session.ts'

/** ONNX Runtime would run a quantized layer in float, its weights dequantized on every call: right, but 5 to 15 times slower. */
export class NotFusedError extends Error {
  readonly code = 'quantization-not-fused'
  override readonly name = 'NotFusedError'
}

const floatProducts: ReadonlySet<string> = new Set(['MatMul', 'Gemm', 'FusedMatMul', 'FusedGemm', 'Conv'])
const integerProducts: ReadonlySet<string> = new Set([
  'QGemm',
  'QLinearMatMul',
  'MatMulIntegerToFloat',
  'MatMulInteger',
  'DynamicQuantizeMatMul',
])
/** They only pass a value on. */
const passing: ReadonlySet<string> = new Set(['Reshape', 'Transpose', 'Identity', 'Squeeze', 'Unsqueeze', 'Cast'])

/**
 * Float products of an optimized graph that a DequantizeLinear feeds, directly or by reshaping, as
 * "DequantizeLinear w.d → Gemm Gemm_7". None should be left.
 */
function unfusedProducts({ nodes }: GraphIr): string[] {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)))
  const source = (value: string): NodeIr | undefined => {
    const maker = makers.get(value)
    return maker && passing.has(maker.op) ? source(maker.inputs[0]!) : maker
  }
  return nodes
    .filter(({ op }) => floatProducts.has(op))
    .flatMap((node) =>
      node.inputs
        .map(source)
        .filter((maker) => maker?.op === 'DequantizeLinear')
        .map((maker) => `${maker!.op} ${maker!.outputs[0]} → ${node.op} ${node.outputs[0]}`),
    )
}

/**
 * Has ONNX Runtime optimize the model as a device will, and reads what it would run.
 * @returns the number of products that run on integers.
 * @throws NotFusedError if a quantized product is left in float.
 */
export async function checkFusion(model: Uint8Array): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'storecast-fusion-'))
  try {
    const optimizedModelPath = join(folder, 'optimized.onnx')
    await using _session = await openSession(model, { optimizedModelPath })
    const { graph } = readModel(await readFile(optimizedModelPath))
    const left = unfusedProducts(graph)
    if (left.length > 0) {
      throw new NotFusedError(
        `ONNX Runtime leaves ${left.length} quantized product(s) in float: ${left.join(', ')}. ` +
          'Write them as Gemm, or as MatMul without an Add behind it.',
      )
    }
    return graph.nodes.filter(({ op }) => integerProducts.has(op)).length
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
