import type { Migration } from '../platform/database.ts'

/** What is desired, what is in force, what failed, and the journal of steps, all in the agent's database. */
export const updateMigrations: readonly Migration[] = [
  {
    // Before the outbox's migrations, whose triggers watch this table.
    id: 399,
    name: 'reported',
    sql: 'CREATE TABLE reported(id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL) STRICT',
  },
  {
    id: 500,
    name: 'update',
    sql: `
      CREATE TABLE update_desired(id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL) STRICT;
      CREATE TABLE update_documents(kind TEXT PRIMARY KEY, sha256 TEXT NOT NULL) STRICT;
      CREATE TABLE update_models(
        name TEXT PRIMARY KEY, phase TEXT NOT NULL, error_code TEXT, error_message TEXT, at INTEGER NOT NULL
      ) STRICT;
      -- Versions that have served, by the step that let them: the latest serves after a restart.
      CREATE TABLE update_versions(
        model TEXT NOT NULL, sha256 TEXT NOT NULL, version INTEGER NOT NULL, step INTEGER NOT NULL,
        PRIMARY KEY(model, sha256)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE update_refused(
        sha256 TEXT PRIMARY KEY, generation INTEGER NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL
      ) STRICT;
      CREATE TABLE update_journal(
        id INTEGER PRIMARY KEY, generation INTEGER NOT NULL, step TEXT NOT NULL,
        started_at INTEGER NOT NULL, finished_at INTEGER,
        outcome TEXT CHECK (outcome IN ('done', 'retry', 'refused', 'stopped', 'interrupted')), code TEXT, message TEXT
      ) STRICT;`,
  },
  {
    id: 501,
    name: 'update: checks, probation and candidates',
    sql: `
      -- Store time at which it came.
      ALTER TABLE update_desired ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
      -- What a version has passed here. Approval holds for the generation it was asked for.
      CREATE TABLE update_checks(
        model TEXT NOT NULL, sha256 TEXT NOT NULL, version INTEGER NOT NULL,
        approved_under INTEGER, staged INTEGER NOT NULL DEFAULT 0, golden INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY(model, sha256, version)
      ) STRICT, WITHOUT ROWID;
      -- The version that serves on probation, and how it has done.
      CREATE TABLE update_soaks(
        model TEXT PRIMARY KEY, sha256 TEXT NOT NULL, version INTEGER NOT NULL, elapsed_ms INTEGER NOT NULL DEFAULT 0,
        runs INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0, slow INTEGER NOT NULL DEFAULT 0,
        crashes INTEGER NOT NULL DEFAULT 0
      ) STRICT, WITHOUT ROWID;
      -- \`accepted\`: it was let into shadow, and runs there again after a restart.
      CREATE TABLE update_candidates(
        model TEXT PRIMARY KEY, sha256 TEXT NOT NULL, version INTEGER NOT NULL, accepted INTEGER NOT NULL DEFAULT 0,
        phase TEXT NOT NULL, error_code TEXT, error_message TEXT, at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
  },
]
