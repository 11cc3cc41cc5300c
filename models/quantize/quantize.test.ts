import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linear } from '../networks/layers.ts'
import { seededRandom } from '../networks/random.ts'
import { residualMlp } from '../networks/residual-mlp.ts'
import { constantScope, initialise, layoutOf } from '../networks/scope.ts'
import { Graph, type Value } from '../onnx/graph.ts'
import { int, type ModelIr } from '../onnx/ir.ts'
import { openSession } from '../onnx/session.ts'
import { sizeOf, tensor } from '../onnx/tensor.ts'
import { writeModel } from '../onnx/write.ts'
import { calibrate } from './calibrate.ts'
import { checkFusion } from './fusion-check.ts'
import { quantize } from './quantize.ts'
import { quantizeColumns } from './weights.ts'

const random = seededRandom(5)
const normals = (...shape: number[]) =>
  tensor(
    'float32',
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
    shape,
  )

test('weights are symmetric by column, within half a step, and never beyond ±64', () => {
  const value = fc.float({ min: -1000, max: 1000, noNaN: true, noDefaultInfinity: true })
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 20 }), (rows) => {
      const matrix = Float32Array.from(rows.flat())
      const { codes, scales } = quantizeColumns(matrix, 3)
      for (const [i, weight] of matrix.entries()) {
        const scale = scales[i % 3]!
        expect(Math.abs(codes[i]!)).toBeLessThanOrEqual(64)
        expect(Math.abs(codes[i]! * scale - weight)).toBeLessThanOrEqual(scale * 0.500001)
      }
    }),
  )
})

test('calibration spans what was seen in all samples, and 0 stays exact', async () => {
  const g = new Graph('double')
  const x = g.input('x', 'float32', ['N', 1])
  const [doubled, squared] = [g.mul(x, 2), g.mul(x, x)]
  g.output('y', g.add(doubled, squared))
  const samples = [{ x: tensor('float32', [-0.5, 1], [2, 1]) }, { x: tensor('float32', [2], [1, 1]) }]
  const ranges = await calibrate(g.toModel(), [doubled.name, squared.name], samples)
  expect(ranges.get(doubled.name)).toEqual({ scale: Math.fround(5 / 255), zeroPoint: 51 })
  expect(ranges.get(squared.name)).toEqual({ scale: Math.fround(4 / 255), zeroPoint: 0 })
})

describe('a quantized network', () => {
  const features = 40
  const network = residualMlp({
    standardise: { mean: new Array(features).fill(0), sd: new Array(features).fill(1) },
    statics: [{ name: 'shop', entries: 30, width: 6 }],
    ...{ width: 128, blocks: 2, dropout: 0.1, quantiles: [0.1, 0.5, 0.9], profile: 24 },
  })
  const inputsOf = (g: Graph) => ({
    features: g.input('features', 'float32', ['N', features]),
    statics: g.input('statics', 'int64', ['N', 1]),
  })
  const layout = layoutOf((scope) => {
    network(scope, inputsOf(scope.g))
  })
  const g = new Graph('network')
  const outputs = network(constantScope(g, layout, initialise(layout, 1)), inputsOf(g))
  for (const [name, value] of Object.entries(outputs)) g.output(name, value)
  const model = g.toModel()
  const feeds = () => ({
    features: normals(500, features),
    statics: tensor(
      'int64',
      BigInt64Array.from({ length: 500 }, () => BigInt(random.below(30))),
      [500, 1],
    ),
  })

  test('gives nearly the same numbers from at most 30 % of the bytes, every product on integers', async () => {
    const int8 = writeModel(await quantize(model, [feeds(), feeds()]))
    const float32 = writeModel(model)
    expect(int8.byteLength / float32.byteLength).toBeLessThan(0.3)
    expect(await checkFusion(int8)).toBe(7)
    await using floats = await openSession(float32)
    await using integers = await openSession(int8)
    const held = feeds()
    const [expected, found] = [await floats.run(held), await integers.run(held)]
    for (const name of ['quantiles', 'mean', 'profile']) {
      const exact = expected[name]!.data as Float32Array
      const mean = exact.reduce((a, b) => a + b) / exact.length
      const spread = exact.reduce((sum, x) => sum + (x - mean) ** 2, 0)
      const error = exact.reduce((sum, x, i) => sum + (x - (found[name]!.data[i] as number)) ** 2, 0)
      expect(Math.sqrt(error / spread)).toBeLessThan(0.03)
    }
  })

  test('is the same for the same samples', async () => {
    const samples = [feeds()]
    expect(writeModel(await quantize(model, samples))).toEqual(writeModel(await quantize(model, samples)))
  })
})

describe('the fusion check', () => {
  test('finds the product that ONNX Runtime would run in float on dequantized weights', async () => {
    await expect(checkFusion(writeModel(matmulThenAdd()))).rejects.toMatchObject({ code: 'quantization-not-fused' })
  })

  test('lets a float model pass, with no product on integers', async () => {
    const layout = layoutOf((scope) => {
      linear(scope, 'only', scope.g.input('x', 'float32', ['N', 4]), { outputs: 2 })
    })
    const g = new Graph('float')
    const x = g.input('x', 'float32', ['N', 4])
    g.output('y', linear(constantScope(g, layout, initialise(layout, 1)), 'only', x, { outputs: 2 }))
    expect(await checkFusion(writeModel(g.toModel()))).toBe(0)
  })

  /** The trap: MatMul + Add become one Gemm before quantized patterns are looked for. */
  function matmulThenAdd(): ModelIr {
    const g = new Graph('trap')
    const x = g.input('x', 'float32', ['N', 4])
    const [scale, zero] = [g.scalar(0.1, 'float32'), g.scalar(128, 'uint8')]
    const [codes] = g.node('QuantizeLinear', [x, scale, zero], [{ type: 'uint8', shape: x.shape }])
    const [rounded] = g.node('DequantizeLinear', [codes!, scale, zero], [x])
    const weight: Value = g.constant(tensor('int8', new Array(8).fill(3), [4, 2]))
    const scales = g.constant(tensor('float32', [0.1, 0.2]))
    const [w] = g.node('DequantizeLinear', [weight, scales], [{ type: 'float32', shape: [4, 2] }], {
      attributes: { axis: int(1) },
    })
    g.output('y', g.add(g.matmul(rounded!, w!), g.constant(tensor('float32', [1, 2]))))
    return g.toModel()
  }
})
