/** Runs rollouts of candidates, as many as it is asked for: see `runRollouts`. */
import type { RolloutSpec } from '@storecast/shared/contracts'
import type { Candidate } from './candidates.ts'
import { drawRollout } from './draw.ts'
import { type Outcome, runRollout } from './rollout.ts'

export interface RolloutOrder {
  readonly candidate: Candidate
  readonly spec: RolloutSpec
  readonly seeds: readonly number[]
}

process.on('message', ({ candidate, spec, seeds }: RolloutOrder) => {
  const { devices, maxDays } = spec.analysis
  const outcomes = seeds.map(
    (seed): Outcome => runRollout(drawRollout(candidate, { seed, devices, days: maxDays }), spec),
  )
  process.send!(outcomes)
})
