import type { Golden, TensorSpec } from '@storecast/shared/contracts'
import type { Session, Tensors } from '../onnx/session.ts'
import { type Tensor, tensor } from '../onnx/tensor.ts'

/**
 * How far a device's CPU may be off. 8-bit kernels round activations: one that lies on the border of two codes goes either
 * way with the order of a sum, and moves an output by a part of a percent. A wrong kernel or a damaged model is off by far more.
 */
const TOLERANCE = { float32: { absolute: 1e-4, relative: 1e-3 }, int8: { absolute: 2e-2, relative: 2e-2 } } as const

type Precision = keyof typeof TOLERANCE

/** Runs the model on each case and keeps what it gave. */
export async function goldenOf(session: Session, cases: readonly Tensors[], precision: Precision): Promise<Golden> {
  const made = []
  for (const inputs of cases) {
    made.push({ inputs: asData(inputs), outputs: asData(await session.run(inputs)) })
  }
  return { tolerance: TOLERANCE[precision], cases: made }
}

export interface GoldenCheck {
  readonly cases: number
  readonly matches: boolean
  /** The largest |got − expected| / (absolute + relative × |expected|): above 1 is a mismatch. */
  readonly worst: number
}

/** Runs the cases again and compares, element by element. */
export async function checkGolden(session: Session, golden: Golden): Promise<GoldenCheck> {
  const { absolute, relative } = golden.tolerance
  let worst = 0
  for (const { inputs, outputs } of golden.cases) {
    const got = await session.run(
      Object.fromEntries(
        Object.entries(inputs).map(([name, { type, shape, data }]) => [name, tensor(type, data, shape)]),
      ),
    )
    for (const [name, expected] of Object.entries(outputs)) {
      const values = got[name]?.data
      if (values?.length !== expected.data.length)
        return { cases: golden.cases.length, matches: false, worst: Infinity }
      expected.data.forEach((value, i) => {
        const off = Math.abs(Number(values[i]) - value) / (absolute + relative * Math.abs(value))
        worst = Number.isNaN(off) ? Number.POSITIVE_INFINITY : Math.max(worst, off)
      })
    }
  }
  return { cases: golden.cases.length, matches: worst <= 1, worst }
}

type Data = Golden['cases'][number]['inputs']

const asData = (tensors: Tensors): Data =>
  Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, dataOf(name, value)]))

function dataOf(name: string, { type, shape, data }: Tensor): Data[string] {
  if (type !== 'float32' && type !== 'int64') throw new RangeError(`golden: tensor ${name} is ${type}`)
  return { type, shape: [...shape], data: Array.from(data as ArrayLike<number | bigint>, Number) }
}

/** Inputs or outputs of a graph as a manifest lists them. */
export const tensorSpecs = (
  values: ReadonlyArray<{ name: string; type: string; shape: ReadonlyArray<number | string> }>,
): TensorSpec[] =>
  values.map(({ name, type, shape }) => ({ name, type: type as TensorSpec['type'], shape: [...shape] }))
