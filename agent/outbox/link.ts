import { randomBytes, randomInt } from 'node:crypto'
import { type Grant, type Hello, MAX_RUNS, type Ranges, type Run } from '@storecast/shared/wire'
import type { Connection } from '../platform/database.ts'

/** A hello but for what the connection adds. */
export type HelloState = Omit<Hello, 'session' | 'challenge'>

/** What the device holds of its link to the cloud. */
export interface LinkState {
  readonly dbId: string
  readonly epoch: number
  readonly link: number
  readonly quarantined: boolean
  /** Whether records are still to be sent again: see `resend`. */
  readonly resending: boolean
}

interface LinkRow {
  readonly db_id: string
  readonly epoch: number
  readonly link: number
  readonly quarantined: number
  readonly nonce: string | null
  readonly resend_from: number | null
}

const HOUR_MS = 3_600_000
/** How far back acknowledgements are told apart by the hour. */
const MARKED_HOURS = 100 * 24

export function readLink(db: Connection): LinkState {
  const row = readRow(db)
  return {
    dbId: row.db_id,
    epoch: row.epoch,
    link: row.link,
    quarantined: row.quarantined === 1,
    resending: row.resend_from !== null,
  }
}

/** The sequence that the next change will take. */
export function nextSequence(db: Connection): number {
  const sql = "SELECT seq FROM sqlite_sequence WHERE name = 'outbox'"
  return ((db.statement(sql).pluck().get() as number | undefined) ?? 0) + 1
}

/** Of the newest, if there are very many: a lost one shows in any. */
const TOLD_ACKS = 64

/** Commit times of acknowledgements that the cloud may have forgotten, ascending. */
export function unconfirmedAcks(db: Connection): readonly number[] {
  const sql = 'SELECT committed_at FROM unconfirmed_acks ORDER BY committed_at DESC LIMIT ?'
  return db.statement<[number], number>(sql).pluck().all(TOLD_ACKS).reverse()
}

/** Notes that the agent has started on this database, before any record takes a sequence. */
export function beginRun(db: Connection): void {
  const first = nextSequence(db)
  db.statement('INSERT OR REPLACE INTO runs(first_seq, id) VALUES (?, ?)').run(first, randomInt(2 ** 48 - 1))
  const sql = 'DELETE FROM runs WHERE first_seq < (SELECT first_seq FROM runs ORDER BY first_seq DESC LIMIT 1 OFFSET ?)'
  db.statement(sql).run(MAX_RUNS - 1)
}

/** The next hello. Its nonce is on disk before it is sent, and stays the same until it is answered. */
export function hello(db: Connection): HelloState {
  const row = readRow(db)
  const nonce = row.nonce ?? randomBytes(8).toString('hex')
  if (row.nonce === null) db.statement('UPDATE link_state SET nonce = ?').run(nonce)
  return {
    dbId: row.db_id,
    epoch: row.epoch,
    link: row.link,
    nextSeq: nextSequence(db),
    nonce,
    acknowledged: unconfirmedAcks(db),
    runs: db.statement<[], Run>('SELECT first_seq AS first, id FROM runs ORDER BY first_seq').all(),
    quarantined: row.quarantined === 1,
  }
}

/**
 * Takes the link that the hello with this nonce was granted; false where that hello was answered before.
 *
 * A new epoch leaves the dirty set as it is: every row in it is sent again under the new one.
 */
export function takeGrant(db: Connection, { nonce, grant }: { nonce: string; grant: Grant }): boolean {
  const { epoch, link, quarantined, resendSince } = grant
  const taken = db
    .statement('UPDATE link_state SET epoch = ?, link = ?, quarantined = ?, nonce = NULL WHERE nonce = ?')
    .run(epoch, link, quarantined ? 1 : 0, nonce)
  if (taken.changes === 0) return false
  db.statement('DELETE FROM unconfirmed_acks').run()
  if (resendSince !== undefined) {
    const from = db
      .statement('SELECT min(oldest) FROM ack_marks WHERE hour >= ?')
      .pluck()
      .get(Math.floor(resendSince / HOUR_MS)) as number | null
    if (from !== null) {
      db.statement('UPDATE link_state SET resend_from = min(?, ifnull(resend_from, ?)), resend_after = NULL').run(
        from,
        from,
      )
    }
  }
  return true
}

