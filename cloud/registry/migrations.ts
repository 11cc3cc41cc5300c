import type { Migration } from '../platform/database.ts'

export const registryMigrations: readonly Migration[] = [
  {
    id: 401,
    name: 'model registry',
    sql: `
      CREATE TABLE models (
        name text PRIMARY KEY,
        last_version int4 NOT NULL,
        created_at int8 NOT NULL
      );
      CREATE TABLE model_versions (
        model text NOT NULL REFERENCES models,
        version int4 NOT NULL,
        sha256 text NOT NULL,
        bytes int8 NOT NULL,
        manifest jsonb NOT NULL,
        -- Where it came from: { "kind": "upload" } or { "kind": "training", "run": … }.
        source jsonb NOT NULL,
        tags jsonb NOT NULL,
        created_at int8 NOT NULL,
        PRIMARY KEY (model, version),
        UNIQUE (model, sha256)
      );
      CREATE TABLE model_aliases (
        model text NOT NULL,
        alias text NOT NULL,
        version int4 NOT NULL,
        updated_at int8 NOT NULL,
        PRIMARY KEY (model, alias),
        FOREIGN KEY (model, version) REFERENCES model_versions
      );
      CREATE TABLE model_alias_history (
        id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        model text NOT NULL REFERENCES models,
        alias text NOT NULL,
        -- Null: the alias was removed.
        version int4,
        previous int4,
        reason text NOT NULL,
        at int8 NOT NULL
      );
      CREATE INDEX model_alias_history_model ON model_alias_history (model, id);
    `,
  },
  {
    id: 402,
    name: 'uploads in parts',
    sql: `
      CREATE TABLE uploads (
        id uuid PRIMARY KEY,
        sha256 text NOT NULL,
        bytes int8 NOT NULL,
        expires_at int8 NOT NULL
      );
      CREATE TABLE upload_parts (
        upload uuid NOT NULL REFERENCES uploads ON DELETE CASCADE,
        at int8 NOT NULL,
        content bytea NOT NULL,
        PRIMARY KEY (upload, at)
      );
      -- Weights do not compress.
      ALTER TABLE upload_parts ALTER COLUMN content SET STORAGE EXTERNAL;
    `,
  },
]
