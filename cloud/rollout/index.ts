export { DEVICE_STATES } from './decide.ts'
export { rolloutMigrations } from './migrations.ts'
export { type Rollouts, startRollouts } from './rollouts.ts'
