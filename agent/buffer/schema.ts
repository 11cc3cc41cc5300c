import type { Migration } from '../platform/database.ts'

export const bufferMigrations: readonly Migration[] = [
  {
    id: 100,
    name: 'journal',
    sql: `
      -- What sensors were when they were last defined: the journal can be read without a configuration.
      CREATE TABLE sensors(name TEXT PRIMARY KEY, definition TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE series(
        id INTEGER PRIMARY KEY,
        sensor TEXT NOT NULL REFERENCES sensors(name),
        entity TEXT NOT NULL,
        UNIQUE(sensor, entity)
      ) STRICT;
      -- One row a commit, in order of arrival. AUTOINCREMENT: a position is never used twice.
      CREATE TABLE journal(
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        entries INTEGER NOT NULL,
        packed BLOB NOT NULL
      ) STRICT;
      -- The journal regrouped by series; kept for the raw readings' retention.
      CREATE TABLE blocks(
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        from_time INTEGER NOT NULL,
        to_time INTEGER NOT NULL,
        entries INTEGER NOT NULL,
        packed BLOB NOT NULL
      ) STRICT;
      CREATE INDEX blocks_by_time ON blocks(to_time, from_time);
      -- How far a source that can be read again has been taken in; \`stamp\` tells one content from another.
      CREATE TABLE source_positions(
        source TEXT PRIMARY KEY,
        stamp TEXT NOT NULL,
        position INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
  },
  {
    id: 101,
    name: 'sensors that are in use',
    // Of the others no reading is expected any more.
    sql: 'ALTER TABLE sensors ADD COLUMN in_use INTEGER NOT NULL DEFAULT 1',
  },
]
