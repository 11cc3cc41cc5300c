import type { Migration } from '../platform/database.ts'

export const deviceMigrations: readonly Migration[] = [
  {
    id: 101,
    name: 'sites and devices',
    sql: `
      CREATE TABLE sites (
        id text PRIMARY KEY,
        time_zone text NOT NULL,
        labels jsonb NOT NULL,
        created_at int8 NOT NULL,
        updated_at int8 NOT NULL
      );
      -- The newest document of each kind; its bytes are an object.
      CREATE TABLE site_documents (
        site text NOT NULL REFERENCES sites,
        kind text NOT NULL CHECK (kind IN ('catalogue', 'sensors', 'covariates')),
        sha256 text NOT NULL,
        bytes int8 NOT NULL,
        PRIMARY KEY (site, kind)
      );
      -- Every covariates upload, by the time at which it was known: what training joins by.
      CREATE TABLE covariate_issues (
        site text NOT NULL REFERENCES sites,
        issued_at int8 NOT NULL,
        sha256 text NOT NULL,
        bytes int8 NOT NULL,
        received_at int8 NOT NULL,
        PRIMARY KEY (site, issued_at)
      );
      CREATE TABLE devices (
        id text PRIMARY KEY,
        site text NOT NULL REFERENCES sites,
        labels jsonb NOT NULL,
        token_hash bytea NOT NULL,
        enrolled_at int8 NOT NULL,
        retired_at int8,
        online boolean NOT NULL DEFAULT false,
        link int8 NOT NULL DEFAULT 0,
        session text NOT NULL DEFAULT '',
        presence_at int8,
        last_seen int8
      );
      CREATE INDEX devices_site ON devices (site);
      CREATE UNIQUE INDEX devices_token ON devices (token_hash);
      -- What each device should run, by model name; set by rollouts.
      CREATE TABLE desired_models (
        device text NOT NULL REFERENCES devices,
        model text NOT NULL,
        version int4 NOT NULL,
        sha256 text NOT NULL,
        bytes int8 NOT NULL,
        PRIMARY KEY (device, model)
      );
      CREATE TABLE desired_states (
        device text PRIMARY KEY REFERENCES devices,
        generation int8 NOT NULL,
        body jsonb NOT NULL,
        -- The one before: a download that began under it may end.
        previous jsonb,
        published int8 NOT NULL DEFAULT 0
      );
      CREATE INDEX desired_states_unpublished ON desired_states (device) WHERE published <> generation;
    `,
  },
  {
    id: 102,
    name: 'signed desired states',
    sql: `
      -- When what was published is signed anew, Unix ms: before it expires, and at once after a hello.
      ALTER TABLE desired_states ADD COLUMN renew_at int8 NOT NULL DEFAULT 0;
      CREATE INDEX desired_states_renewal ON desired_states (renew_at);
    `,
  },
  {
    id: 104,
    name: 'candidates in shadow, and how devices go about a change',
    sql: `
      ALTER TABLE desired_models ADD COLUMN candidate jsonb, ADD COLUMN policy jsonb,
        ADD COLUMN policy_at int8 NOT NULL DEFAULT 0;
    `,
  },
  {
    id: 105,
    name: 'groups of devices',
    sql: `
      CREATE TABLE device_groups (
        name text PRIMARY KEY,
        description text NOT NULL,
        selector jsonb NOT NULL,
        updated_at int8 NOT NULL
      );
    `,
  },
  {
    id: 106,
    name: 'traces of desired states',
    sql: `
      -- W3C Trace Context of what made the generation; null where nothing is traced.
      ALTER TABLE desired_states ADD COLUMN traceparent text;
    `,
  },
  {
    id: 107,
    name: 'support bundles',
    sql: `
      CREATE TABLE support_bundles (
        id uuid PRIMARY KEY,
        device text NOT NULL REFERENCES devices,
        asked_by text NOT NULL,
        asked_at int8 NOT NULL,
        -- Null until the device has sent it.
        archive bytea,
        received_at int8,
        expires_at int8 NOT NULL
      );
      CREATE INDEX support_bundles_device ON support_bundles (device, asked_at);
    `,
  },
  {
    id: 108,
    name: 'ways to the sites of a limit',
    sql: `
      -- See siteTerms: without figures of their own, PostgreSQL takes the sites of any limit for a few.
      CREATE INDEX sites_place ON sites USING gin ((labels || jsonb_object(ARRAY['site', id])) jsonb_path_ops);
      ANALYZE sites;
    `,
  },
  {
    id: 109,
    name: 'products and their attributes',
    sql: `
      -- Of each site's newest catalogue, for figures by what products are; devices get the catalogue itself.
      CREATE TABLE products (
        site text NOT NULL REFERENCES sites,
        entity text NOT NULL,
        attributes jsonb NOT NULL,
        PRIMARY KEY (site, entity)
      );
      -- The catalogue that a site's products are of, and by attribute how many carry it, in how many values.
      CREATE TABLE product_lists (
        site text PRIMARY KEY REFERENCES sites,
        catalogue text NOT NULL,
        attributes jsonb NOT NULL
      );
    `,
  },
  {
    id: 110,
    name: 'absences of devices',
    sql: `
      ALTER TABLE devices ADD COLUMN presence_forgotten boolean NOT NULL DEFAULT false;
      -- That have ended: of one that is away now, its own row tells since when. Of no times: it came for the first time.
      CREATE TABLE device_absences (
        device text NOT NULL REFERENCES devices,
        began_at int8 NOT NULL,
        back_at int8 NOT NULL,
        times int4 NOT NULL,
        away_ms int8 NOT NULL,
        PRIMARY KEY (device, began_at)
      );
      CREATE INDEX device_absences_back ON device_absences (back_at);
    `,
  },
  {
    id: 111,
    name: 'what documents of sensors define',
    sql: `
      -- Every different definition once, with what holds where a document says nothing.
      CREATE TABLE sensor_definitions (
        id int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        digest text NOT NULL UNIQUE,
        sensor text NOT NULL,
        definition jsonb NOT NULL
      );
      -- By the digest of the document, which sites with the same sensors share: the ids of its definitions.
      CREATE TABLE sensor_lists (document text PRIMARY KEY, definitions int4[] NOT NULL);
    `,
  },
]
