import type { Migration } from '../platform/database.ts'

export const auditMigrations: readonly Migration[] = [
  {
    id: 1001,
    name: 'audit log',
    sql: `
      CREATE TABLE audit_log (
        number int8 PRIMARY KEY CHECK (number > 0),
        -- SHA-256 of the entry's text.
        hash bytea NOT NULL CHECK (length(hash) = 32),
        -- RFC 8785; json, not jsonb, keeps the text as it was hashed.
        entry json NOT NULL
      );
      CREATE INDEX audit_log_action ON audit_log ((entry ->> 'action'), number);
      CREATE INDEX audit_log_actor ON audit_log ((entry -> 'actor' ->> 'id'), number);
      CREATE OR REPLACE FUNCTION audit_log_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'the audit log is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
        END
      $$;
      CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION audit_log_append_only();
    `,
  },
  {
    id: 1002,
    name: 'audit log by subject',
    // By bytes: what lies below a path begins with it.
    sql: `CREATE INDEX audit_log_subject ON audit_log (((entry ->> 'subject') COLLATE "C"), number)`,
  },
  {
    id: 1003,
    name: 'refusals and failures of the audit log',
    // Most entries were allowed: whoever asks for those reads the newest.
    sql: `CREATE INDEX audit_log_decision ON audit_log ((entry ->> 'decision'), number) WHERE entry ->> 'decision' <> 'allowed'`,
  },
]
