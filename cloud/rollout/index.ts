export { DEVICE_STATES, type DeviceState, type RolloutCounts } from './decide.ts'
export { rolloutMigrations } from './migrations.ts'
export { type Rollout, type RolloutDevice, type RolloutSpec, type Rollouts, startRollouts } from './rollouts.ts'
