import type { EventRecord } from '@storecast/shared/contracts'
import type { Connection, Migration } from './database.ts'

/** What happened on the device and is worth telling; the outbox takes it from here. */
export const eventMigrations: readonly Migration[] = [
  {
    id: 10,
    name: 'events',
    sql: `
      CREATE TABLE events(
        id TEXT PRIMARY KEY,
        at INTEGER NOT NULL,
        severity TEXT NOT NULL,
        code TEXT NOT NULL,
        message TEXT NOT NULL,
        detail TEXT NOT NULL
      ) STRICT, WITHOUT ROWID`,
  },
]

/** Inside another procedure, so that the event is durable exactly when what it tells is. The same id is stored once. */
export function recordEvent(db: Connection, event: EventRecord): void {
  db.statement(
    'INSERT INTO events(id, at, severity, code, message, detail) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  ).run(event.id, event.at, event.severity, event.code, event.message, JSON.stringify(event.detail))
}

export const eventProcedures = { 'events.record': recordEvent }
