import type {
  DecisionRecord,
  EventRecord,
  EvidenceRecord,
  ForecastRecord,
  ReportedState,
  WindowRecord,
} from '../contracts/index.ts'

/** A record under the sequence that its last change took. */
export interface Sequenced<T> {
  readonly seq: number
  readonly record: T
}

/** The records of a batch, ascending by sequence within each kind. */
export interface BatchRecords {
  readonly windows: readonly Sequenced<WindowRecord>[]
  readonly forecasts: readonly Sequenced<ForecastRecord>[]
  readonly events: readonly Sequenced<EventRecord>[]
  readonly evidence: readonly Sequenced<EvidenceRecord>[]
  readonly decisions: readonly Sequenced<DecisionRecord>[]
  /** At most one is dirty at a time. */
  readonly reported: Sequenced<ReportedState> | undefined
}

/** A record that makes no sense, with what is wrong with it. */
export interface Rejected {
  readonly seq: number
  readonly reason: string
}
