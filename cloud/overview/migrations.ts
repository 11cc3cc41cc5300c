import type { Migration } from '../platform/database.ts'

export const overviewMigrations: readonly Migration[] = [
  {
    id: 1851,
    name: 'ways to how devices are, and views that people keep',
    sql: `
      CREATE INDEX device_epochs_quarantined ON device_epochs (device) WHERE quarantined;
      CREATE INDEX alerts_firing_device ON alerts ((labels->>'device')) WHERE state = 'firing';
      CREATE TABLE saved_views (
        -- A user's name, or of a token that nobody owns what stands for it.
        owner text NOT NULL,
        page text NOT NULL,
        name text NOT NULL,
        -- What the page's address says after "?".
        search text NOT NULL,
        updated_at int8 NOT NULL,
        PRIMARY KEY (owner, page, name)
      );
    `,
  },
  {
    id: 1852,
    name: 'ways to all that happened to a device',
    sql: `
      CREATE INDEX alerts_device ON alerts ((labels->>'device')) WHERE fired_at IS NOT NULL;
      CREATE INDEX stewardship_tasks_device ON stewardship_tasks (device);
      CREATE INDEX revocations_device ON revocations (device);
      -- Labels of many devices that were changed at once, by device.
      CREATE INDEX audit_log_many ON audit_log USING gin ((entry::jsonb -> 'after'))
        WHERE entry ->> 'action' = 'POST /v1/devices/actions';
    `,
  },
  {
    id: 1853,
    name: 'ways to tasks by when they were opened and closed',
    sql: `
      CREATE INDEX stewardship_tasks_opened ON stewardship_tasks (opened_at);
      CREATE INDEX stewardship_tasks_closed ON stewardship_tasks (closed_at) WHERE closed_at IS NOT NULL;
    `,
  },
  {
    id: 1854,
    name: 'ways to devices by when they came and went',
    sql: `
      CREATE INDEX devices_enrolled ON devices (enrolled_at);
      CREATE INDEX devices_retired ON devices (retired_at) WHERE retired_at IS NOT NULL;
    `,
  },
]