export interface Acknowledgement {
  readonly epoch: number
  readonly link: number
  readonly committed: Ranges
  readonly committedAt: number
  /** Commit times that the acknowledged batches told: the cloud knows them. */
  readonly confirmed: readonly number[]
}

/**
 * Lets go of exactly these sequences: a record that was revised since it was sent has another one, and stays. An
 * acknowledgement for any other epoch or link is none of ours. Returns how many records left.
 */
export function acknowledge(db: Connection, acknowledgement: Acknowledgement): number {
  const { epoch, link, committed, committedAt, confirmed } = acknowledgement
  const held = readRow(db)
  if (held.epoch !== epoch || held.link !== link) return 0
  let removed = 0
  let oldest = Number.MAX_SAFE_INTEGER
  for (const [first, last] of committed) {
    const at = db.statement('SELECT min(at) FROM outbox WHERE seq BETWEEN ? AND ?').pluck().get(first, last)
    oldest = Math.min(oldest, (at as number | null) ?? Number.MAX_SAFE_INTEGER)
    removed += db.statement('DELETE FROM outbox WHERE seq BETWEEN ? AND ?').run(first, last).changes
    db.statement('DELETE FROM given_up WHERE seq BETWEEN ? AND ?').run(first, last)
    cutSuperseded(db, first, last)
  }
  for (const time of confirmed) db.statement('DELETE FROM unconfirmed_acks WHERE committed_at = ?').run(time)
  db.statement('INSERT OR IGNORE INTO unconfirmed_acks(committed_at) VALUES (?)').run(committedAt)
  // The reported state has no event time: it leaves a mark, and is always sent again.
  if (removed > 0) mark(db, Math.floor(committedAt / HOUR_MS), oldest)
  return removed
}

/** Takes [first, last] out of the ranges it meets. */
function cutSuperseded(db: Connection, first: number, last: number): void {
  const met = db
    .statement<[number, number, number], { first: number; last: number; cause: string }>(
      `SELECT * FROM superseded WHERE last >= ? AND first <= ?
         AND first >= ifnull((SELECT max(first) FROM superseded WHERE first <= ?), 0)`,
    )
    .all(first, last, first)
  const add = db.statement('INSERT INTO superseded(first, last, cause) VALUES (?, ?, ?)')
  for (const range of met) {
    db.statement('DELETE FROM superseded WHERE first = ?').run(range.first)
    if (range.first < first) add.run(range.first, first - 1, range.cause)
    if (range.last > last) add.run(last + 1, range.last, range.cause)
  }
}

function mark(db: Connection, hour: number, oldest: number): void {
  const known = db.statement('SELECT oldest FROM ack_marks WHERE hour = ?').pluck().get(hour) as number | undefined
  if (known !== undefined && known <= oldest) return
  const write = db.statement(
    'INSERT INTO ack_marks(hour, oldest) VALUES (?, ?) ON CONFLICT DO UPDATE SET oldest = min(oldest, excluded.oldest)',
  )
  write.run(hour, oldest)
  if (known !== undefined) return
  const forgotten = hour - MARKED_HOURS
  const before = db.statement('SELECT min(oldest) FROM ack_marks WHERE hour < ?').pluck().get(forgotten) as
    | number
    | null
  if (before === null) return
  db.statement('DELETE FROM ack_marks WHERE hour < ?').run(forgotten)
  write.run(forgotten, before)
}

const readRow = (db: Connection) => db.statement<[], LinkRow>('SELECT * FROM link_state').get()!
