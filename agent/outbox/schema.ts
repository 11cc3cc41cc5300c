import type { Migration } from '../platform/database.ts'

/**
 * The dirty set: for each record the cloud has not committed, its key and the sequence its last change took. Triggers on
 * the tables of the stages upstream keep it, in the data's own transaction: no stage knows of it.
 *
 * `superseded` holds the sequences that will never be sent, until the cloud has acknowledged that it knows: every sequence
 * below the lowest of all these tables is accounted for, so that one which is not shows in the cloud as a gap.
 */

/** A replicated table: where its records are, what their key and event time are, and which changes to send. */
interface Source {
  readonly kind: 'window' | 'forecast' | 'event' | 'reported' | 'evidence' | 'decision'
  readonly table: string
  readonly key: readonly string[]
  /** Event time, for the account of what was acknowledged when. NULL: the record is always sent again. */
  readonly at: string
  readonly changes: string
}

const SOURCES: readonly Source[] = [
  { kind: 'window', table: 'windows', key: ['series', 'start', '"end"'], at: 'start', changes: '' },
  {
    kind: 'forecast',
    table: 'forecasts',
    key: ['model', 'version', 'issued_at', 'entity'],
    at: 'issued_at',
    changes: 'OF start, "end", quantiles, mean, baseline, scored_at, actual, censored',
  },
  { kind: 'event', table: 'events', key: ['id'], at: 'at', changes: '' },
  { kind: 'reported', table: 'reported', key: ['id'], at: 'NULL', changes: 'OF body' },
]

const EVIDENCE: Source = {
  kind: 'evidence',
  table: 'evidence',
  key: ['model', 'champion', 'candidate', 'day'],
  at: 'at',
  changes: '',
}

const DECISIONS: Source = {
  kind: 'decision',
  table: 'decisions',
  key: ['id'],
  at: 'issued_at',
  changes: 'OF choice, chosen_at, chosen_quantity, reason, judged_at, actual, stock_out, correct',
}

/** Key columns in the order of `key`; the rest stay empty. */
export const KEY_COLUMNS = ['k1', 'k2', 'k3', 'k4'] as const

const qualified = (row: 'NEW' | 'OLD', column: string) => (column === 'NULL' ? column : `${row}.${column}`)

const sameKey = ({ kind, key }: Source, row: 'NEW' | 'OLD') =>
  `kind = '${kind}' AND ${KEY_COLUMNS.map((k, i) => `${k} = ${key[i] ? qualified(row, key[i]) : "''"}`).join(' AND ')}`

/** The record has a new state: what was to be sent of the old one is replaced. */
const replaced = (source: Source) => `
  INSERT INTO supersede SELECT seq, 'revised' FROM outbox WHERE ${sameKey(source, 'NEW')};
  DELETE FROM outbox WHERE ${sameKey(source, 'NEW')};`

/** What is to be sent. A record that is new has none of this to replace: whatever had its key was removed before. */
const taken = (source: Source) => `
  INSERT INTO outbox(kind, ${KEY_COLUMNS.slice(0, source.key.length).join(', ')}, at)
    VALUES ('${source.kind}', ${source.key.map((k) => qualified('NEW', k)).join(', ')}, ${qualified('NEW', source.at)});`

/** Coarsening deletes fine rows and inserts the coarse one in one transaction; the order of the two is windows/'s. */
const coverGivenUp = `
  INSERT INTO supersede
    SELECT seq, 'coarsened' FROM given_up WHERE series = NEW.series AND start >= NEW.start AND "end" <= NEW."end";
  DELETE FROM given_up WHERE series = NEW.series AND start >= NEW.start AND "end" <= NEW."end";`

/** The coarsest window is a day of at most 25 hours. */
const LONGEST_WINDOW_MS = 90_000_000

const COVERED = `EXISTS (SELECT 1 FROM windows w WHERE w.series = OLD.series AND w.start <= OLD.start
  AND w.start > OLD.start - ${LONGEST_WINDOW_MS} AND w."end" >= OLD."end")`

const removeWindow = (source: Source) => `
  INSERT INTO supersede SELECT seq, 'coarsened' FROM outbox WHERE ${sameKey(source, 'OLD')} AND ${COVERED};
  INSERT INTO given_up SELECT seq, OLD.series, OLD.start, OLD."end" FROM outbox
    WHERE ${sameKey(source, 'OLD')} AND NOT ${COVERED};
  DELETE FROM outbox WHERE ${sameKey(source, 'OLD')};`

const remove = (source: Source) => `
  INSERT INTO supersede SELECT seq, 'dropped' FROM outbox WHERE ${sameKey(source, 'OLD')};
  DELETE FROM outbox WHERE ${sameKey(source, 'OLD')};`

