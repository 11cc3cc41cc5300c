export { registryMigrations } from './migrations.ts'
export { createRegistry, type Registry } from './registry.ts'
export { parseModelUri } from './uri.ts'
