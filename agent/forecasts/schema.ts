import type { Migration } from '../platform/database.ts'

export const forecastMigrations: readonly Migration[] = [
  {
    id: 300,
    name: 'forecasts',
    sql: `
      -- A product (or channel) a row. Blobs are float32, little-endian: \`quantiles\` calibrated and \`raw\` as the model gave
      -- them, by level; \`profile\` the share of each hour, or a channel's quantiles step by step. The key ends in the entity,
      -- so that a run's rows lie together and are written to few pages.
      CREATE TABLE forecasts(
        model TEXT NOT NULL,
        version INTEGER NOT NULL,
        issued_at INTEGER NOT NULL,
        entity TEXT NOT NULL,
        start INTEGER NOT NULL,
        "end" INTEGER NOT NULL,
        quantiles BLOB NOT NULL,
        raw BLOB NOT NULL,
        mean REAL NOT NULL,
        profile BLOB NOT NULL,
        baseline REAL NOT NULL,
        scored_at INTEGER,
        actual REAL,
        censored INTEGER,
        PRIMARY KEY(model, version, issued_at, entity)
      ) STRICT, WITHOUT ROWID;
      -- A run of a model's schedule, written with the last of its forecasts: what has none was cut short.
      CREATE TABLE forecast_runs(
        model TEXT NOT NULL,
        issued_at INTEGER NOT NULL,
        version INTEGER NOT NULL,
        start INTEGER NOT NULL,
        "end" INTEGER NOT NULL,
        -- When it was computed, by store time: later than \`issued_at\` where it was caught up.
        made_at INTEGER NOT NULL,
        -- JSON: quantile levels, and what calibration did (null: none).
        levels TEXT NOT NULL,
        calibration TEXT NOT NULL,
        PRIMARY KEY(model, issued_at)
      ) STRICT, WITHOUT ROWID`,
  },
  {
    id: 301,
    name: 'forecasts in shadow, and what they show',
    sql: `
      -- As the tables above, of candidates: never served, never sent. \`day\`: the local day on which the span begins.
      CREATE TABLE shadow_forecasts(
        model TEXT NOT NULL, version INTEGER NOT NULL, issued_at INTEGER NOT NULL, entity TEXT NOT NULL,
        start INTEGER NOT NULL, "end" INTEGER NOT NULL, quantiles BLOB NOT NULL, raw BLOB NOT NULL, mean REAL NOT NULL,
        profile BLOB NOT NULL, baseline REAL NOT NULL, scored_at INTEGER, actual REAL, censored INTEGER,
        PRIMARY KEY(model, version, issued_at, entity)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE shadow_runs(
        model TEXT NOT NULL, issued_at INTEGER NOT NULL, version INTEGER NOT NULL, start INTEGER NOT NULL,
        "end" INTEGER NOT NULL, made_at INTEGER NOT NULL, levels TEXT NOT NULL, calibration TEXT NOT NULL,
        day TEXT NOT NULL,
        PRIMARY KEY(model, issued_at)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX shadow_runs_day ON shadow_runs(model, day);
      -- Paired errors of a candidate and the version that served, by local day: see EvidenceRecord. Only this is sent.
      CREATE TABLE evidence(
        model TEXT NOT NULL, champion INTEGER NOT NULL, candidate INTEGER NOT NULL, day TEXT NOT NULL,
        region TEXT NOT NULL, rows INTEGER NOT NULL DEFAULT 0, excluded INTEGER NOT NULL DEFAULT 0,
        difference REAL NOT NULL DEFAULT 0, difference_squared REAL NOT NULL DEFAULT 0,
        largest_difference REAL NOT NULL DEFAULT 0, champion_absolute REAL NOT NULL DEFAULT 0,
        candidate_absolute REAL NOT NULL DEFAULT 0, champion_error REAL NOT NULL DEFAULT 0,
        candidate_error REAL NOT NULL DEFAULT 0, actual REAL NOT NULL DEFAULT 0, moved REAL NOT NULL DEFAULT 0,
        crashes INTEGER NOT NULL DEFAULT 0, latency BLOB NOT NULL,
        -- Unix milliseconds of the day's beginning by UTC: for the account of what was acknowledged when.
        at INTEGER NOT NULL,
        PRIMARY KEY(model, champion, candidate, day)
      ) STRICT, WITHOUT ROWID`,
  },
  {
    id: 310,
    name: 'evidence: coverage of intervals',
    sql: `
      ALTER TABLE evidence ADD COLUMN intervals INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE evidence ADD COLUMN champion_covered INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE evidence ADD COLUMN candidate_covered INTEGER NOT NULL DEFAULT 0`,
  },
]
