import type { Golden } from '@storecast/shared/contracts'
import { fromGolden, type Tensors } from './tensors.ts'

/** Runs the model on a case's inputs. */
export type Run = (inputs: Tensors) => Promise<Tensors>

/**
 * Runs every golden case and compares: |got − expected| ≤ absolute + relative × |expected|, element by element, with the
 * bundle's own tolerance. A device must reproduce the exported model on its own CPU before it serves it.
 * @returns the first difference in words; undefined where all cases agree
 */
export async function verifyGolden({ tolerance, cases }: Golden, run: Run): Promise<string | undefined> {
  for (const [number, { inputs, outputs }] of cases.entries()) {
    const got = await run(fromGolden(inputs))
    const difference = firstDifference(got, fromGolden(outputs), tolerance)
    if (difference !== undefined) return `golden case ${number}: ${difference}`
  }
  return undefined
}

function firstDifference(got: Tensors, expected: Tensors, tolerance: Golden['tolerance']): string | undefined {
  for (const [name, want] of Object.entries(expected)) {
    const have = got[name]
    if (!have) return `the model has no output ${name}`
    if (have.type !== want.type || have.shape.join() !== want.shape.join()) {
      return `${name} is ${have.type} [${have.shape.join()}], expected ${want.type} [${want.shape.join()}]`
    }
    for (let i = 0; i < want.data.length; i++) {
      const value = Number(have.data[i])
      const target = Number(want.data[i])
      const allowed = tolerance.absolute + tolerance.relative * Math.abs(target)
      // Written so that NaN is a difference.
      if (!(Math.abs(value - target) <= allowed)) {
        return `${name}[${i}] is ${value}, expected ${target} ± ${allowed.toPrecision(3)}`
      }
    }
  }
  return undefined
}
