export { type AuditLog, type AuditQuery, type Call, createAudit } from './audit.ts'
export type { Actor, PolicyDecision } from './chain.ts'
export { auditMigrations } from './migrations.ts'
