import { serveWriter } from './platform/serve-writer.ts'

/** What every stage lets the one database writer do. A stage adds its line to both. */
const procedures = {}

export type AgentProcedures = typeof procedures

serveWriter({
  migrations: [],
  procedures,
})
