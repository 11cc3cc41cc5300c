export { registryMigrations } from './migrations.ts'
export { createRegistry, type ModelVersion, type Registry } from './registry.ts'
export { parseModelUri } from './uri.ts'
