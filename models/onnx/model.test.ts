import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Graph } from './graph.ts'
import { float, type GraphIr, int, ints, type ModelIr, string } from './ir.ts'
import { OnnxFormatError, readModel } from './read.ts'
import { openSession } from './session.ts'
import { type ElementType, elementCodes, tensor } from './tensor.ts'
import { writeModel } from './write.ts'

const elementType = fc.constantFrom(...(Object.keys(elementCodes) as ElementType[]))
const anyTensor = fc
  .tuple(elementType, fc.array(fc.nat(3), { maxLength: 3 }))
  .map(([type, shape]) => tensor(type, new Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape))
const name = fc.string({ minLength: 1, maxLength: 12 })
const valueInfo = fc.record({ name, type: elementType, shape: fc.array(fc.oneof(fc.nat(), name), { maxLength: 3 }) })
const { graph: anyGraph } = fc.letrec<{ graph: GraphIr; attribute: ReturnType<typeof int> }>((tie) => ({
  attribute: fc.oneof(
    { maxDepth: 3 },
    fc.integer().map(int),
    fc.float({ noNaN: true }).map(float),
    fc.string().map(string),
    fc.array(fc.integer()).map(ints),
    anyTensor.map((value) => ({ kind: 'tensor' as const, value })),
    tie('graph').map((value) => ({ kind: 'graph' as const, value })),
  ),
  graph: fc.record({
    name,
    nodes: fc.array(
      fc.record({
        name,
        op: name,
        domain: fc.constantFrom('', 'com.microsoft'),
        inputs: fc.array(fc.string({ maxLength: 4 }), { maxLength: 3 }),
        outputs: fc.array(name, { maxLength: 2 }),
        attributes: fc.dictionary(
          name.filter((key) => key !== '__proto__'),
          tie('attribute'),
          { maxKeys: 2, noNullPrototype: true },
        ),
      }),
      { maxLength: 3 },
    ),
    initializers: fc.array(fc.record({ name, tensor: anyTensor }), { maxLength: 2 }),
    inputs: fc.array(valueInfo, { maxLength: 2 }),
    outputs: fc.array(valueInfo, { maxLength: 2 }),
  }),
}))

const wrap = (graph: GraphIr): ModelIr => ({
  irVersion: 9,
  opsets: { '': 20, 'com.microsoft': 1 },
  producer: 'test',
  graph,
  metadata: { licence: 'Apache-2.0' },
})

describe('ONNX files', () => {
  test('what is written is read back', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        expect(readModel(writeModel(wrap(graph)))).toEqual(wrap(graph))
      }),
    )
  })

  test('bytes that are no model are refused with one kind of error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          readModel(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(OnnxFormatError)
        }
      }),
    )
  })

  test('a cut or changed file is read or refused, never a crash', () => {
    const whole = writeModel(adder().toModel())
    for (let end = 0; end < whole.length; end++) {
      try {
        readModel(whole.subarray(0, end))
      } catch (error) {
        expect(error).toBeInstanceOf(OnnxFormatError)
      }
    }
    expect(() => readModel(whole.subarray(0, whole.length - 1))).toThrow(OnnxFormatError)
  })

  test('a tensor whose bytes disagree with its shape is refused', () => {
    const graph = {
      ...adder().toIr(),
      initializers: [{ name: 'w', tensor: { type: 'float32', shape: [3], data: new Float32Array(2) } }],
    } as const
    expect(() => readModel(writeModel(wrap(graph)))).toThrow(/"w" \[3\] holds 2 elements, not 3/)
  })
})

describe('ONNX Runtime', () => {
  test('runs what the builder makes', async () => {
    await using session = await openSession(writeModel(adder().toModel()))
    const { sum } = await session.run({ x: tensor('float32', [1, 2, 3, 4], [2, 2]) })
    expect(sum).toEqual({ type: 'float32', shape: [2, 2], data: new Float32Array([11, 22, 13, 24]) })
  })

  test('the optimized graph it writes can be read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'optimized-'))
    try {
      const optimizedModelPath = `${folder}/model.onnx`
      await using _session = await openSession(writeModel(adder().toModel()), { optimizedModelPath })
      expect(readModel(await readFile(optimizedModelPath)).graph.outputs[0]).toMatchObject({
        name: 'sum',
        shape: ['N', 2],
      })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('mistakes are told where they are made', () => {
    const g = new Graph('mistakes')
    const x = g.input('x', 'float32', ['N', 2])
    expect(() => g.matmul(x, g.input('y', 'float32', [3, 2]))).toThrow('shapes [N,2] and [3,2] do not multiply')
    expect(() => g.add(x, g.input('z', 'float64', ['N', 2]))).toThrow('Add of x (float32) and z (float64)')
    expect(() => g.add(x, g.input('w', 'float32', [3]))).toThrow('do not broadcast')
  })
})

function adder(): Graph {
  const g = new Graph('adder')
  const x = g.input('x', 'float32', ['N', 2])
  g.output('sum', g.add(x, g.constant(tensor('float32', [10, 20]))))
  return g
}
