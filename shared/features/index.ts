export {
  type DailyDemandEncoder,
  type DailyDemandInput,
  type DailyDemandRows,
  dailyDemandEncoder,
  dailyDemandFeatures,
} from './daily-demand.ts'
export { siteEntities, type Vocabulary } from './entities.ts'
export { DAILY_HISTORY_DAYS, type DailyHistory, type DailyKnownAhead, type SiteEntities } from './history.ts'
export { covariateFeatures, type FeatureOrigin, featureOrigins, ORIGINS } from './origins.ts'
export { type ChannelHistory, sequenceRow } from './sequence.ts'
