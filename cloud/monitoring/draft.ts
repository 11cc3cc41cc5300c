import type { Pool, PoolClient } from 'pg'
import { type Column, copyRows, layoutOf } from '../ingest/index.ts'
import type { Compared, DriftJudgement } from './compare.ts'
import type { Judged, PerformanceJudgement } from './performance.ts'

/**
 * What a run has found while it goes on: in temporary tables of one connection, so that nobody sees half a run, and nothing of
 * it is left where its process or connection ends.
 */
export interface Draft extends AsyncDisposable {
  addDrift(compared: readonly Compared[]): Promise<void>
  addPerformance(judged: readonly Judged[]): Promise<void>
  /**
   * Makes the results those of the run, with what is said of each in the order in which they were added, and whatever `also`
   * does, in one transaction; they replace what another attempt at the run has left.
   */
  publish(run: string, judgements: Judgements, also: (client: PoolClient) => Promise<void>): Promise<void>
}

export interface Judgements {
  readonly drift: readonly DriftJudgement[]
  readonly performance: readonly PerformanceJudgement[]
}

type Numbered<T> = T & { readonly nth: number }

const DRIFT: readonly Column<Numbered<Compared>>[] = [
  ['nth', 'int4', (r) => r.nth],
  ['scope', 'text', (r) => r.scope],
  ['name', 'text', (r) => r.name],
  ['kind', 'text', (r) => r.kind],
  ['model', 'text', (r) => r.model],
  ['version', 'int8', (r) => r.version],
  ['column_name', 'text', (r) => r.column],
  ['from_at', 'int8', (r) => r.from],
  ['to_at', 'int8', (r) => r.to],
  ['devices', 'int4', (r) => r.devices],
  ['rows', 'int8', (r) => r.rows],
  ['effective', 'float8', (r) => r.effective],
  ['statistics', 'jsonb', (r) => r.statistics],
  ['p', 'float8', (r) => r.p],
  ['reason', 'text', (r) => r.reason],
  ['bins', 'jsonb', (r) => r.bins],
]

const PERFORMANCE: readonly Column<Numbered<Judged>>[] = [
  ['nth', 'int4', (r) => r.nth],
  ['scope', 'text', (r) => r.scope],
  ['name', 'text', (r) => r.name],
  ['model', 'text', (r) => r.model],
  ['version', 'int8', (r) => r.version],
  ['horizon', 'text', (r) => r.horizon],
  ['from_at', 'int8', (r) => r.from],
  ['to_at', 'int8', (r) => r.to],
  ['devices', 'int4', (r) => r.devices],
  ['rows', 'int8', (r) => r.rows],
  ['left_out', 'int8', (r) => r.leftOut],
  ['days', 'jsonb', (r) => r.days],
  ['scores', 'jsonb', (r) => r.scores],
  ['validation', 'jsonb', (r) => r.validation],
  ['p', 'float8', (r) => r.p],
  ['reason', 'text', (r) => r.reason],
]

/** PSI of the same column and scope the time before, whenever that was. */
const PREVIOUS_PSI = `(SELECT (b.statistics->'psi'->>'value')::float8 FROM drift b WHERE b.scope = d.scope AND b.name = d.name
  AND b.kind = d.kind AND b.model = d.model AND b.version = d.version AND b.column_name = d.column_name
  AND b.run < $1::int8 ORDER BY b.run DESC LIMIT 1)`

/** Rows that one statement takes over. */
const PUBLISHED_AT_ONCE = 5000

/** Holds a connection of the pool until it is disposed of. */
export async function openDraft(pool: Pool): Promise<Draft> {
  const client = await pool.connect()
  let broken: Error | undefined
  const counts = { drift: 0, performance: 0 }
  const doing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      broken = error as Error
      throw error
    }
  }
  await client.query(create('drift', DRIFT) + create('performance', PERFORMANCE)).catch((error: Error) => {
    client.release(error)
    throw error
  })
  const drift = layoutOf(DRIFT)
  const performance = layoutOf(PERFORMANCE)
  return {
    addDrift: (compared) =>
      doing(async () => {
        const rows = compared.map((one) => ({ ...one, nth: counts.drift++ }))
        await copyRows(client, 'drafted_drift', drift, rows)
      }),
    addPerformance: (judged) =>
      doing(async () => {
        const rows = judged.map((one) => ({ ...one, nth: counts.performance++ }))
        await copyRows(client, 'drafted_performance', performance, rows)
      }),
    publish: (run, judgements, also) =>
      doing(async () => {
        await client.query('BEGIN')
        for (const table of ['drift', 'performance'] as const) {
          await client.query(`DELETE FROM ${table} WHERE run = $1`, [run])
          const sql = publishing(table)
          const of = judgements[table]
          for (let at = 0; at < of.length; at += PUBLISHED_AT_ONCE) {
            const some = of.slice(at, at + PUBLISHED_AT_ONCE)
            await client.query(sql, [run, at, some.map(({ q }) => q), some.map(({ verdict }) => verdict)])
          }
        }
        await also(client)
        await client.query('COMMIT')
      }),
    async [Symbol.asyncDispose]() {
      // With the connection goes all that it has made; what failed may be anywhere in a transaction.
      await client.query('DROP TABLE IF EXISTS drafted_drift, drafted_performance').catch((error: Error) => {
        broken ??= error
      })
      client.release(broken)
    },
  }
}

const create = (table: 'drift' | 'performance', columns: readonly Column<never>[]) => `
  CREATE TEMP TABLE drafted_${table} (${columns.map(([name, type]) => `${name} ${type}`).join(', ')}, PRIMARY KEY (nth));`

function publishing(table: 'drift' | 'performance'): string {
  const columns = (table === 'drift' ? DRIFT : PERFORMANCE).slice(1).map(([name]) => name)
  const more = table === 'drift' ? { into: ', previous_psi', from: `, ${PREVIOUS_PSI}` } : { into: '', from: '' }
  return `INSERT INTO ${table} (run, ${columns.join(', ')}, q, verdict${more.into})
    SELECT $1::int8, ${columns.map((name) => `d.${name}`).join(', ')}, j.q, j.verdict${more.from}
    FROM unnest($3::float8[], $4::text[]) WITH ORDINALITY AS j (q, verdict, place)
    JOIN drafted_${table} d ON d.nth = $2::int4 + j.place - 1`
}
