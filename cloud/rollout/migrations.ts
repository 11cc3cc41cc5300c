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
  {
    id: 602,
    name: 'rollouts by steps, with evidence',
    sql: `
      ALTER TABLE rollouts DROP CONSTRAINT rollouts_state_check;
      ALTER TABLE rollouts
        ADD COLUMN name text,
        -- The document as it was started, with its defaults.
        ADD COLUMN document jsonb,
        ADD COLUMN bundle jsonb,
        -- The step that goes on, and since when.
        ADD COLUMN step int4 NOT NULL DEFAULT 0,
        ADD COLUMN step_at int8 NOT NULL DEFAULT 0,
        -- Who let it pass 25 percent: the evidence, or a person.
        ADD COLUMN proven text CHECK (proven IN ('evidence', 'person')),
        -- A person took every step at once: evidence is shown, and decides nothing.
        ADD COLUMN is_full boolean NOT NULL DEFAULT false,
        -- Failures that a person has gone on with.
        ADD COLUMN accepted int4 NOT NULL DEFAULT 0,
        -- What it becomes when its devices have been told to go back.
        ADD COLUMN ends_as text,
        -- What the newest analysis was made of.
        ADD COLUMN evidence_mark text NOT NULL DEFAULT '',
        -- Every device is told and has answered, or is out of it.
        ADD COLUMN settled boolean NOT NULL DEFAULT false;
      UPDATE rollouts r SET
        name = 'rollout-' || r.id,
        settled = true,
        step = 1,
        state = CASE state WHEN 'running' THEN 'aborted' WHEN 'cancelled' THEN 'aborted' ELSE state END,
        reason = coalesce(reason, 'ended by the update to rollouts by steps'),
        finished_at = coalesce(finished_at, created_at),
        bundle = (SELECT jsonb_build_object('sha256', sha256, 'bytes', bytes) FROM model_versions v
          WHERE v.model = r.model AND v.version = r.version),
        document = jsonb_build_object(
          'apiVersion', 'storecast/v1', 'kind', 'Rollout', 'metadata', jsonb_build_object('name', 'rollout-' || r.id),
          'spec', jsonb_build_object('model', uri, 'selector', jsonb_build_object('labels', selector),
            'evidence', 'none', 'steps', '[{"setWeight": 100}]'::jsonb));
      ALTER TABLE rollouts
        ALTER COLUMN name SET NOT NULL, ALTER COLUMN document SET NOT NULL, ALTER COLUMN bundle SET NOT NULL,
        DROP COLUMN uri, DROP COLUMN selector, DROP COLUMN minimum_active, DROP COLUMN timeout_ms, DROP COLUMN alias,
        DROP COLUMN counts,
        ADD CONSTRAINT rollouts_state_check CHECK (state IN
          ('running', 'paused', 'aborting', 'undoing', 'succeeded', 'failed', 'aborted', 'undone'));
      DROP INDEX rollouts_running;
      CREATE INDEX rollouts_unsettled ON rollouts (id) WHERE NOT settled;
      CREATE INDEX rollouts_name ON rollouts (name, id);

      DROP TABLE rollout_devices;
      CREATE TABLE rollout_devices (
        rollout int8 NOT NULL REFERENCES rollouts,
        device text NOT NULL REFERENCES devices,
        -- Of the hash of rollout and device: the order in which they are told.
        position int8 NOT NULL,
        -- Value of the label by which disruption is limited, and of the one by which evidence is drawn.
        disruption_group text NOT NULL,
        region text NOT NULL,
        late boolean NOT NULL,
        -- What it had: { version, bundle, policy }, null for nothing.
        previous jsonb,
        -- What it should be told, and what its desired state says.
        wanted text NOT NULL DEFAULT 'none' CHECK (wanted IN ('none', 'shadow', 'active', 'back', 'withdrawn')),
        applied text NOT NULL DEFAULT 'none' CHECK (applied IN ('none', 'shadow', 'active', 'back', 'withdrawn')),
        -- Whether the candidate was ever in shadow there: evidence is of those.
        shadowed boolean NOT NULL DEFAULT false,
        generation int8,
        told_at int8,
        state text NOT NULL DEFAULT 'pending',
        reason text,
        -- What the state was concluded from, and when time alone may change it.
        seen text NOT NULL DEFAULT '',
        check_at int8,
        PRIMARY KEY (rollout, device)
      );
      CREATE INDEX rollout_devices_device ON rollout_devices (device);
      CREATE INDEX rollout_devices_unapplied ON rollout_devices (rollout, device) WHERE wanted <> applied;

      -- What happened, and who or what decided it.
      CREATE TABLE rollout_history (
        id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        rollout int8 NOT NULL REFERENCES rollouts,
        at int8 NOT NULL,
        who text NOT NULL,
        what text NOT NULL,
        reason text NOT NULL
      );
      CREATE INDEX rollout_history_rollout ON rollout_history (rollout, id);
      -- Every analysis with all its figures.
      CREATE TABLE rollout_analyses (
        id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        rollout int8 NOT NULL REFERENCES rollouts,
        step int4 NOT NULL,
        at int8 NOT NULL,
        body jsonb NOT NULL
      );
      CREATE INDEX rollout_analyses_rollout ON rollout_analyses (rollout, id);
    `,
  },
  {
    id: 610,
    name: 'rollouts carried on by what has changed',
    sql: `
      ALTER TABLE rollout_devices
        -- The step by which it was told to serve the version, from 0.
        ADD COLUMN step int4,
        DROP COLUMN seen;
      -- 0: at once.
      UPDATE rollout_devices SET check_at = 0 FROM rollouts r WHERE r.id = rollout AND NOT r.settled;
      CREATE INDEX rollout_devices_due ON rollout_devices (rollout, check_at) WHERE check_at IS NOT NULL;
      CREATE INDEX rollout_devices_shadowed ON rollout_devices (rollout, device) WHERE shadowed;

      -- Members of whom something has changed since they were last looked at, any number of times; written with the change
      -- itself, and taken by the pass that concludes from it. Without a key: writers never wait for that pass.
      CREATE TABLE rollout_changes (rollout int8 NOT NULL, device text NOT NULL);
      CREATE INDEX rollout_changes_rollout ON rollout_changes (rollout);

      CREATE OR REPLACE FUNCTION note_rollout_reports() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO rollout_changes SELECT r.id, c.device FROM changed c JOIN rollout_devices m ON m.device = c.device
          JOIN rollouts r ON r.id = m.rollout WHERE NOT r.settled;
        RETURN NULL;
      END $$;
      CREATE TRIGGER rollout_new_reports AFTER INSERT ON reported REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION note_rollout_reports();
      CREATE TRIGGER rollout_reports AFTER UPDATE ON reported REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION note_rollout_reports();

      CREATE OR REPLACE FUNCTION note_rollout_wishes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO rollout_changes SELECT r.id, c.device FROM changed c JOIN rollout_devices m ON m.device = c.device
          JOIN rollouts r ON r.id = m.rollout AND r.model = c.model WHERE NOT r.settled;
        RETURN NULL;
      END $$;
      CREATE TRIGGER rollout_new_wishes AFTER INSERT ON desired_models REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION note_rollout_wishes();
      CREATE TRIGGER rollout_wishes AFTER UPDATE ON desired_models REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION note_rollout_wishes();
      CREATE TRIGGER rollout_old_wishes AFTER DELETE ON desired_models REFERENCING OLD TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION note_rollout_wishes();

      CREATE OR REPLACE FUNCTION note_rollout_device() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO rollout_changes SELECT r.id, NEW.id FROM rollout_devices m JOIN rollouts r ON r.id = m.rollout
          WHERE m.device = NEW.id AND NOT r.settled;
        RETURN NULL;
      END $$;
      CREATE TRIGGER rollout_presence AFTER UPDATE OF online, presence_at, retired_at ON devices FOR EACH ROW
        WHEN ((OLD.online, OLD.presence_at, OLD.retired_at) IS DISTINCT FROM (NEW.online, NEW.presence_at, NEW.retired_at))
        EXECUTE FUNCTION note_rollout_device();
    `,
  },
  {
    id: 620,
    name: 'rollouts within label limits',
    sql: `
      -- Of who started it: no device beyond comes into it, also later.
      ALTER TABLE rollouts ADD COLUMN label_limit jsonb NOT NULL DEFAULT '{}';
    `,
  },
  {
    id: 611,
    name: 'what waits for devices that are away',
    sql: `CREATE INDEX rollout_devices_offline ON rollout_devices (device, rollout) WHERE state = 'offline'`,
  },
  {
    id: 612,
    name: 'changes of devices that rollouts wait for',
    sql: `
      -- Of those not told yet a rollout asks nothing, and where one is does not matter once it is there.
      CREATE OR REPLACE FUNCTION note_rollout_reports() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO rollout_changes SELECT r.id, c.device FROM changed c JOIN rollout_devices m ON m.device = c.device
          JOIN rollouts r ON r.id = m.rollout WHERE NOT r.settled AND m.applied IN ('active', 'back');
        RETURN NULL;
      END $$;
      CREATE OR REPLACE FUNCTION note_rollout_device() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO rollout_changes SELECT r.id, NEW.id FROM rollout_devices m JOIN rollouts r ON r.id = m.rollout
          WHERE m.device = NEW.id AND NOT r.settled AND (OLD.retired_at IS DISTINCT FROM NEW.retired_at
            OR m.state IN ('updating', 'silent', 'offline', 'reverting') OR (m.state = 'pending' AND m.applied IN ('active', 'back')));
        RETURN NULL;
      END $$;
    `,
  },
  {
    id: 630,
    name: 'what has become of rollouts that are over',
    sql: `
      -- Members by step, state and what they were told, as they were when the rollout settled; read while it is.
      ALTER TABLE rollouts ADD COLUMN settled_counts jsonb;
      UPDATE rollouts SET settled_counts = (
        SELECT coalesce(jsonb_agg(to_jsonb(c)), '[]') FROM (
          SELECT step, state, wanted, late, count(*) AS devices FROM rollout_devices WHERE rollout = rollouts.id GROUP BY 1, 2, 3, 4) c)
      WHERE settled;
    `,
  },
  {
    id: 640,
    name: 'what rollouts told each device, and what came of it',
    sql: `
      CREATE TABLE rollout_device_history (
        id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        rollout int8 NOT NULL,
        device text NOT NULL,
        at int8 NOT NULL,
        -- What it was told (\`active\`, \`back\`, …, \`again\`), or the state in which it was found then.
        what text NOT NULL,
        -- From 0; null: of none.
        step int4,
        reason text,
        FOREIGN KEY (rollout, device) REFERENCES rollout_devices
      );
      CREATE INDEX rollout_device_history_device ON rollout_device_history (device, at);
      -- Of the rollouts so far the last word is known.
      INSERT INTO rollout_device_history (rollout, device, at, what, step)
        SELECT rollout, device, told_at, applied, step FROM rollout_devices WHERE told_at IS NOT NULL ORDER BY told_at;
    `,
  },
]
