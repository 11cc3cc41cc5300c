import type {
  DecisionRecord,
  EventRecord,
  EvidenceRecord,
  ForecastRecord,
  ReportedState,
  WindowRecord,
} from '@storecast/shared/contracts'

/** Every state that any run of a device ever gave a record: what the cloud has must be one of them. */
export class Ledger {
  readonly #states = new Map<string, Set<string>>()
  #serial = 0

  /** A number that no other record state has. */
  next(): number {
    return ++this.#serial
  }

  note(device: string, key: string, state: unknown): void {
    const own = `${device} ${key}`
    const states = this.#states.get(own) ?? new Set()
    this.#states.set(own, states.add(canonical(state)))
  }

  has(device: string, key: string, state: unknown): boolean {
    return this.#states.get(`${device} ${key}`)?.has(canonical(state)) ?? false
  }
}

export const windowKey = ({ series, start, end }: WindowRecord): string => `window ${series.sensor} ${start} ${end}`
export const forecastKey = ({ model, version, issuedAt, entity }: ForecastRecord): string =>
  `forecast ${model} ${version} ${issuedAt} ${entity}`
export const eventKey = ({ id }: Pick<EventRecord, 'id'>): string => `event ${id}`
export const evidenceKey = ({ model, champion, candidate, day }: EvidenceRecord): string =>
  `evidence ${model} ${champion} ${candidate} ${day}`
export const decisionKey = ({ id }: DecisionRecord): string => `decision ${id}`
export const REPORTED_KEY = 'reported'

/** What is known of a decision, by when it becomes known: runs of a device may each know another part. */
export function partsOf({ choice, outcome, ...made }: DecisionRecord): unknown[] {
  return [made, ...(choice ? [choice] : []), ...(outcome ? [outcome] : [])]
}

export type AnyRecord = WindowRecord | ForecastRecord | EventRecord | EvidenceRecord | ReportedState

/** Equal for equal contents, whatever the order of their fields. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