const triggers = (source: Source) => {
  const { table, kind, changes } = source
  const dirty = taken(source) + (kind === 'window' ? coverGivenUp : '')
  return `
    CREATE TRIGGER outbox_${kind}_created AFTER INSERT ON ${table} BEGIN ${dirty} END;
    CREATE TRIGGER outbox_${kind}_revised AFTER UPDATE ${changes} ON ${table} BEGIN ${replaced(source)} ${dirty} END;
    CREATE TRIGGER outbox_${kind}_removed AFTER DELETE ON ${table} BEGIN
      ${kind === 'window' ? removeWindow(source) : remove(source)} END;`
}

export const outboxMigrations: readonly Migration[] = [
  {
    id: 400,
    name: 'outbox',
    sql: `
      -- AUTOINCREMENT: a sequence is never used twice.
      CREATE TABLE outbox(
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        k1 ANY NOT NULL DEFAULT '', k2 ANY NOT NULL DEFAULT '', k3 ANY NOT NULL DEFAULT '', k4 ANY NOT NULL DEFAULT '',
        at INTEGER
      ) STRICT;
      CREATE UNIQUE INDEX outbox_by_key ON outbox(kind, k1, k2, k3, k4);

      CREATE TABLE superseded(first INTEGER PRIMARY KEY, last INTEGER NOT NULL, cause TEXT NOT NULL) STRICT;
      -- Windows deleted before they were sent. What no coarser window covers when the transaction ends was dropped.
      CREATE TABLE given_up(
        seq INTEGER PRIMARY KEY, series INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX given_up_by_series ON given_up(series, start);

      -- INSERT INTO supersede joins a sequence to the ranges beside it.
      CREATE VIEW supersede(seq, cause) AS SELECT first, cause FROM superseded;
      CREATE TRIGGER supersede_insert INSTEAD OF INSERT ON supersede BEGIN
        INSERT INTO superseded(first, last, cause) SELECT
          coalesce((SELECT first FROM (SELECT first, last, cause FROM superseded WHERE first < NEW.seq ORDER BY first DESC LIMIT 1)
            WHERE last = NEW.seq - 1 AND cause = NEW.cause), NEW.seq),
          coalesce((SELECT last FROM superseded WHERE first = NEW.seq + 1 AND cause = NEW.cause), NEW.seq),
          NEW.cause
        WHERE true ON CONFLICT(first) DO UPDATE SET last = excluded.last;
        DELETE FROM superseded WHERE first = NEW.seq + 1 AND cause = NEW.cause;
      END;

      -- Epoch and link as granted (0: never), and the nonce of a hello that is not answered yet.
      CREATE TABLE link_state(
        id INTEGER PRIMARY KEY CHECK (id = 1),
        db_id TEXT NOT NULL,
        epoch INTEGER NOT NULL DEFAULT 0,
        link INTEGER NOT NULL DEFAULT 0,
        quarantined INTEGER NOT NULL DEFAULT 0,
        nonce TEXT,
        -- Records of this event time or later are to be sent again, and how far that has come (JSON).
        resend_from INTEGER,
        resend_after TEXT
      ) STRICT;
      -- A version 4 UUID (RFC 9562).
      INSERT INTO link_state(id, db_id) SELECT 1, format('%s-%s-4%s-%s%s-%s', substr(h, 1, 8), substr(h, 9, 4),
        substr(h, 13, 3), substr('89ab', 1 + abs(random() % 4), 1), substr(h, 16, 3), substr(h, 19, 12))
        FROM (SELECT lower(hex(randomblob(16))) AS h);
      -- Each start of the agent on this database, by the sequence it began with. A disk put back from an image does not
      -- have the runs that it missed.
      CREATE TABLE runs(first_seq INTEGER PRIMARY KEY, id INTEGER NOT NULL) STRICT;
      -- Commit times of acknowledgements under this link of which the cloud has not been told, or may have lost: a cloud
      -- that does not know one was restored to an earlier time.
      CREATE TABLE unconfirmed_acks(committed_at INTEGER PRIMARY KEY) STRICT;
      -- The oldest event time among what was acknowledged in an hour of the cloud's time: tells what a cloud that was
      -- restored to an earlier time has lost. The first row stands for all hours up to its own.
      CREATE TABLE ack_marks(hour INTEGER PRIMARY KEY, oldest INTEGER NOT NULL) STRICT;
      ${SOURCES.map(triggers).join('')}
    `,
  },
  { id: 401, name: 'outbox: evidence', sql: triggers(EVIDENCE) },
  {
    id: 402,
    name: 'outbox: what was given up for space',
    sql: `
      CREATE TABLE conceded(what TEXT PRIMARY KEY, records INTEGER NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
  },
  { id: 403, name: 'outbox: decisions', sql: triggers(DECISIONS) },
]
