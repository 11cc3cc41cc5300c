import type { Migration } from '../platform/database.ts'

const VALUES = `
  count INTEGER NOT NULL,
  sum INTEGER NOT NULL,
  min INTEGER NOT NULL,
  max INTEGER NOT NULL,
  last INTEGER NOT NULL,
  sketch BLOB NOT NULL`

export const windowMigrations: readonly Migration[] = [
  {
    id: 200,
    name: 'windows',
    sql: `
      -- Closed windows: values in steps of the sensor's resolution, the sketch of (value − centre) packed.
      CREATE TABLE windows(
        series INTEGER NOT NULL,
        start INTEGER NOT NULL,
        "end" INTEGER NOT NULL,
        revision INTEGER NOT NULL,${VALUES},
        missing INTEGER NOT NULL,
        late INTEGER NOT NULL,
        out_of_range INTEGER NOT NULL,
        flat INTEGER NOT NULL,
        duplicate INTEGER NOT NULL,
        PRIMARY KEY(series, start, "end")
      ) STRICT, WITHOUT ROWID;
      -- Windows still filling, as far as the journal has been rolled up.
      CREATE TABLE open_windows(
        series INTEGER NOT NULL,
        start INTEGER NOT NULL,
        "end" INTEGER NOT NULL,
        last_time INTEGER NOT NULL,${VALUES},
        late INTEGER NOT NULL,
        out_of_range INTEGER NOT NULL,
        flat INTEGER NOT NULL,
        duplicate INTEGER NOT NULL,
        PRIMARY KEY(series, start, "end")
      ) STRICT, WITHOUT ROWID;
      -- The newest value of each counter, from which the next increase is told.
      CREATE TABLE counters(series INTEGER PRIMARY KEY, time INTEGER NOT NULL, value INTEGER NOT NULL) STRICT;
      -- Everything that starts before \`until\` is at least as coarse as \`size\`.
      CREATE TABLE coarsened(size TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
  },
  {
    id: 201,
    name: 'what the device measures of itself',
    sql: `
      -- Of self-measured windows whose observations may be made again: what each of them is made of.
      CREATE TABLE measured_parts(
        series INTEGER NOT NULL,
        part TEXT NOT NULL,
        start INTEGER NOT NULL,
        "end" INTEGER NOT NULL,${VALUES},
        missing INTEGER NOT NULL,
        out_of_range INTEGER NOT NULL,
        PRIMARY KEY(series, part)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX measured_parts_of ON measured_parts(series, start)`,
  },
  {
    id: 202,
    name: 'windows: how far each series is coarsened',
    sql: `
      DROP TABLE coarsened;
      -- All windows of the series that start before \`until\` are at least as coarse as \`size\`.
      CREATE TABLE coarse_until(
        series INTEGER NOT NULL, size TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY(series, size)
      ) STRICT, WITHOUT ROWID`,
  },
  {
    id: 250,
    name: 'windows: refusals of type, unit and time',
    sql: ['windows', 'open_windows']
      .flatMap((table) => ['wrong_type', 'wrong_unit', 'untrusted'].map((column) => [table, column]))
      .map(([table, column]) => `ALTER TABLE ${table} ADD COLUMN ${column} INTEGER NOT NULL DEFAULT 0`)
      .join(';'),
  },
  {
    id: 251,
    name: 'values that stand',
    // Of gauges that may not show one value for ever: the newest value and since when it stands.
    sql: `CREATE TABLE standing(
      series INTEGER PRIMARY KEY, value INTEGER NOT NULL, since INTEGER NOT NULL, time INTEGER NOT NULL) STRICT`,
  },
]
