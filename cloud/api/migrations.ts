import type { Migration } from '../platform/database.ts'

export const apiMigrations: readonly Migration[] = [
  {
    id: 701,
    name: 'admin tokens',
    sql: `
      CREATE TABLE admin_tokens (
        hash bytea PRIMARY KEY,
        created_at int8 NOT NULL
      );
      -- The one-time link of a first start: at most one, until it is used.
      CREATE TABLE admin_claim (
        id int4 PRIMARY KEY DEFAULT 1 CHECK (id = 1),
        hash bytea NOT NULL
      );
    `,
  },
]
