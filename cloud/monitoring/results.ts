import { ModelName } from '@storecast/shared/contracts'
import type { Pool, PoolClient } from 'pg'
import { z } from 'zod'
import { devicesWithin, isLimited, type LabelLimit, NO_LIMIT } from '../platform/label-limit.ts'
import { fromCursor, type Page, type PageRequest, toCursor, toPage } from '../platform/paging.ts'
import type { DriftResult, DriftVerdict } from './compare.ts'
import type { PerformanceResult, PerformanceVerdict } from './performance.ts'
import type { Column } from './subjects.ts'

/** A result as it is read: with its run, and what the run before said. */
export interface StoredDrift extends DriftResult {
  readonly run: string
  /** PSI of the same column and scope the time before; null: the first, or nothing could be said. */
  readonly previousPsi: number | null
}

export interface StoredPerformance extends Omit<PerformanceResult, 'days'> {
  readonly run: string
  /** Null unless asked for. */
  readonly days: PerformanceResult['days'] | null
}

export interface ResultFilter {
  /** A run's number; `all`: of every run, newest first. Default: the newest that succeeded. */
  readonly run?: string | undefined
  readonly scope?: string | undefined
  readonly name?: string | undefined
  readonly model?: string | undefined
  readonly within?: LabelLimit
}

export interface DriftFilter extends ResultFilter {
  readonly kind?: Column['kind'] | undefined
  readonly column?: string | undefined
  readonly verdict?: DriftVerdict | undefined
  /** With what was compared; many times as long. */
  readonly bins?: boolean
}

/** Devices by model and version, and whether something of what the model takes or tells has drifted there, of a run. */
export async function modelFindings(pool: Pool, run: string): Promise<ModelFinding[]> {
  const { rows } = await pool.query<ModelFinding>(
    `SELECT 'device' AS scope, name, model, version, CASE WHEN bool_or(verdict = 'drift') THEN 'drift' ELSE 'stable' END AS verdict
     FROM drift WHERE run = $1 AND scope = 'device' AND model <> '' AND verdict <> 'insufficient' GROUP BY name, model, version`,
    [run],
  )
  return rows
}

export interface ModelFinding extends Pick<DriftResult, 'scope' | 'name' | 'model' | 'version'> {
  readonly verdict: 'drift' | 'stable'
}

/** Runs for which everything is kept; of older ones, what stands out, and what is about groups. */
const KEPT_WHOLE = 30

export async function pruneResults(client: PoolClient, run: string): Promise<void> {
  await client.query(
    "DELETE FROM drift WHERE run <= $1::int8 - $2 AND scope = 'device' AND verdict IN ('stable', 'insufficient')",
    [run, KEPT_WHOLE],
  )
  await client.query(
    "DELETE FROM performance WHERE run <= $1::int8 - $2 AND scope = 'device' AND verdict IN ('as-validated', 'insufficient')",
    [run, KEPT_WHOLE],
  )
}

const DriftPosition = z.tuple([
  z.int(),
  z.string(),
  z.string(),
  z.string(),
  ModelName.or(z.literal('')),
  z.int(),
  z.string(),
])

/** Newest run first, then by scope and column. */
export async function listDrift(pool: Pool, filter: DriftFilter & PageRequest): Promise<Page<StoredDrift>> {
  const { kind, column, bins = false, after, limit } = filter
  const { page, values } = paging(
    filter,
    { kind, column_name: column },
    {
      table: 'drift',
      key: ['scope', 'name', 'kind', 'model', 'version', 'column_name'],
      after: after === undefined ? undefined : fromCursor(after, DriftPosition),
    },
  )
  const { rows } = await pool.query<StoredDrift>(
    `SELECT r.run::text, r.scope, r.name, r.kind, r.model, r.version, r.column_name AS "column", r.from_at AS "from",
       r.to_at AS "to", r.devices, r.rows, r.effective, r.statistics, r.p, r.q, r.verdict, r.reason,
       r.previous_psi AS "previousPsi", ${bins ? 'r.bins' : 'NULL AS bins'}
     FROM ${page}`,
    values,
  )
  return toPage(rows, limit, (row) =>
    toCursor([Number(row.run), row.scope, row.name, row.kind, row.model, row.version, row.column]),
  )
}

