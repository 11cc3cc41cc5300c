import type { Connection } from '../platform/database.ts'

/** Where a pass over all records has come to: the kind, and the key of the last record looked at. */
interface Position {
  readonly kind: 'evidence' | 'decision' | 'forecast' | 'window'
  readonly key: readonly (string | number)[]
}

interface Pass {
  readonly kind: Position['kind']
  readonly table: string
  readonly key: readonly string[]
  readonly at: string
}

const PASSES: readonly Pass[] = [
  { kind: 'evidence', table: 'evidence', key: ['model', 'champion', 'candidate', 'day'], at: 'at' },
  { kind: 'decision', table: 'decisions', key: ['id'], at: 'issued_at' },
  { kind: 'forecast', table: 'forecasts', key: ['model', 'version', 'issued_at', 'entity'], at: 'issued_at' },
  { kind: 'window', table: 'windows', key: ['series', 'start', '"end"'], at: 'start' },
]

/**
 * Makes dirty, under new sequences, what the cloud acknowledged and has lost: all records of the event time or later that
 * `takeGrant` noted. Looks at no more than `limit` rows of each table; true when there is nothing left to do.
 */
export function resend(db: Connection, { limit }: { limit: number }): boolean {
  const { from, after } = db
    .statement<[], { from: number | null; after: string | null }>(
      'SELECT resend_from AS "from", resend_after AS after FROM link_state',
    )
    .get()!
  if (from === null) return true
  const position = after === null ? undefined : (JSON.parse(after) as Position)
  if (!position) touchSmall(db, from)
  for (const pass of PASSES.slice(position ? PASSES.findIndex(({ kind }) => kind === position.kind) : 0)) {
    const start = position?.kind === pass.kind ? position.key : undefined
    const next = touch(db, pass, { from, after: start, limit })
    if (next) {
      db.statement('UPDATE link_state SET resend_after = ?').run(JSON.stringify({ kind: pass.kind, key: next }))
      return false
    }
  }
  db.statement('UPDATE link_state SET resend_from = NULL, resend_after = NULL').run()
  return true
}

/** Events and the reported state are few. */
function touchSmall(db: Connection, from: number): void {
  db.statement(
    `INSERT INTO outbox(kind, k1, at) SELECT 'event', id, at FROM events WHERE at >= ?
       AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.kind = 'event' AND o.k1 = events.id)`,
  ).run(from)
  db.statement(
    `INSERT INTO outbox(kind, k1) SELECT 'reported', id FROM reported
       WHERE NOT EXISTS (SELECT 1 FROM outbox o WHERE o.kind = 'reported')`,
  ).run()
}

/** Looks at the next `limit` rows in the order of their keys; returns the last one's key where there may be more. */
function touch(
  db: Connection,
  { kind, table, key, at }: Pass,
  { from, after, limit }: { from: number; after: readonly (string | number)[] | undefined; limit: number },
): readonly (string | number)[] | undefined {
  const columns = key.join(', ')
  const beyond = after ? `WHERE (${columns}) > (${key.map(() => '?').join(', ')})` : ''
  const last = db
    .statement<unknown[], (string | number)[]>(
      `SELECT ${columns} FROM ${table} ${beyond} ORDER BY ${columns} LIMIT 1 OFFSET ?`,
    )
    .raw()
    .get(...(after ?? []), limit - 1)
  const until = last ? `AND (${columns}) <= (${key.map(() => '?').join(', ')})` : ''
  const outboxKey = ['k1', 'k2', 'k3', 'k4'].slice(0, key.length)
  db.statement(
    `INSERT INTO outbox(kind, ${outboxKey.join(', ')}, at)
       SELECT '${kind}', ${columns}, ${at} FROM ${table} t ${beyond || 'WHERE true'} ${until} AND ${at} >= ?
       AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.kind = '${kind}'
         AND ${outboxKey.map((k, i) => `o.${k} = t.${key[i]}`).join(' AND ')})`,
  ).run(...(after ?? []), ...(last ?? []), from)
  return last
}
