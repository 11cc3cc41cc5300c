export { dayForecastAt, dayName, localDayNumber } from './days.ts'
export type { DemandFeatures, DemandRows } from './demand-features.ts'
export { FeaturesNotReady } from './errors.ts'
export { Features, type FeaturesOptions, type SequenceRows } from './features.ts'
