import type { Migration } from '../platform/database.ts'

export const kpiMigrations: readonly Migration[] = [
  {
    id: 1600,
    name: 'CPU of the cloud',
    sql: `
      -- What each process of the cloud (a run of it) used in an hour, with all that it started, and how long it ran in it.
      CREATE TABLE cloud_cpu (
        hour int8 NOT NULL,
        process uuid NOT NULL,
        cpu_ms float8 NOT NULL,
        ran_ms float8 NOT NULL,
        PRIMARY KEY (hour, process)
      );
    `,
  },
]
