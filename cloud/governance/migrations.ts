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
  {
    id: 1052,
    name: 'applied documents',
    sql: `
      CREATE TABLE applied_documents (
        set_name text NOT NULL,
        kind text NOT NULL,
        name text NOT NULL,
        document jsonb NOT NULL,
        at int8 NOT NULL,
        PRIMARY KEY (set_name, kind, name)
      );
    `,
  },
]
