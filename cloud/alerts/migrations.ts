import type { Migration } from '../platform/database.ts'

export const alertMigrations: readonly Migration[] = [
  {
    id: 1501,
    name: 'alerts',
    sql: `
      CREATE TABLE alert_rules (
        name text PRIMARY KEY,
        document jsonb NOT NULL,
        updated_at int8 NOT NULL,
        -- When it was asked last, and what could not be evaluated then.
        asked_at int8,
        error text
      );
      CREATE TABLE alert_routes (
        name text PRIMARY KEY,
        document jsonb NOT NULL,
        updated_at int8 NOT NULL
      );
      CREATE TABLE alert_silences (
        id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        labels jsonb NOT NULL,
        starts_at int8 NOT NULL,
        ends_at int8 NOT NULL,
        created_by text NOT NULL,
        comment text NOT NULL
      );
      CREATE INDEX alert_silences_end ON alert_silences (ends_at);
      -- Times are store time. \`subject\` is named within its kind, which the rule says.
      CREATE TABLE alerts (
        id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        rule text NOT NULL,
        subject text NOT NULL,
        site text,
        state text NOT NULL CHECK (state IN ('pending', 'firing', 'resolved')),
        severity text NOT NULL,
        labels jsonb NOT NULL,
        summary text NOT NULL,
        since int8 NOT NULL,
        fired_at int8,
        -- Since when the condition is false again, while the rule waits for it to stay so.
        clear_since int8,
        resolved_at int8,
        end_reason text,
        inhibited_by int8,
        silenced_by int8,
        acknowledged_at int8,
        acknowledged_by text,
        note text
      );
      -- One alert a rule and subject.
      CREATE UNIQUE INDEX alerts_open ON alerts (rule, subject) WHERE state <> 'resolved';
      CREATE INDEX alerts_resolved ON alerts (resolved_at) WHERE state = 'resolved';
      -- What routes are told of alerts, once each, in order. Times are real: a store's clock may run fast, a receiver's does not.
      CREATE TABLE alert_notifications (
        id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        alert int8 NOT NULL REFERENCES alerts ON DELETE CASCADE,
        route text NOT NULL,
        status text NOT NULL CHECK (status IN ('firing', 'resolved')),
        state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'failed')),
        attempts int4 NOT NULL DEFAULT 0,
        -- When it is sent next; null: no more.
        next_at int8,
        sent_at int8,
        error text,
        created_at int8 NOT NULL,
        UNIQUE (alert, route, status)
      );
      CREATE INDEX alert_notifications_due ON alert_notifications (next_at) WHERE next_at IS NOT NULL;
    `,
  },
  {
    id: 1502,
    name: 'ways into alerts',
    sql: `
      CREATE INDEX alerts_of_device ON alerts ((labels->>'device')) WHERE state <> 'resolved';
      CREATE INDEX alerts_site ON alerts (site, id);
      CREATE INDEX alerts_fired ON alerts (fired_at);
    `,
  },
  {
    id: 1503,
    name: 'a way to what is not sent',
    sql: `CREATE INDEX alert_notifications_unsent ON alert_notifications (state) WHERE state <> 'sent'`,
  },
  {
    id: 1504,
    name: 'notifications in a line of their route',
    sql: `
      -- It is being sent, and belongs until then to the process that sends it.
      ALTER TABLE alert_notifications ADD COLUMN sending_until int8;
      DROP INDEX alert_notifications_due;
      CREATE INDEX alert_notifications_line ON alert_notifications (route, next_at, id) WHERE next_at IS NOT NULL;
    `,
  },
]
