import type { Migration } from '../platform/database.ts'

export const peopleMigrations: readonly Migration[] = [
  {
    id: 1201,
    name: 'people',
    sql: `
      CREATE TABLE users (
        id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL UNIQUE,
        roles text[] NOT NULL,
        label_limit jsonb NOT NULL,
        -- Argon2id in its own text form; null: no password opens the account.
        password text,
        -- Of the provider that vouches for the person.
        issuer text,
        subject text,
        created_at int8 NOT NULL,
        disabled_at int8,
        UNIQUE (issuer, subject)
      );
      -- Digests of secrets that are random enough that there is nothing to guess from.
      CREATE TABLE sessions (
        hash bytea PRIMARY KEY,
        owner int8 NOT NULL REFERENCES users,
        -- 'bearer': the command line's, 'cookie': a browser's.
        kind text NOT NULL CHECK (kind IN ('bearer', 'cookie')),
        created_at int8 NOT NULL,
        expires_at int8 NOT NULL
      );
      CREATE INDEX sessions_owner ON sessions (owner);
      CREATE INDEX sessions_expiry ON sessions (expires_at);
      CREATE TABLE api_tokens (
        id text PRIMARY KEY,
        hash bytea NOT NULL UNIQUE,
        name text NOT NULL,
        -- Null: of the first operator, or of the program that started the cloud.
        owner int8 REFERENCES users,
        roles text[] NOT NULL,
        label_limit jsonb NOT NULL,
        created_at int8 NOT NULL,
        -- Null: never.
        expires_at int8,
        last_used_at int8,
        revoked_at int8
      );
      CREATE UNIQUE INDEX api_tokens_name ON api_tokens (coalesce(owner, 0), name) WHERE revoked_at IS NULL;
      -- A token that a provider signed opens one session: kept until it expires.
      CREATE TABLE oidc_used (
        hash bytea PRIMARY KEY,
        expires_at int8 NOT NULL
      );
      -- Logins that have gone to the provider and not come back.
      CREATE TABLE oidc_logins (
        state_hash bytea PRIMARY KEY,
        nonce text NOT NULL,
        verifier text NOT NULL,
        expires_at int8 NOT NULL
      );
      INSERT INTO api_tokens (id, hash, name, roles, label_limit, created_at)
        SELECT encode(substr(hash, 1, 6), 'hex'), hash, 'first-operator-' || encode(substr(hash, 1, 3), 'hex'), '{admin}', '{}', created_at
        FROM admin_tokens;
      DROP TABLE admin_tokens;
    `,
  },
  {
    id: 1202,
    name: 'logins that the browser keeps',
    sql: 'DROP TABLE oidc_logins',
  },
]
