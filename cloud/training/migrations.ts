import type { Migration } from '../platform/database.ts'

export const trainingMigrations: readonly Migration[] = [
  {
    id: 501,
    name: 'training runs',
    sql: `
      CREATE TABLE training_runs (
        id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        -- Its place in the job queue.
        job uuid NOT NULL UNIQUE,
        model text NOT NULL,
        definition jsonb NOT NULL,
        selector jsonb NOT NULL,
        from_day text,
        to_day text,
        alias text,
        state text NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
        attempts int4 NOT NULL DEFAULT 0,
        -- What it does now, and how far it is.
        step text NOT NULL DEFAULT 'queued',
        progress jsonb,
        dataset jsonb,
        version int4,
        error jsonb,
        created_at int8 NOT NULL,
        started_at int8,
        finished_at int8
      );
      CREATE INDEX training_runs_open ON training_runs (id) WHERE state IN ('queued', 'running');
    `,
  },
]
