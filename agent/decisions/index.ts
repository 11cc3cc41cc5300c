export { type DecisionRow, recordOf } from './row.ts'
export { decisionMigrations } from './schema.ts'
