import type { Connection } from '../platform/database.ts'
import type { Writer } from '../platform/writer.ts'
import type { Day } from './evidence.ts'
import type { FinishRun, forecastProcedures, RecordForecasts, ScoreForecasts } from './procedures.ts'
import { type ForecastRun, forecastsOf, runsSince, type StoredForecast } from './runs.ts'
import { SERVED, SHADOW } from './tables.ts'

/** A run, and the real milliseconds from its inputs to its last answer. */
export interface TimedRun extends FinishRun {
  readonly tookMs: number
}

/** Where a model's forecasts are kept. Writing throws WriterError. */
export interface ForecastStore {
  record(batch: RecordForecasts): Promise<void>
  /** All forecasts of the run are there. */
  finish(run: TimedRun): Promise<void>
  score(scores: readonly ScoreForecasts[]): Promise<void>
  /** Runs issued at or after `from`, oldest first. */
  runsSince(model: string, from: number): ForecastRun[]
  forecastsOf(run: Pick<ForecastRun, 'model' | 'version' | 'issuedAt'>): Iterable<StoredForecast>
}

export interface ForecastFiles {
  readonly writer: Writer<typeof forecastProcedures>
  /** A reading connection. */
  readonly db: Connection
}

/** Of versions that serve: the outbox watches it. */
export const servedForecasts = ({ writer, db }: ForecastFiles): ForecastStore => ({
  record: (batch) => writer.call('forecasts.record', batch),
  finish: ({ tookMs: _, ...run }) => writer.call('forecasts.finish', run),
  score: (scores) => writer.call('forecasts.score', scores),
  runsSince: (model, from) => runsSince(db, model, from, SERVED),
  forecastsOf: (run) => forecastsOf(db, run, { tables: SERVED }),
})

/** Of candidates: nobody is told of these. @param dayOf the local day around a time, and the site's region */
export const shadowForecasts = ({ writer, db }: ForecastFiles, dayOf: (time: number) => Day): ForecastStore => ({
  record: (batch) => writer.call('shadow.record', batch),
  finish: ({ tookMs, ...run }) => writer.call('shadow.finish', { ...run, ...dayOf(run.start), latencyMs: tookMs }),
  score: (scores) => writer.call('shadow.score', scores),
  runsSince: (model, from) => runsSince(db, model, from, SHADOW),
  forecastsOf: (run) => forecastsOf(db, run, { tables: SHADOW }),
})
