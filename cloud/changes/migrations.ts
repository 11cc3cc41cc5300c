import type { Migration } from '../platform/database.ts'

/** A table whose rows are told of. */
interface Noted {
  readonly table: string
  /** As in CREATE TRIGGER: INSERT, UPDATE OF …, DELETE. */
  readonly on: string
  /** Of an update: whether it is one. */
  readonly when?: string
  readonly kind: string
  /** SQL over the row `r`, as is the site. */
  readonly key: string
  readonly site: string
}

const siteOf = (device: string) => `(SELECT d.site FROM devices d WHERE d.id = ${device})`
const differ = (...columns: string[]) =>
  `(${columns.map((c) => `OLD.${c}`).join(', ')}) IS DISTINCT FROM (${columns.map((c) => `NEW.${c}`).join(', ')})`

/** A row of the table, one change. */
function eachRow({ table, on, when, kind, key, site }: Noted, index: number): string {
  const name = `change_of_${table}_${index}`
  return `
    CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE r ${table}; BEGIN
      IF TG_OP = 'DELETE' THEN r = OLD; ELSE r = NEW; END IF;
      INSERT INTO changes (kind, key, site) VALUES ('${kind}', ${key}, ${site});
      RETURN NULL;
    END $$;
    CREATE TRIGGER ${name} AFTER ${on} ON ${table} FOR EACH ROW ${when ? `WHEN (${when})` : ''} EXECUTE FUNCTION ${name}();`
}

/** All rows of a statement, one change a thing: where many come at once, as from ingest. */
function eachStatement(
  { table, kind, key, site }: Pick<Noted, 'table' | 'kind' | 'key' | 'site'>,
  on: 'INSERT' | 'UPDATE',
  joined = '',
): string {
  const name = `changes_of_${table}_${on.toLowerCase()}`
  const old = joined.includes('before') ? 'OLD TABLE AS before ' : ''
  return `
    CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO changes (kind, key, site) SELECT DISTINCT '${kind}', ${key}, ${site} FROM changed r ${joined};
      RETURN NULL;
    END $$;
    CREATE TRIGGER ${name} AFTER ${on} ON ${table} REFERENCING ${old}NEW TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION ${name}();`
}

