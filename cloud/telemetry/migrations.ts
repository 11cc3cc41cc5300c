import type { Migration } from '../platform/database.ts'

export const telemetryMigrations: readonly Migration[] = [
  {
    id: 301,
    name: 'ways into telemetry',
    sql: `
      CREATE INDEX forecasts_start ON forecasts (start_at, device);
      CREATE INDEX series_sensor ON series (sensor, device);
    `,
  },
  {
    id: 310,
    name: 'windows rolled up into hours and days',
    sql: `
      -- By the hours and days of the site's calendar, cut where a month begins (UTC). A window that does not fit into one, as
      -- a day's does not into an hour, stands for itself. Hours have a partition a month, see openMonths.
      CREATE TABLE window_hours (
        series int4 NOT NULL,
        start_at int8 NOT NULL,
        end_at int8 NOT NULL,
        count int8 NOT NULL,
        sum int8 NOT NULL,
        min int8 NOT NULL,
        max int8 NOT NULL,
        last int8 NOT NULL,
        sketch bytea NOT NULL,
        missing int8 NOT NULL,
        late int8 NOT NULL,
        out_of_range int8 NOT NULL,
        flat int8 NOT NULL,
        duplicate int8 NOT NULL,
        wrong_type int8 NOT NULL,
        wrong_unit int8 NOT NULL,
        untrusted int8 NOT NULL,
        -- Pairs of start and end of the times of its windows; null: all of its own.
        covered jsonb,
        PRIMARY KEY (series, start_at, end_at)
      ) PARTITION BY RANGE (start_at);
      CREATE TABLE window_hours_other PARTITION OF window_hours DEFAULT;
      CREATE TABLE window_days (LIKE window_hours, PRIMARY KEY (series, start_at, end_at));
      -- What began earlier is dropped at that level.
      CREATE TABLE window_floors (
        level text PRIMARY KEY CHECK (level IN ('windows', 'hours')),
        floor int8 NOT NULL
      );
    `,
  },
  {
    id: 311,
    name: 'days to export',
    sql: `
      -- A UTC day in which windows begin; changed: since its file was written.
      CREATE TABLE export_days (
        day text PRIMARY KEY,
        start_at int8 NOT NULL,
        changed boolean NOT NULL,
        changed_at int8 NOT NULL,
        exported_at int8
      );
      CREATE INDEX export_days_changed ON export_days (start_at) WHERE changed;
      INSERT INTO export_days (day, start_at, changed, changed_at)
        SELECT to_char(to_timestamp(day * 86400) AT TIME ZONE 'UTC', 'YYYY-MM-DD'), day * 86400000, true, 0
        FROM (SELECT DISTINCT floor(start_at / 86400000.0)::int8 AS day FROM windows WHERE start_at >= 0) AS days;
      -- Windows that came after those of their time were dropped, until they are in their day's file.
      CREATE TABLE window_latecomers (LIKE windows, PRIMARY KEY (series, start_at, end_at));
    `,
  },
  {
    id: 312,
    name: 'ways to records that are kept no longer',
    sql: `
      CREATE INDEX events_time ON events (at);
      CREATE INDEX evidence_day ON evidence (day);
      CREATE INDEX gaps_noticed ON gaps (noticed_at);
      CREATE INDEX window_conflicts_noticed ON window_conflicts (noticed_at);
    `,
  },
]
