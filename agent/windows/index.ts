export { windowProcedures } from './procedures.ts'
export { windowMigrations } from './schema.ts'
export { Windows, type WindowsOptions } from './windows.ts'
