import type { Session, Tensors } from '../onnx/session.ts'

const WARM_UP = 5
const RUNS = 60

/**
 * How long the model takes for one golden case on this machine: the 95th percentile of many runs, in milliseconds. A
 * device is slower; against a limit it is a first sieve, and the device's own evidence the judge.
 */
export async function latencyP95(session: Session, cases: readonly Tensors[]): Promise<number> {
  const took: number[] = []
  for (let run = -WARM_UP; run < RUNS; run++) {
    const began = performance.now()
    await session.run(cases[Math.abs(run) % cases.length]!)
    if (run >= 0) took.push(performance.now() - began)
  }
  took.sort((a, b) => a - b)
  return Number(took[Math.ceil(0.95 * RUNS) - 1]!.toPrecision(3))
}
