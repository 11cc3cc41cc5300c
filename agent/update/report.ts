import type { DesiredState, ReportedState } from '@storecast/shared/contracts'
import type { CurrentState } from './plan.ts'
import type { ModelState } from './state.ts'

/** Room for a message in a reported state. */
const LONGEST_MESSAGE = 500

/** What the device says of itself, from what its tables hold. */
export function buildReport(options: {
  readonly desired: DesiredState
  readonly documents: CurrentState['documents']
  readonly models: Readonly<Record<string, ModelState>>
  /** Versions that serve right now, by model. */
  readonly serving: ReadonlyMap<string, number>
  readonly agentVersion: string
}): ReportedState {
  const { desired, documents, models, serving, agentVersion } = options
  const reportOf = ([name, { phase, failure, at }]: [string, ModelState]) => {
    const report = { active: serving.get(name) ?? null, target: desired.models[name]?.version ?? null, phase, at }
    if (failure === undefined) return [name, report]
    return [name, { ...report, error: { code: failure.code, message: failure.message.slice(0, LONGEST_MESSAGE) } }]
  }
  return {
    site: desired.site,
    agentVersion,
    generation: desired.generation,
    models: Object.fromEntries(Object.entries(models).map(reportOf)),
    documents,
  }
}
