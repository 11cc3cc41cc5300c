import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifyGolden } from './golden.ts'
import { float32, type Tensors } from './tensors.ts'

const golden = (values: number[], { absolute = 0.1, relative = 0 } = {}) => ({
  tolerance: { absolute, relative },
  cases: [
    {
      inputs: { x: { type: 'int64' as const, shape: [1], data: [3] } },
      outputs: { y: { type: 'float32' as const, shape: [values.length], data: values } },
    },
  ],
})
const answering = (values: number[]) => async (): Promise<Tensors> => ({
  y: float32([values.length], Float32Array.from(values)),
})

describe('verifyGolden', () => {
  it('gives the model the inputs as tensors', async () => {
    let seen: Tensors = {}
    await verifyGolden(golden([1]), async (inputs) => {
      seen = inputs
      return answering([1])()
    })
    expect(seen).toEqual({ x: { type: 'int64', shape: [1], data: BigInt64Array.of(3n) } })
  })

  it('takes what is within absolute + relative · |expected|', async () => {
    expect(await verifyGolden(golden([1, 2]), answering([1.05, 1.95]))).toBeUndefined()
    expect(await verifyGolden(golden([100], { relative: 0.01 }), answering([101]))).toBeUndefined()
    expect(await verifyGolden(golden([-100], { relative: 0.01 }), answering([-102]))).toContain('y[0] is -102')
  })

  it('names the first element that differs; not-a-number always does', async () => {
    expect(await verifyGolden(golden([1, 2, 3]), answering([1, 2.5, 9]))).toBe(
      'golden case 0: y[1] is 2.5, expected 2 ± 0.100',
    )
    expect(await verifyGolden(golden([1]), answering([Number.NaN]))).toContain('NaN')
    expect(await verifyGolden(golden([1], { absolute: Number.POSITIVE_INFINITY }), answering([Number.NaN]))).toContain(
      'NaN',
    )
  })

  it('names an output that is missing or of another shape', async () => {
    expect(await verifyGolden(golden([1]), async () => ({}))).toContain('no output y')
    expect(await verifyGolden(golden([1]), answering([1, 1]))).toContain('y is float32 [2], expected float32 [1]')
  })

  it('finds any single element moved out of tolerance', async () => {
    const float = fc.float({ noNaN: true, min: -1e6, max: 1e6 })
    await fc.assert(
      fc.asyncProperty(fc.array(float, { minLength: 1, maxLength: 20 }), fc.nat(), async (values, at) => {
        const moved = values.with(at % values.length, values[at % values.length]! + 1)
        expect(await verifyGolden(golden(values), answering(values))).toBeUndefined()
        expect(await verifyGolden(golden(values), answering(moved))).toContain(`y[${at % values.length}]`)
      }),
    )
  })
})
