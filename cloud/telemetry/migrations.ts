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
  {
    id: 313,
    name: 'days of many devices added up',
    sql: `
      -- Devices that carried the same labels, in one time zone, when they came into it: what is asked together. Which labels
      -- they carry now is looked up with the question.
      CREATE TABLE day_places (
        id int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        zone text NOT NULL,
        labels jsonb NOT NULL,
        UNIQUE (zone, labels)
      );
      -- A device is in none until upkeep has added its days up.
      CREATE TABLE day_place_devices (
        device text PRIMARY KEY REFERENCES devices,
        place int4 NOT NULL REFERENCES day_places
      );
      -- Of what the devices of a place measure of themselves: what window_days has of them, always.
      CREATE TABLE day_sums (
        place int4 NOT NULL REFERENCES day_places,
        sensor text NOT NULL,
        start_at int8 NOT NULL,
        entity text NOT NULL,
        count int8 NOT NULL,
        -- Of a large place past int8.
        sum numeric NOT NULL,
        missing int8 NOT NULL,
        PRIMARY KEY (place, sensor, start_at, entity)
      );
      CREATE OR REPLACE FUNCTION add_day_sums() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO day_sums AS d SELECT p.place, s.sensor, w.start_at, s.entity, sum(w.count), sum(w.sum), sum(w.missing)
          FROM added w JOIN series s ON s.id = w.series JOIN day_place_devices p ON p.device = s.device
          WHERE s.sensor LIKE '$%' GROUP BY 1, 2, 3, 4
        ON CONFLICT (place, sensor, start_at, entity) DO UPDATE
          SET count = d.count + excluded.count, sum = d.sum + excluded.sum, missing = d.missing + excluded.missing;
        RETURN NULL;
      END $$;
      CREATE OR REPLACE FUNCTION take_day_sums() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE day_sums d SET count = d.count - t.count, sum = d.sum - t.sum, missing = d.missing - t.missing
          FROM (SELECT p.place, s.sensor, w.start_at, s.entity, sum(w.count) AS count, sum(w.sum) AS sum, sum(w.missing) AS missing
            FROM taken w JOIN series s ON s.id = w.series JOIN day_place_devices p ON p.device = s.device
            WHERE s.sensor LIKE '$%' GROUP BY 1, 2, 3, 4) t
          WHERE (d.place, d.sensor, d.start_at, d.entity) = (t.place, t.sensor, t.start_at, t.entity);
        RETURN NULL;
      END $$;
      CREATE TRIGGER day_sums_added AFTER INSERT ON window_days REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION add_day_sums();
      CREATE TRIGGER day_sums_taken AFTER DELETE ON window_days REFERENCING OLD TABLE AS taken
        FOR EACH STATEMENT EXECUTE FUNCTION take_day_sums();
      CREATE TRIGGER day_sums_replaced AFTER UPDATE ON window_days REFERENCING OLD TABLE AS taken
        FOR EACH STATEMENT EXECUTE FUNCTION take_day_sums();
      CREATE TRIGGER day_sums_replacing AFTER UPDATE ON window_days REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION add_day_sums();
    `,
  },
  {
    id: 314,
    name: 'counts and sums of days in their index',
    sql: `
      -- What is added up device by device is a small part of a row: the index has it, and rows with their sketches are not read.
      ALTER TABLE window_days DROP CONSTRAINT window_days_pkey,
        ADD PRIMARY KEY (series, start_at, end_at) INCLUDE (count, sum, missing);
    `,
  },
]
