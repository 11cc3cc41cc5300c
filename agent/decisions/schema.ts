import type { Migration } from '../platform/database.ts'

export const decisionMigrations: readonly Migration[] = [
  {
    // Before the outbox's, which watches the table.
    id: 390,
    name: 'decisions',
    sql: `
      -- A product and a forecast a row, by UUID: those of a run lie together. Quantiles (of the demand accumulated over the lead
      -- time) are float32, little-endian. Quantity 0: a hold. \`open\`: staff may still choose, and is told to nobody else.
      CREATE TABLE decisions(
        id TEXT PRIMARY KEY,
        decision TEXT NOT NULL,
        model TEXT NOT NULL,
        version INTEGER NOT NULL,
        entity TEXT NOT NULL,
        issued_at INTEGER NOT NULL,
        start INTEGER NOT NULL,
        "end" INTEGER NOT NULL,
        quantiles BLOB NOT NULL,
        stock REAL NOT NULL,
        on_order REAL NOT NULL,
        quantity REAL NOT NULL,
        open INTEGER NOT NULL,
        choice TEXT,
        chosen_at INTEGER,
        chosen_quantity REAL,
        reason TEXT,
        judged_at INTEGER,
        actual REAL,
        stock_out INTEGER,
        correct INTEGER
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX decisions_of_run ON decisions(model, issued_at, entity);
      CREATE INDEX decisions_open ON decisions(model, entity) WHERE open = 1`,
  },
  {
    id: 800,
    name: 'runs of decisions, and how many there were',
    sql: `
      -- A forecast's run that was decided on, with all its products.
      CREATE TABLE decision_runs(
        model TEXT NOT NULL, issued_at INTEGER NOT NULL, made_at INTEGER NOT NULL, PRIMARY KEY(model, issued_at)
      ) STRICT, WITHOUT ROWID;
      -- Since the database began: products by what was decided or kept from deciding, and suggestions by what was chosen.
      CREATE TABLE decision_counts(what TEXT PRIMARY KEY, products INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
  },
  {
    id: 801,
    name: 'when decisions were looked at last',
    // Beside \`judged_at\`, which is told: what was looked at and found as it was known is told to nobody again.
    sql: 'ALTER TABLE decisions ADD COLUMN examined_at INTEGER',
  },
]
