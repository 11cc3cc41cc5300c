import type { WindowRecord } from '@storecast/shared/contracts'
import { beginRun, outboxProcedures } from '../outbox/index.ts'
import type { Connection } from '../platform/database.ts'
import { serveWriter } from '../platform/serve-writer.ts'
import { putWindow, removeWindows, replicaMigrations } from './replica.ts'

/** The writer thread of a device whose windows a test writes. */
const procedures = {
  ...outboxProcedures,
  'replica.window': putWindow,
  /** As windows/ does: the coarse one, then the fine ones inside go. */
  'replica.coarsen': (db: Connection, coarse: WindowRecord): void => {
    const fine = db
      .statement<[string, number, number], { start: number; end: number }>(
        `SELECT start, "end" FROM windows JOIN series ON id = series WHERE sensor = ? AND start >= ? AND "end" <= ?`,
      )
      .all(coarse.series.sensor, coarse.start, coarse.end)
    putWindow(db, coarse)
    for (const { start, end } of fine) removeWindows(db, coarse.series, start, end)
  },
}
export type ReplicaProcedures = typeof procedures

serveWriter({ migrations: replicaMigrations, procedures, begin: beginRun })
