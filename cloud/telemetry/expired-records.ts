import type { Database } from '../platform/database.ts'
import { ownsUpkeep } from './rollups/roll-up.ts'

/** Days for which records other than windows are kept. Null: for good. */
export interface RecordRetention {
  readonly forecasts: number | null
  readonly decisions: number | null
  readonly events: number | null
}

type RecordTable = 'forecasts' | 'evidence' | 'decisions' | 'events' | 'gaps' | 'window_conflicts' | 'device_absences'

interface Kept {
  readonly days: keyof RecordRetention
  /** What a row is as old as; has an index. */
  readonly time: string
  /** The column's value at a time, unix ms. */
  readonly at: (time: number) => number | string
}

const DAY = 86_400_000
const unixMs = (time: number) => time

const KEPT: Readonly<Record<RecordTable, Kept>> = {
  forecasts: { days: 'forecasts', time: 'start_at', at: unixMs },
  evidence: { days: 'forecasts', time: 'day', at: (time) => new Date(time).toISOString().slice(0, 10) },
  decisions: { days: 'decisions', time: 'start_at', at: unixMs },
  events: { days: 'events', time: 'at', at: unixMs },
  gaps: { days: 'events', time: 'noticed_at', at: unixMs },
  window_conflicts: { days: 'events', time: 'noticed_at', at: unixMs },
  device_absences: { days: 'events', time: 'back_at', at: unixMs },
}

/** Rows of one transaction: ingest writes to the same tables meanwhile. */
const STEP_ROWS = 10_000
/** Of a table in one pass: what a shorter policy leaves of years goes over some passes, and windows are rolled up between them. */
const MOST_STEPS = 200

interface DropOptions {
  readonly retention: RecordRetention
  /** Unix ms, as the records' own times are. */
  readonly now: number
  readonly signal: AbortSignal
}

/**
 * Drops records that policy keeps no longer, the oldest first. What a device sends of such a time later is stored, and goes
 * with the next pass.
 * @returns rows dropped, by table; tables without any are absent
 */
export async function dropOldRecords(
  database: Database,
  { retention, now, signal }: DropOptions,
): Promise<Partial<Record<RecordTable, number>>> {
  const dropped: Partial<Record<RecordTable, number>> = {}
  for (const [table, { days, time, at }] of Object.entries(KEPT) as [RecordTable, Kept][]) {
    const kept = retention[days]
    if (kept === null) continue
    const end = at(now - kept * DAY)
    let rows = STEP_ROWS
    for (let step = 0; step < MOST_STEPS && rows === STEP_ROWS && !signal.aborted; step++) {
      rows = await database.transaction(async (client) => {
        if (!(await ownsUpkeep(client))) return 0
        const { rowCount } = await client.query(
          `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM ${table} WHERE ${time} < $1 ORDER BY ${time} LIMIT ${STEP_ROWS}))`,
          [end],
        )
        return rowCount ?? 0
      })
      if (rows > 0) dropped[table] = (dropped[table] ?? 0) + rows
    }
  }
  return dropped
}
