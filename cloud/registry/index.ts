export { registryMigrations } from './migrations.ts'
export { type AliasChange, createRegistry, type Model, type ModelVersion, type Registry } from './registry.ts'
export { parseModelUri } from './uri.ts'
