import type { Migration } from '../platform/database.ts'

/** Times are unix milliseconds, values integers in the sensor's resolution, as on the wire. */
export const ingestMigrations: readonly Migration[] = [
  {
    id: 201,
    name: 'links with devices, and the records that came over them',
    sql: `
      -- A span of one database's sequences under which (epoch, sequence) names one change. The device's own is the highest
      -- that is not quarantined.
      CREATE TABLE device_epochs (
        device text NOT NULL REFERENCES devices,
        epoch int8 NOT NULL,
        db_id uuid NOT NULL,
        reason text NOT NULL CHECK (reason IN ('first-contact', 'new-database', 'restored-image', 'fork', 'cloud-restored')),
        quarantined boolean NOT NULL,
        opened_at int8 NOT NULL,
        -- The newest granted: batches under any other are not applied.
        link int8 NOT NULL,
        -- As in the last hello: who gave out the sequences heard.
        runs jsonb NOT NULL,
        -- The account of sequences begins at base. Below floor all are accounted for; at or above it, told holds those that
        -- came as a record or as superseded.
        base int8 NOT NULL,
        floor int8 NOT NULL,
        highest int8 NOT NULL,
        told int8multirange NOT NULL DEFAULT '{}',
        records int8 NOT NULL DEFAULT 0,
        revised int8 NOT NULL DEFAULT 0,
        coarsened int8 NOT NULL DEFAULT 0,
        dropped int8 NOT NULL DEFAULT 0,
        PRIMARY KEY (device, epoch)
      );
      -- One row a granted link. Kept, so that the cloud knows whether what a device remembers is in its own past.
      CREATE TABLE device_links (
        device text NOT NULL,
        epoch int8 NOT NULL,
        link int8 NOT NULL,
        nonce text NOT NULL,
        session text NOT NULL,
        granted_at int8 NOT NULL,
        -- Times of the newest commits of batches under this link, ascending: what acknowledgements say.
        commits int8[] NOT NULL DEFAULT '{}',
        resend_since int8,
        PRIMARY KEY (device, epoch, link),
        FOREIGN KEY (device, epoch) REFERENCES device_epochs
      );
      CREATE INDEX device_links_nonce ON device_links (device, nonce);
      -- Hellos that would open an epoch are asked to say so again.
      CREATE TABLE device_challenges (
        device text NOT NULL REFERENCES devices,
        session text NOT NULL,
        challenge text NOT NULL,
        issued_at int8 NOT NULL,
        PRIMARY KEY (device, session)
      );

      -- A measured series of a device, interned.
      CREATE TABLE series (
        id int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        device text NOT NULL REFERENCES devices,
        sensor text NOT NULL,
        entity text NOT NULL,
        UNIQUE (device, sensor, entity)
      );
      -- No window of a series lies inside another one.
      CREATE TABLE windows (
        series int4 NOT NULL,
        start_at int8 NOT NULL,
        end_at int8 NOT NULL,
        revision int8 NOT NULL,
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
        epoch int8 NOT NULL,
        seq int8 NOT NULL,
        received_at int8 NOT NULL,
        PRIMARY KEY (series, start_at, end_at)
      );
      -- Coarse windows that count less than the finer ones they would replace, which stay.
      CREATE TABLE window_conflicts (
        series int4 NOT NULL,
        start_at int8 NOT NULL,
        end_at int8 NOT NULL,
        count int8 NOT NULL,
        finer_count int8 NOT NULL,
        epoch int8 NOT NULL,
        seq int8 NOT NULL,
        noticed_at int8 NOT NULL,
        PRIMARY KEY (series, start_at, end_at)
      );
      CREATE TABLE forecasts (
        device text NOT NULL REFERENCES devices,
        model text NOT NULL,
        version int8 NOT NULL,
        entity text NOT NULL,
        issued_at int8 NOT NULL,
        start_at int8 NOT NULL,
        end_at int8 NOT NULL,
        quantiles float4[] NOT NULL,
        mean float8 NOT NULL,
        baseline float8 NOT NULL,
        scored_at int8,
        actual float8,
        censored boolean,
        epoch int8 NOT NULL,
        seq int8 NOT NULL,
        received_at int8 NOT NULL,
        PRIMARY KEY (device, model, version, entity, issued_at)
      );
      CREATE TABLE events (
        device text NOT NULL REFERENCES devices,
        id uuid NOT NULL,
        at int8 NOT NULL,
        severity text NOT NULL,
        code text NOT NULL,
        message text NOT NULL,
        detail jsonb NOT NULL,
        epoch int8 NOT NULL,
        seq int8 NOT NULL,
        received_at int8 NOT NULL,
        PRIMARY KEY (device, id)
      );
      CREATE INDEX events_at ON events (device, at);
      CREATE TABLE reported (
        device text PRIMARY KEY REFERENCES devices,
        body jsonb NOT NULL,
        epoch int8 NOT NULL,
        seq int8 NOT NULL,
        received_at int8 NOT NULL
      );

      -- Sequences whose records the cloud does not have, and why.
      CREATE TABLE gaps (
        id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        device text NOT NULL,
        epoch int8 NOT NULL,
        cause text NOT NULL CHECK (cause IN ('dropped', 'unaccounted', 'rejected', 'undecodable', 'cloud-restored')),
        first_seq int8 NOT NULL,
        last_seq int8 NOT NULL,
        noticed_at int8 NOT NULL
      );
      CREATE INDEX gaps_device ON gaps (device, noticed_at);
      -- What could not be read, as it came. The newest few of each device are kept.
      CREATE TABLE raw_messages (
        id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        device text NOT NULL,
        reason text NOT NULL,
        detail text NOT NULL,
        payload bytea NOT NULL,
        received_at int8 NOT NULL
      );
      CREATE INDEX raw_messages_device ON raw_messages (device, id);
      -- Batches of a quarantined epoch, in order of arrival, until an operator decides.
      CREATE TABLE quarantined_batches (
        id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        device text NOT NULL,
        epoch int8 NOT NULL,
        payload bytea NOT NULL,
        received_at int8 NOT NULL,
        FOREIGN KEY (device, epoch) REFERENCES device_epochs
      );
      CREATE INDEX quarantined_batches_epoch ON quarantined_batches (device, epoch, id);
    `,
  },
  {
    id: 202,
    name: 'evidence of candidates',
    sql: `
      -- How a candidate in shadow compared with the version that served: a row a device, closed local day and model pair.
      CREATE TABLE evidence (
        device text NOT NULL REFERENCES devices,
        model text NOT NULL,
        champion int8 NOT NULL,
        candidate int8 NOT NULL,
        day text NOT NULL,
        region text NOT NULL,
        rows int8 NOT NULL,
        excluded int8 NOT NULL,
        difference float8 NOT NULL,
        difference_squared float8 NOT NULL,
        largest_difference float8 NOT NULL,
        champion_absolute float8 NOT NULL,
        candidate_absolute float8 NOT NULL,
        champion_error float8 NOT NULL,
        candidate_error float8 NOT NULL,
        actual float8 NOT NULL,
        moved float8 NOT NULL,
        crashes int8 NOT NULL,
        latency bytea NOT NULL,
        epoch int8 NOT NULL,
        seq int8 NOT NULL,
        received_at int8 NOT NULL,
        PRIMARY KEY (device, model, champion, candidate, day)
      );
      CREATE INDEX evidence_pair ON evidence (model, candidate, champion, day, device);
    `,
  },
  {
    id: 250,
    name: 'windows: refusals of type, unit and time',
    sql: `
      ALTER TABLE windows ADD COLUMN wrong_type int8 NOT NULL DEFAULT 0, ADD COLUMN wrong_unit int8 NOT NULL DEFAULT 0,
        ADD COLUMN untrusted int8 NOT NULL DEFAULT 0`,
  },
  {
    id: 260,
    name: 'windows by month, and what was changed',
    sql: `
      -- A partition a month, see openMonths; what is outside of all, and what was there before, is in the default one.
      ALTER TABLE windows RENAME TO windows_other;
      ALTER INDEX windows_pkey RENAME TO windows_other_pkey;
      CREATE TABLE windows (LIKE windows_other INCLUDING DEFAULTS, PRIMARY KEY (series, start_at, end_at))
        PARTITION BY RANGE (start_at);
      ALTER TABLE windows ATTACH PARTITION windows_other DEFAULT;
      -- Times of a device in which windows came, changed or went since they were last rolled up; in whole hours.
      CREATE TABLE window_changes (
        device text NOT NULL REFERENCES devices,
        from_at int8 NOT NULL,
        to_at int8 NOT NULL
      );
      CREATE INDEX window_changes_device ON window_changes (device);
      INSERT INTO window_changes (device, from_at, to_at)
        SELECT s.device, min(w.start_at), max(w.end_at) FROM windows w JOIN series s ON s.id = w.series GROUP BY s.device;
    `,
  },
  {
    id: 261,
    name: 'where the windows of a device end',
    sql: `
      -- Ends of the last window of any sensor of a device, and of any series that it measures of itself: what begins later
      -- meets nothing that is stored. They only grow.
      CREATE TABLE window_ends (
        device text PRIMARY KEY REFERENCES devices,
        sensors int8 NOT NULL,
        own int8 NOT NULL
      ) WITH (fillfactor = 50);
      INSERT INTO window_ends (device, sensors, own)
        SELECT s.device, coalesce(max(w.end_at) FILTER (WHERE s.sensor NOT LIKE '$%'), -9007199254740991),
          coalesce(max(w.end_at) FILTER (WHERE s.sensor LIKE '$%'), -9007199254740991)
        FROM windows w JOIN series s ON s.id = w.series GROUP BY s.device;
    `,
  },
  {
    id: 262,
    name: 'changes in the order in which they came',
    sql: 'ALTER TABLE window_changes ADD COLUMN id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
  },
  {
    id: 263,
    name: 'evidence: coverage of intervals',
    sql: `
      ALTER TABLE evidence ADD COLUMN intervals int8 NOT NULL DEFAULT 0,
        ADD COLUMN champion_covered int8 NOT NULL DEFAULT 0, ADD COLUMN candidate_covered int8 NOT NULL DEFAULT 0`,
  },
  {
    id: 264,
    name: 'what waits on a device',
    sql: `
      -- As its last batch told: records, event time of the oldest, and when that was. Null: it did not say.
      ALTER TABLE device_epochs ADD COLUMN waiting jsonb;
    `,
  },
  {
    id: 270,
    name: 'decisions of devices',
    sql: `
      -- What devices made of forecasts and stocks: a row a product and run, with what staff chose and what came of it.
      CREATE TABLE decisions (
        device text NOT NULL REFERENCES devices,
        id uuid NOT NULL,
        decision text NOT NULL,
        model text NOT NULL,
        version int8 NOT NULL,
        entity text NOT NULL,
        issued_at int8 NOT NULL,
        start_at int8 NOT NULL,
        end_at int8 NOT NULL,
        quantiles float4[] NOT NULL,
        stock float8 NOT NULL,
        on_order float8 NOT NULL,
        action text NOT NULL CHECK (action IN ('reorder', 'hold')),
        quantity float8 NOT NULL,
        -- Null together: nobody has chosen; nothing is known of the outcome.
        chosen_at int8,
        choice text CHECK (choice IN ('accepted', 'changed', 'rejected')),
        chosen_quantity float8,
        reason text,
        judged_at int8,
        actual float8,
        stock_out boolean,
        correct boolean,
        epoch int8 NOT NULL,
        seq int8 NOT NULL,
        received_at int8 NOT NULL,
        PRIMARY KEY (device, id)
      );
      CREATE INDEX decisions_issued ON decisions (issued_at, device, id);
    `,
  },
  {
    id: 271,
    name: 'since when changes wait to be rolled up',
    sql: 'ALTER TABLE window_changes ADD COLUMN noted_at timestamptz NOT NULL DEFAULT now()',
  },
  {
    id: 272,
    name: 'clocks of devices',
    sql: `
      -- As the last batch told, and what the cloud makes of it (StandingClock). Null: it did not say.
      ALTER TABLE device_epochs ADD COLUMN clock jsonb;
    `,
  },
]
