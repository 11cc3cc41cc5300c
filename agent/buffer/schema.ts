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
  {
    id: 110,
    name: 'journal: compressed',
    sql: `
      -- Bytes of \`packed\` before it was compressed; 0: it is as it was. Positions only grow while there are rows, which is
      -- all that is needed, and spares each commit a page (that of sqlite_sequence).
      CREATE TABLE compressed_journal(
        position INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        entries INTEGER NOT NULL,
        packed BLOB NOT NULL,
        raw_bytes INTEGER NOT NULL
      ) STRICT;
      INSERT INTO compressed_journal SELECT position, at, entries, packed, 0 FROM journal;
      DROP TABLE journal;
      ALTER TABLE compressed_journal RENAME TO journal;
      ALTER TABLE blocks ADD COLUMN raw_bytes INTEGER NOT NULL DEFAULT 0`,
  },
  {
    id: 111,
    name: 'journal: by column',
    // How `packed` is packed: 0: entry after entry, as before; 1: by column.
    sql: 'ALTER TABLE journal ADD COLUMN form INTEGER NOT NULL DEFAULT 0',
  },
]
