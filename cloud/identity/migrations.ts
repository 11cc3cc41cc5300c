import type { Migration } from '../platform/database.ts'

export const identityMigrations: readonly Migration[] = [
  {
    id: 801,
    name: 'claims and certificates',
    sql: `
      -- A device that came by a claim has a certificate in place of a token.
      ALTER TABLE devices ALTER COLUMN token_hash DROP NOT NULL;
      -- First root metadata of the model repository, as handed out with claims.
      CREATE TABLE enrolment_roots (
        sha256 text PRIMARY KEY,
        content bytea NOT NULL
      );
      CREATE TABLE enrolment_claims (
        id text PRIMARY KEY,
        secret_hash bytea NOT NULL UNIQUE,
        site text NOT NULL REFERENCES sites,
        labels jsonb NOT NULL,
        -- The one device that may use it, new or not; null: any new one.
        device text,
        -- Of hardware; null: any.
        serial_numbers jsonb,
        root text NOT NULL REFERENCES enrolment_roots,
        created_at int8 NOT NULL,
        expires_at int8 NOT NULL,
        withdrawn_at int8,
        used_at int8,
        used_by text,
        -- The same key may ask again: it never heard the answer.
        used_key bytea,
        used_serial_number text
      );
      CREATE TABLE device_certificates (
        serial text PRIMARY KEY,
        device text NOT NULL REFERENCES devices,
        key_hash bytea NOT NULL,
        issued_at int8 NOT NULL,
        expires_at int8 NOT NULL,
        pem text NOT NULL
      );
      CREATE INDEX device_certificates_device ON device_certificates (device);
      -- Also of certificates issued after the backup that this database was restored from: they have no other row.
      CREATE TABLE revocations (
        serial text PRIMARY KEY,
        device text,
        revoked_at int8 NOT NULL,
        -- Known or assumed; a certificate that has expired leaves the list.
        expires_at int8 NOT NULL,
        reason text NOT NULL
      );
      CREATE TABLE revocation_list (
        id int4 PRIMARY KEY DEFAULT 1 CHECK (id = 1),
        number int8 NOT NULL
      );
    `,
  },
  {
    id: 802,
    name: 'claims by age',
    sql: 'CREATE INDEX enrolment_claims_age ON enrolment_claims (created_at, id)',
  },
]
