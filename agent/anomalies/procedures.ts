import type { EventRecord } from '@storecast/shared/contracts'
import type { Connection } from '../platform/database.ts'
import { recordEvent } from '../platform/events.ts'

export interface TellAnomaly {
  readonly event: EventRecord
  /** Of the local day, unix ms: so many anomalies are told of one. */
  readonly day: { readonly start: number; readonly end: number }
  readonly most: number
  /** Told in its place, once, where there were so many. */
  readonly withheld: EventRecord
}

/** Records an anomaly, or that more were found on this day than are told. The same one again changes nothing. */
function tell(db: Connection, { event, day, most, withheld }: TellAnomaly): void {
  const told = db
    .statement<[string, number, number], number>('SELECT count(*) FROM events WHERE code = ? AND at >= ? AND at < ?')
    .pluck()
    .get(event.code, day.start, day.end)!
  recordEvent(db, told < most ? event : withheld)
}

export const anomalyProcedures = { 'anomalies.tell': tell }
