import type { Migration } from '../platform/database.ts'

export const decisionMigrations: readonly Migration[] = [
  {
    id: 1700,
    name: 'ways into decisions',
    sql: 'CREATE INDEX decisions_start ON decisions (start_at, device)',
  },
]
