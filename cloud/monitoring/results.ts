import { ModelName } from '@storecast/shared/contracts'
import type { Pool, PoolClient } from 'pg'
import { z } from 'zod'
import { deviceWithin, type LabelLimit, NO_LIMIT } from '../platform/label-limit.ts'
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

export interface StoredPerformance extends PerformanceResult {
  readonly run: string
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

const ROWS_A_STATEMENT = 2000

/** Replaces what an earlier attempt at the run has left. */
export async function storeResults(
  client: PoolClient,
  run: string,
  { drift, performance }: { drift: readonly DriftResult[]; performance: readonly PerformanceResult[] },
): Promise<void> {
  await client.query('DELETE FROM drift WHERE run = $1', [run])
  await client.query('DELETE FROM performance WHERE run = $1', [run])
  for (let at = 0; at < drift.length; at += ROWS_A_STATEMENT) {
    await client.query(
      `INSERT INTO drift (run, scope, name, kind, model, version, column_name, from_at, to_at, devices, rows, effective,
         statistics, p, q, verdict, reason, previous_psi, bins)
       SELECT $1, r.scope, r.name, r.kind, r.model, r.version, r."column", r."from", r."to", r.devices, r.rows, r.effective,
         r.statistics, r.p, r.q, r.verdict, r.reason,
         (SELECT (d.statistics->'psi'->>'value')::float8 FROM drift d WHERE d.scope = r.scope AND d.name = r.name
            AND d.kind = r.kind AND d.model = r.model AND d.version = r.version AND d.column_name = r."column"
            AND d.run < $1 ORDER BY d.run DESC LIMIT 1), r.bins
       FROM jsonb_to_recordset($2::jsonb) AS r (scope text, name text, kind text, model text, version int8, "column" text,
         "from" int8, "to" int8, devices int4, rows int8, effective float8, statistics jsonb, p float8, q float8,
         verdict text, reason text, bins jsonb)`,
      [run, JSON.stringify(drift.slice(at, at + ROWS_A_STATEMENT))],
    )
  }
  await client.query(
    `INSERT INTO performance (run, scope, name, model, version, horizon, from_at, to_at, devices, rows, left_out, days,
       scores, validation, p, q, verdict, reason)
     SELECT $1, scope, name, model, version, horizon, "from", "to", devices, rows, "leftOut", days, scores, validation, p,
       q, verdict, reason
     FROM jsonb_to_recordset($2::jsonb) AS r (scope text, name text, model text, version int8, horizon text, "from" int8,
       "to" int8, devices int4, rows int8, "leftOut" int8, days jsonb, scores jsonb, validation jsonb, p float8, q float8,
       verdict text, reason text)`,
    [run, JSON.stringify(performance)],
  )
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
  const { run, scope, name, model, kind, column, verdict, bins = false, after, limit, within = NO_LIMIT } = filter
  const { rows } = await pool.query<StoredDrift>(
    `SELECT r.run::text, r.scope, r.name, r.kind, r.model, r.version, r.column_name AS "column", r.from_at AS "from",
       r.to_at AS "to", r.devices, r.rows, r.effective, r.statistics, r.p, r.q, r.verdict, r.reason,
       r.previous_psi AS "previousPsi", ${bins ? 'r.bins' : 'NULL AS bins'}
     FROM drift r WHERE ${ofRun(run)} AND ($2::text IS NULL OR r.scope = $2) AND ($3::text IS NULL OR r.name = $3)
       AND ($4::text IS NULL OR r.model = $4) AND ($5::text IS NULL OR r.kind = $5)
       AND ($6::text IS NULL OR r.column_name = $6) AND ($7::text IS NULL OR r.verdict = $7) AND ${resultWithin(10)}
       AND ($8::jsonb IS NULL OR r.run < ($8->>0)::int8 OR r.run = ($8->>0)::int8
         AND (r.scope, r.name, r.kind, r.model, r.version, r.column_name)
           > ($8->>1, $8->>2, $8->>3, $8->>4, ($8->>5)::int8, $8->>6))
     ORDER BY r.run DESC, r.scope, r.name, r.kind, r.model, r.version, r.column_name LIMIT $9`,
    [
      ...[runOf(run), scope ?? null, name ?? null, model ?? null, kind ?? null, column ?? null, verdict ?? null],
      after === undefined ? null : JSON.stringify(fromCursor(after, DriftPosition)),
      ...[limit + 1, within],
    ],
  )
  return toPage(rows, limit, (row) =>
    toCursor([Number(row.run), row.scope, row.name, row.kind, row.model, row.version, row.column]),
  )
}

export interface PerformanceFilter extends ResultFilter {
  readonly verdict?: PerformanceVerdict | undefined
}

const PerformancePosition = z.tuple([z.int(), z.string(), z.string(), ModelName, z.int(), z.string()])

/** Newest run first, then by scope and model. */
export async function listPerformance(
  pool: Pool,
  { run, scope, name, model, verdict, after, limit, within = NO_LIMIT }: PerformanceFilter & PageRequest,
): Promise<Page<StoredPerformance>> {
  const { rows } = await pool.query<StoredPerformance>(
    `SELECT r.run::text, r.scope, r.name, r.model, r.version, r.horizon, r.from_at AS "from", r.to_at AS "to", r.devices,
       r.rows, r.left_out AS "leftOut", r.days, r.scores, r.validation, r.p, r.q, r.verdict, r.reason
     FROM performance r WHERE ${ofRun(run)} AND ($2::text IS NULL OR r.scope = $2) AND ($3::text IS NULL OR r.name = $3)
       AND ($4::text IS NULL OR r.model = $4) AND ($5::text IS NULL OR r.verdict = $5)
       AND ${resultWithin(8)}
       AND ($6::jsonb IS NULL OR r.run < ($6->>0)::int8 OR r.run = ($6->>0)::int8
         AND (r.scope, r.name, r.model, r.version, r.horizon) > ($6->>1, $6->>2, $6->>3, ($6->>4)::int8, $6->>5))
     ORDER BY r.run DESC, r.scope, r.name, r.model, r.version, r.horizon LIMIT $7`,
    [
      ...[runOf(run), scope ?? null, name ?? null, model ?? null, verdict ?? null],
      after === undefined ? null : JSON.stringify(fromCursor(after, PerformancePosition)),
      ...[limit + 1, within],
    ],
  )
  return toPage(rows, limit, (row) =>
    toCursor([Number(row.run), row.scope, row.name, row.model, row.version, row.horizon]),
  )
}

/** Results of devices within a label limit, and of labels' values that lie whole within it. */
const resultWithin = (parameter: number) =>
  `(r.scope = 'device' AND ${deviceWithin('r.name', parameter)} OR $${parameter}::jsonb = '{}'
    OR r.scope NOT IN ('device', 'fleet') AND jsonb_build_object(r.scope, r.name) @> $${parameter}::jsonb)`

/** Parameter 1 is `runOf`'s. */
const ofRun = (run: string | undefined) =>
  run === 'all'
    ? '$1::int8 IS NULL'
    : "r.run = coalesce($1::int8, (SELECT max(id) FROM monitoring_runs WHERE state = 'succeeded'))"
const runOf = (run: string | undefined) => (run === undefined || run === 'all' ? null : Number(run))
