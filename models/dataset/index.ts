export { type DailyDemandData, dayName, readDailyDemand, type SiteDemand, weekdayOf } from './daily-demand.ts'
export { DatasetError, type DatasetErrorCode } from './errors.ts'
export { type FrozenColumn, freezeColumn, type ReferenceGrid, referenceOf } from './reference.ts'
