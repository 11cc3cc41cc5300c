export { registryMigrations } from './migrations.ts'
export { createRegistry, type ModelVersion, type Registry } from './registry.ts'
export { createUploads, PART_BYTES, type Uploads } from './uploads.ts'
export { parseModelUri } from './uri.ts'