const ROWS: readonly Noted[] = [
  { table: 'sites', on: 'INSERT OR UPDATE OR DELETE', kind: 'site', key: 'r.id', site: 'r.id' },
  { table: 'site_documents', on: 'INSERT OR UPDATE OR DELETE', kind: 'site', key: 'r.site', site: 'r.site' },
  { table: 'devices', on: 'INSERT', kind: 'device', key: 'r.id', site: 'r.site' },
  {
    table: 'devices',
    on: 'UPDATE OF online, retired_at, labels, site, token_hash',
    when: differ('online', 'retired_at', 'labels', 'site', 'token_hash'),
    ...{ kind: 'device', key: 'r.id', site: 'r.site' },
  },
  { table: 'desired_states', on: 'INSERT', kind: 'device', key: 'r.device', site: siteOf('r.device') },
  {
    table: 'desired_states',
    on: 'UPDATE OF generation',
    when: differ('generation'),
    ...{ kind: 'device', key: 'r.device', site: siteOf('r.device') },
  },
  { table: 'device_epochs', on: 'INSERT OR DELETE', kind: 'device', key: 'r.device', site: siteOf('r.device') },
  {
    table: 'device_epochs',
    on: 'UPDATE OF quarantined',
    when: differ('quarantined'),
    ...{ kind: 'device', key: 'r.device', site: siteOf('r.device') },
  },
  { table: 'device_certificates', on: 'INSERT', kind: 'device', key: 'r.device', site: siteOf('r.device') },
  { table: 'revocations', on: 'INSERT', kind: 'device', key: "coalesce(r.device, '')", site: siteOf('r.device') },
  { table: 'support_bundles', on: 'INSERT OR UPDATE', kind: 'device', key: 'r.device', site: siteOf('r.device') },
  { table: 'enrolment_claims', on: 'INSERT OR UPDATE', kind: 'claim', key: 'r.id', site: 'r.site' },
  {
    table: 'device_groups',
    on: 'INSERT OR UPDATE OR DELETE',
    ...{ kind: 'group', key: 'r.name', site: 'NULL' },
  },
  { table: 'models', on: 'INSERT', kind: 'model', key: 'r.name', site: 'NULL' },
  { table: 'model_versions', on: 'INSERT OR UPDATE', kind: 'model', key: 'r.model', site: 'NULL' },
  { table: 'model_aliases', on: 'INSERT OR UPDATE OR DELETE', kind: 'model', key: 'r.model', site: 'NULL' },
  {
    table: 'trust_metadata',
    on: 'INSERT',
    when: "NEW.role IN ('root', 'targets')",
    ...{ kind: 'trust', key: 'r.role', site: 'NULL' },
  },
  { table: 'trust_drafts', on: 'INSERT OR UPDATE OR DELETE', kind: 'trust', key: 'r.role', site: 'NULL' },
  { table: 'policies', on: 'INSERT OR UPDATE OR DELETE', kind: 'policy', key: 'r.name', site: 'NULL' },
  { table: 'training_runs', on: 'INSERT OR UPDATE', kind: 'training', key: 'r.id::text', site: 'NULL' },
  { table: 'rollouts', on: 'INSERT OR UPDATE', kind: 'rollout', key: 'r.id::text', site: 'NULL' },
  { table: 'monitoring_runs', on: 'INSERT OR UPDATE', kind: 'monitoring', key: 'r.id::text', site: 'NULL' },
  { table: 'datasets', on: 'INSERT OR UPDATE OR DELETE', kind: 'dataset', key: 'r.name', site: 'NULL' },
  {
    // Each step of a task is in it; a score that goes up and down is none.
    table: 'stewardship_history',
    on: 'INSERT',
    kind: 'task',
    key: 'r.task::text',
    site: '(SELECT t.site FROM stewardship_tasks t WHERE t.id = r.task)',
  },
  { table: 'alerts', on: 'INSERT OR DELETE', kind: 'alert', key: 'r.id::text', site: 'r.site' },
  {
    table: 'alerts',
    on: 'UPDATE',
    when: differ('state', 'severity', 'labels', 'summary', 'inhibited_by', 'silenced_by', 'acknowledged_at', 'note'),
    ...{ kind: 'alert', key: 'r.id::text', site: 'r.site' },
  },
  {
    table: 'alert_rules',
    on: 'INSERT OR DELETE OR UPDATE OF document',
    ...{ kind: 'alert-rule', key: 'r.name', site: 'NULL' },
  },
  {
    table: 'alert_routes',
    on: 'INSERT OR DELETE OR UPDATE OF document',
    ...{ kind: 'alert-rule', key: 'r.name', site: 'NULL' },
  },
  { table: 'alert_silences', on: 'INSERT OR UPDATE', kind: 'silence', key: 'r.id::text', site: 'NULL' },
  // Whoever may see less from now on.
  { table: 'sessions', on: 'DELETE', kind: 'access', key: "''", site: 'NULL' },
  {
    table: 'users',
    on: 'UPDATE',
    when: differ('roles', 'label_limit', 'disabled_at'),
    ...{ kind: 'access', key: "''", site: 'NULL' },
  },
  {
    table: 'api_tokens',
    on: 'UPDATE OF revoked_at',
    ...{ kind: 'access', key: "''", site: 'NULL' },
  },
]

const OF_DEVICES = 'JOIN devices d ON d.id = r.device'
const reported = { table: 'reported', kind: 'device', key: 'r.device', site: 'd.site' }
/** What devices suggested, was chosen and came of it. */
const decisions = { table: 'decisions', kind: 'decision', key: 'r.device', site: 'd.site' }
const members = { table: 'rollout_devices', kind: 'rollout', key: 'r.rollout::text', site: 'NULL::text' }

/** After all tables that it watches. */
export const changeMigrations: readonly Migration[] = [
  {
    id: 1801,
    name: 'changes, for those who watch',
    sql: `
      -- That something has changed, written with the change itself. There is no number that would tell the order: transactions
      -- end in another than they began. Who has a snapshot knows which of these came since.
      CREATE TABLE changes (
        transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
        kind text NOT NULL,
        key text NOT NULL,
        -- Null: of no one site.
        site text,
        at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX changes_transaction ON changes (transaction);
      CREATE INDEX changes_at ON changes (at);
      CREATE TABLE change_history (
        id int4 PRIMARY KEY DEFAULT 1 CHECK (id = 1),
        -- Another one: transactions are counted anew, as in a database that was restored.
        incarnation text NOT NULL,
        -- Changes of earlier transactions are not kept.
        floor xid8 NOT NULL
      );
      ${ROWS.map(eachRow).join('')}
      ${eachStatement(reported, 'INSERT', OF_DEVICES)}
      ${eachStatement(reported, 'UPDATE', `${OF_DEVICES} JOIN before b ON b.device = r.device AND b.body IS DISTINCT FROM r.body`)}
      ${eachStatement(members, 'INSERT')}
      ${eachStatement(members, 'UPDATE')}
      ${eachStatement({ table: 'events', kind: 'event', key: 'r.device', site: 'd.site' }, 'INSERT', OF_DEVICES)}
    `,
  },
  {
    id: 1802,
    name: 'changes of decisions',
    sql: `${eachStatement(decisions, 'INSERT', OF_DEVICES)} ${eachStatement(decisions, 'UPDATE', OF_DEVICES)}`,
  },
]
