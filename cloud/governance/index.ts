export { type AppliedDocuments, appliedDocuments } from './applied.ts'
export { createGates, type Gates } from './gates.ts'
export { createGovernance, type Governance } from './governance.ts'
export { governanceMigrations } from './migrations.ts'
