import { anomalyProcedures } from './anomalies/procedures.ts'
import { bufferMigrations, bufferProcedures } from './buffer/index.ts'
import { decisionProcedures } from './decisions/procedures.ts'
import { decisionMigrations } from './decisions/schema.ts'
import { forecastProcedures } from './forecasts/procedures.ts'
import { forecastMigrations } from './forecasts/schema.ts'
import { beginRun, outboxMigrations, outboxProcedures } from './outbox/index.ts'
import { eventMigrations, eventProcedures } from './platform/events.ts'
import { serveWriter } from './platform/serve-writer.ts'
import { trustMigrations, trustProcedures } from './trust/state.ts'
import { updateMigrations } from './update/schema.ts'
import { updateProcedures } from './update/state.ts'
import { windowMigrations, windowProcedures } from './windows/index.ts'

/** What every stage lets the one database writer do. A stage adds its line to both. */
const procedures = {
  ...eventProcedures,
  ...bufferProcedures,
  ...windowProcedures,
  ...forecastProcedures,
  ...anomalyProcedures,
  ...decisionProcedures,
  ...outboxProcedures,
  ...trustProcedures,
  ...updateProcedures,
}

export type AgentProcedures = typeof procedures

serveWriter({
  migrations: [
    ...eventMigrations,
    ...bufferMigrations,
    ...windowMigrations,
    ...forecastMigrations,
    ...decisionMigrations,
    ...outboxMigrations,
    ...trustMigrations,
    ...updateMigrations,
  ],
  procedures,
  begin: beginRun,
})