export interface PerformanceFilter extends ResultFilter {
  readonly verdict?: PerformanceVerdict | undefined
  /** With the scores of every day; many times as long. */
  readonly days?: boolean
}

const PerformancePosition = z.tuple([z.int(), z.string(), z.string(), ModelName, z.int(), z.string()])

/** Newest run first, then by scope and model. */
export async function listPerformance(
  pool: Pool,
  filter: PerformanceFilter & PageRequest,
): Promise<Page<StoredPerformance>> {
  const { days = false, after, limit } = filter
  const { page, values } = paging(
    filter,
    {},
    {
      table: 'performance',
      key: ['scope', 'name', 'model', 'version', 'horizon'],
      after: after === undefined ? undefined : fromCursor(after, PerformancePosition),
    },
  )
  const { rows } = await pool.query<StoredPerformance>(
    `SELECT r.run::text, r.scope, r.name, r.model, r.version, r.horizon, r.from_at AS "from", r.to_at AS "to", r.devices,
       r.rows, r.left_out AS "leftOut", ${days ? 'r.days' : 'NULL AS days'}, r.scores, r.validation, r.p, r.q, r.verdict,
       r.reason
     FROM ${page}`,
    values,
  )
  return toPage(rows, limit, (row) =>
    toCursor([Number(row.run), row.scope, row.name, row.model, row.version, row.horizon]),
  )
}

interface Place {
  readonly table: 'drift' | 'performance'
  /** Columns that order the results of a run. */
  readonly key: readonly string[]
  /** Run and key of the last result of the page before. */
  readonly after: readonly [run: number, ...key: (string | number)[]] | undefined
}

/**
 * What a query reads, as `r`: a page of results and one more. Only what is asked for is in it, so that of one run an index finds
 * the page where it begins; what lies within a limit is looked for by an index of its own each, devices and the one group.
 */
function paging(
  filter: ResultFilter & PageRequest & { readonly verdict?: string | undefined },
  more: Readonly<Record<string, string | undefined>>,
  { table, key, after }: Place,
): { readonly page: string; readonly values: unknown[] } {
  const { run, scope, name, model, verdict, within = NO_LIMIT, limit } = filter
  const values: unknown[] = []
  const add = (value: unknown) => `$${values.push(value)}`
  const equal = Object.entries({ scope, name, model, verdict, ...more }).filter(([, value]) => value !== undefined)
  const terms = equal.map(([column, value]) => `r.${column} = ${add(value)}`)
  if (run === undefined) terms.push("r.run = (SELECT max(id) FROM monitoring_runs WHERE state = 'succeeded')")
  else if (run !== 'all') terms.push(`r.run = ${add(Number(run))}`)
  if (after) {
    const [last, ...position] = after
    const beyond = `(${key.map((column) => `r.${column}`).join(', ')}) > (${position.map(add).join(', ')})`
    if (run === 'all') {
      const at = add(last)
      terms.push(`r.run <= ${at} AND (r.run < ${at} OR ${beyond})`)
    } else terms.push(beyond)
  }
  const most = add(limit + 1)
  const order = `ORDER BY ${['r.run DESC', ...key.map((column) => `r.${column}`)].join(', ')} LIMIT ${most}`
  const part = (some: readonly string[]) =>
    `(SELECT * FROM ${table} r WHERE ${some.length === 0 ? 'true' : some.join(' AND ')} ${order})`
  const parts = isLimited(within) ? resultsWithin(within, values).map((one) => part([...terms, one])) : [part(terms)]
  return { page: `(${parts.join(' UNION ALL ')}) r ${order}`, values }
}

/** Results of devices within a label limit; and of the group of one label's value, where the limit is just that. */
function resultsWithin(within: LabelLimit, values: unknown[]): string[] {
  const devices = `r.scope = 'device' AND r.name = ANY(${devicesWithin(values.push(within))})`
  const [[label, value], ...others] = Object.entries(within) as [[string, string], ...[string, string][]]
  if (others.length > 0 || ['device', 'fleet'].includes(label)) return [devices]
  return [devices, `r.scope = $${values.push(label)} AND r.name = $${values.push(value)}`]
}
