import type { DesiredState, ReportedState } from '@storecast/shared/contracts'
import type { CurrentState, Subject } from './plan.ts'
import type { Failure, ModelState } from './tables.ts'

/** Room for a message in a reported state. */
const LONGEST_MESSAGE = 500

/** What the device says of itself, from what its tables hold. */
export function buildReport(options: {
  readonly desired: DesiredState
  readonly documents: CurrentState['documents']
  readonly models: Readonly<Record<string, ModelState>>
  /** Versions that serve right now, by model. */
  readonly serving: ReadonlyMap<string, number>
  /** What waits for its hour. */
  readonly waiting: ReadonlySet<Subject>
  readonly agentVersion: string
}): ReportedState {
  const { desired, documents, models, serving, waiting, agentVersion } = options
  const reportOf = ([name, state]: [string, ModelState]) => {
    const { phase, failure, at, candidate } = state
    const report = {
      active: serving.get(name) ?? null,
      target: desired.models[name]?.version ?? null,
      phase: waiting.has(`model:${name}`) ? 'waiting' : phase,
      ...errorOf(failure),
      at,
    }
    if (!candidate) return [name, report]
    const { version } = candidate
    const held = waiting.has(`candidate:${name}`) ? 'waiting' : candidate.phase
    return [name, { ...report, candidate: { version, phase: held, ...errorOf(candidate.failure), at: candidate.at } }]
  }
  return {
    site: desired.site,
    agentVersion,
    generation: desired.generation,
    models: Object.fromEntries(Object.entries(models).map(reportOf)),
    documents,
  }
}

const errorOf = (failure: Failure | undefined) =>
  failure ? { error: { code: failure.code, message: failure.message.slice(0, LONGEST_MESSAGE) } } : {}
