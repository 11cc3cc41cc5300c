export { Columns, numberCell } from './columns.ts'
export { type DailyDemandData, dayName, readDailyDemand, type SiteDemand, weekdayOf } from './daily-demand.ts'
export { DatasetError, type DatasetErrorCode } from './errors.ts'
export { readTable, TABLE_LIMITS, type TableLimits } from './table.ts'
