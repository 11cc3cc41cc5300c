import { serveWriter } from './platform/serve-writer.ts'
import { updateMigrations, updateProcedures } from './update/state.ts'

/** What every stage lets the one database writer do. A stage adds its line to both. */
const procedures = { ...updateProcedures }

export type AgentProcedures = typeof procedures

serveWriter({
  migrations: [...updateMigrations],
  procedures,
})
