import type { Migration } from '../platform/database.ts'

export const rolloutMigrations: readonly Migration[] = [
  {
    id: 601,
    name: 'rollouts',
    sql: `
      CREATE TABLE rollouts (
        id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        uri text NOT NULL,
        model text NOT NULL,
        version int4 NOT NULL,
        selector jsonb NOT NULL,
        minimum_active float8 NOT NULL,
        timeout_ms int8,
        alias text,
        state text NOT NULL CHECK (state IN ('running', 'succeeded', 'failed', 'cancelled')),
        reason text,
        counts jsonb NOT NULL,
        created_at int8 NOT NULL,
        finished_at int8
      );
      CREATE INDEX rollouts_running ON rollouts (id) WHERE state = 'running';
      -- Membership is frozen when the rollout begins.
      CREATE TABLE rollout_devices (
        rollout int8 NOT NULL REFERENCES rollouts,
        device text NOT NULL REFERENCES devices,
        -- Of the desired state that asks for the version.
        generation int8 NOT NULL,
        PRIMARY KEY (rollout, device)
      );
    `,
  },
]
