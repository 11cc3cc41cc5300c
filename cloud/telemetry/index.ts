export { SCORE_KEYS } from './forecasts.ts'
export { telemetryMigrations } from './migrations.ts'
export { createTelemetry, type Telemetry } from './telemetry.ts'
