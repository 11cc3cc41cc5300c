import type { Migration } from '../platform/database.ts'

export const governanceMigrations: readonly Migration[] = [
  {
    id: 1051,
    name: 'policies',
    sql: `
      CREATE TABLE policies (
        name text PRIMARY KEY,
        document jsonb NOT NULL,
        updated_at int8 NOT NULL
      );
    `,
  },
]
