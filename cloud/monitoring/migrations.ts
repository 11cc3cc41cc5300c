import type { Migration } from '../platform/database.ts'

export const monitoringMigrations: readonly Migration[] = [
  {
    id: 1301,
    name: 'drift and performance',
    sql: `
      CREATE TABLE monitoring_runs (
        id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        -- Its place in the job queue.
        job uuid NOT NULL UNIQUE,
        -- One scheduled run a period, however many clouds look at the clock; null: asked for.
        period int8 UNIQUE,
        -- Looks at what had closed by then; null: at the newest.
        until_at int8,
        state text NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed')),
        attempts int4 NOT NULL DEFAULT 0,
        created_at int8 NOT NULL,
        finished_at int8,
        -- Comparisons by verdict, and the level of false discoveries.
        summary jsonb,
        error jsonb
      );
      -- Distributions of sensors, frozen by site: what later weeks are compared with.
      CREATE TABLE drift_references (
        site text NOT NULL REFERENCES sites,
        sensor text NOT NULL,
        resolution float8 NOT NULL,
        centre float8 NOT NULL,
        from_at int8 NOT NULL,
        to_at int8 NOT NULL,
        blocks int4 NOT NULL,
        rows int8 NOT NULL,
        sketch bytea NOT NULL,
        clustering jsonb NOT NULL,
        frozen_at int8 NOT NULL,
        PRIMARY KEY (site, sensor, resolution, centre)
      );
      CREATE TABLE drift (
        run int8 NOT NULL REFERENCES monitoring_runs ON DELETE CASCADE,
        -- 'device', 'fleet', or the name of a label; the device, the label's value, or nothing.
        scope text NOT NULL,
        name text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('feature', 'target', 'sensor')),
        model text NOT NULL,
        version int8 NOT NULL,
        column_name text NOT NULL,
        from_at int8 NOT NULL,
        to_at int8 NOT NULL,
        devices int4 NOT NULL,
        rows int8 NOT NULL,
        effective float8 NOT NULL,
        statistics jsonb,
        p float8,
        q float8,
        verdict text NOT NULL,
        reason text,
        previous_psi float8,
        PRIMARY KEY (run, scope, name, kind, model, version, column_name)
      );
      CREATE INDEX drift_series ON drift (scope, name, kind, model, version, column_name, run);
      CREATE TABLE performance (
        run int8 NOT NULL REFERENCES monitoring_runs ON DELETE CASCADE,
        scope text NOT NULL,
        name text NOT NULL,
        model text NOT NULL,
        version int8 NOT NULL,
        horizon text NOT NULL,
        from_at int8 NOT NULL,
        to_at int8 NOT NULL,
        devices int4 NOT NULL,
        rows int8 NOT NULL,
        left_out int8 NOT NULL,
        days jsonb NOT NULL,
        scores jsonb NOT NULL,
        validation jsonb,
        p float8,
        q float8,
        verdict text NOT NULL,
        reason text,
        PRIMARY KEY (run, scope, name, model, version, horizon)
      );
    `,
  },
  {
    id: 1302,
    name: 'what was compared',
    sql: `
      -- Shares by bin, of the reference and of the sample; null where nothing was compared, and of runs before.
      ALTER TABLE drift ADD COLUMN bins jsonb;
    `,
  },
  {
    id: 1303,
    name: 'ways to what stands out',
    sql: `
      CREATE INDEX drift_standing_out ON drift (run, scope, name, kind, model, version, column_name)
        WHERE verdict NOT IN ('stable', 'insufficient');
      CREATE INDEX performance_standing_out ON performance (run, scope, name, model, version, horizon)
        WHERE verdict NOT IN ('as-validated', 'insufficient');
    `,
  },
]
