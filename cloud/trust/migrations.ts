import type { Migration } from '../platform/database.ts'

export const trustMigrations: readonly Migration[] = [
  {
    id: 901,
    name: 'signed metadata',
    sql: `
      -- The repository of The Update Framework. Bytes exactly as signed and served; no version ever changes.
      CREATE TABLE trust_metadata (
        role text NOT NULL CHECK (role IN ('root', 'targets', 'snapshot', 'timestamp')),
        version int8 NOT NULL CHECK (version > 0),
        content bytea NOT NULL,
        expires_at int8 NOT NULL,
        created_at int8 NOT NULL,
        PRIMARY KEY (role, version)
      );
      CREATE OR REPLACE FUNCTION trust_metadata_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'signed metadata never changes: % version %', OLD.role, OLD.version;
        END $$;
      CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON trust_metadata
        FOR EACH ROW EXECUTE FUNCTION trust_metadata_is_immutable();
      -- What operators have signed, and not yet enough of them; at most one of each.
      CREATE TABLE trust_drafts (
        role text PRIMARY KEY CHECK (role IN ('root', 'targets')),
        content bytea NOT NULL,
        updated_at int8 NOT NULL
      );
      -- Small targets by their digest; bundles are objects.
      CREATE TABLE trust_targets (
        sha256 text PRIMARY KEY,
        name text NOT NULL,
        content bytea NOT NULL
      );
    `,
  },
]
