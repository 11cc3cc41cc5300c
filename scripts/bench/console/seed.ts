import type { Database } from '../../../cloud/platform/database.ts'
import { addAudit } from './audit-rows.ts'
import { addFleet } from './fleet-rows.ts'
import type { Scale } from './scale.ts'
import { addTelemetry } from './telemetry-rows.ts'
import { addFindings, addRollouts } from './work-rows.ts'

/** Fills the tables of a database that a cloud has set up, while none runs on it. @returns seconds of each part */
export async function seed(database: Database, scale: Scale): Promise<Readonly<Record<string, number>>> {
  const seconds: Record<string, number> = {}
  for (const add of [addFleet, addTelemetry, addRollouts, addFindings, addAudit]) {
    const began = performance.now()
    await database.transaction(async (client) => {
      // What is thrown away needs no disk's word, and what the triggers tell is told already.
      await client.query('SET LOCAL synchronous_commit = off; SET LOCAL session_replication_role = replica')
      await add(client, scale)
    })
    seconds[add.name] = (performance.now() - began) / 1000
  }
  await database.pool.query('VACUUM ANALYZE')
  return seconds
}
