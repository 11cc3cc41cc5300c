import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { RolloutSpec } from '@storecast/shared/contracts'
import type { Candidate } from './candidates.ts'
import type { Outcome } from './rollout.ts'
import type { RolloutOrder } from './rollout-program.ts'

/** Processes that run rollouts side by side. */
export interface Crew extends AsyncDisposable {
  /** Rollouts of a candidate with the seeds 0 to `count` (excluded), in no order. */
  run(candidate: Candidate, count: number): Promise<Outcome[]>
}

const PROGRAM = fileURLToPath(new URL('./rollout-program.ts', import.meta.url))
/** Rollouts of one order. */
const CHUNK = 50

export function startCrew(spec: RolloutSpec): Crew {
  const workers = Array.from({ length: availableParallelism() }, () => fork(PROGRAM, [], { serialization: 'advanced' }))
  const ended = Promise.race(
    workers.map(async (worker) => {
      const [code, signal] = await once(worker, 'exit')
      throw new Error(`analysis: a process that ran rollouts ended with ${code ?? signal}`)
    }),
  )
  // Raced below; and every process ends at last.
  ended.catch(() => undefined)
  const work = async (worker: ChildProcess, order: RolloutOrder): Promise<Outcome[]> => {
    worker.send(order)
    const [outcomes] = (await Promise.race([once(worker, 'message'), ended])) as [Outcome[]]
    return outcomes
  }
  return {
    async run(candidate, count) {
      const seeds = Array.from({ length: count }, (_, seed) => seed)
      const outcomes: Outcome[] = []
      await Promise.all(
        workers.map(async (worker) => {
          while (seeds.length > 0)
            outcomes.push(...(await work(worker, { candidate, spec, seeds: seeds.splice(0, CHUNK) })))
        }),
      )
      return outcomes
    },
    async [Symbol.asyncDispose]() {
      for (const worker of workers) worker.kill()
      await ended.catch(() => undefined)
    },
  }
}
