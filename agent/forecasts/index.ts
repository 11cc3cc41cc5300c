export { Forecaster, type ForecasterOptions } from './forecaster.ts'
export type { FinishRun } from './procedures.ts'
export {
  type EntityForecast,
  type LatestForecasts,
  latestForecasts,
  type RecentScores,
  recentScores,
  type ScoredSpan,
} from './queries.ts'
export { type ForecastRun, forecastsOf, runsCovering } from './runs.ts'
export { type SoFar, soFar } from './so-far.ts'
