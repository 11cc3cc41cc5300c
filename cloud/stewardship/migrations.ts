import type { Migration } from '../platform/database.ts'

/** Times are unix milliseconds. */
export const stewardshipMigrations: readonly Migration[] = [
  {
    id: 1400,
    name: 'stewardship',
    sql: `
      CREATE TABLE datasets (name text PRIMARY KEY, document jsonb NOT NULL, updated_at int8 NOT NULL);
      -- One dimension of a sensor's quality on one device that is below its threshold, until it recovers or is closed.
      CREATE TABLE stewardship_tasks (
        id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        device text NOT NULL REFERENCES devices,
        site text NOT NULL,
        sensor text NOT NULL,
        dimension text NOT NULL,
        -- As the catalogue had them when the task was opened.
        dataset text,
        owner text,
        steward text,
        assignee text,
        state text NOT NULL CHECK (state IN ('open', 'acknowledged', 'closed')),
        threshold float8 NOT NULL,
        -- The newest, and the lowest so far.
        score float8 NOT NULL,
        worst float8 NOT NULL,
        opened_at int8 NOT NULL,
        scored_at int8 NOT NULL,
        closed_at int8,
        end_reason text CHECK (end_reason IN ('recovered', 'closed', 'gone')),
        -- Of a task that somebody closed: no other is opened before the score has recovered.
        recovered_at int8
      );
      CREATE UNIQUE INDEX stewardship_tasks_standing ON stewardship_tasks (device, sensor, dimension)
        WHERE closed_at IS NULL OR (end_reason = 'closed' AND recovered_at IS NULL);
      CREATE INDEX stewardship_tasks_site ON stewardship_tasks (site, id);
      CREATE TABLE stewardship_history (
        id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        task int8 NOT NULL REFERENCES stewardship_tasks,
        at int8 NOT NULL,
        -- Null: the cloud itself.
        who text,
        action text NOT NULL,
        note text NOT NULL DEFAULT ''
      );
      CREATE INDEX stewardship_history_task ON stewardship_history (task, id);
    `,
  },
  {
    id: 1401,
    name: 'the history of a task goes with it',
    sql: `
      ALTER TABLE stewardship_history DROP CONSTRAINT stewardship_history_task_fkey,
        ADD FOREIGN KEY (task) REFERENCES stewardship_tasks ON DELETE CASCADE;
    `,
  },
]
