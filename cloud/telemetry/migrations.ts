import type { Migration } from '../platform/database.ts'

export const telemetryMigrations: readonly Migration[] = [
  {
    id: 301,
    name: 'ways into telemetry',
    sql: `
      CREATE INDEX forecasts_start ON forecasts (start_at, device);
      CREATE INDEX series_sensor ON series (sensor, device);
    `,
  },
]
