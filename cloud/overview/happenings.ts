import type { Pool } from 'pg'
import { z } from 'zod'
import type { Permission } from '../people/index.ts'
import { type LabelLimit, siteTerms, siteWithin } from '../platform/label-limit.ts'
import { fromCursor, type Page, type PageRequest, toCursor, toPage } from '../platform/paging.ts'
import { DEVICE_SOURCES } from './device-happenings.ts'
import { FLEET_SOURCES } from './fleet-happenings.ts'
import { HAPPENING_KINDS, type Happening, type HappeningKind } from './happening.ts'

/** What one must be allowed to see to hear of each kind. */
const NEEDS: Readonly<Record<HappeningKind, Permission>> = {
  device: 'device.read',
  connection: 'device.read',
  certificate: 'device.read',
  rollout: 'rollout.read',
  model: 'model.read',
  alert: 'alert.read',
  task: 'task.read',
  event: 'telemetry.read',
  gap: 'telemetry.read',
  support: 'device.diagnose',
}

export interface HappeningQuery extends PageRequest {
  /** Unix ms, both included. */
  readonly from: number
  readonly to: number
  readonly within: LabelLimit
  /** Of the caller: what they may not see is left out, and so is who did something that the audit log alone tells. */
  readonly grants: ReadonlySet<Permission>
  /** All that concerns one device, in place of what is worth a line of the whole fleet. */
  readonly device?: string | undefined
  /** Absent: all. */
  readonly kinds?: readonly HappeningKind[] | undefined
}

const Position = z.tuple([z.int(), z.string(), z.string(), z.string()])
const ORDER = "at DESC, kind DESC, what DESC, key || ' ' || name DESC"

/** Newest first. */
export async function listHappenings(pool: Pool, query: HappeningQuery): Promise<Page<Happening>> {
  const { from, to, after, limit, within, grants, device, kinds = HAPPENING_KINDS } = query
  const position = after === undefined ? null : fromCursor(after, Position)
  const sources = (device === undefined ? FLEET_SOURCES : DEVICE_SOURCES).filter(
    ({ kind }) => kinds.includes(kind) && grants.has(NEEDS[kind]),
  )
  const site = device === undefined ? null : await siteOf(pool, device, within)
  if (sources.length === 0 || site === undefined) return { items: [] }
  // Each source gives no more than the page holds: what has an index by time is read no further.
  const parts = sources.map(
    ({ sql }) => `(SELECT * FROM (${sql}) AS source WHERE at >= $4 AND at <= $5
      AND ($7::int8 IS NULL OR (at, kind, what, key || ' ' || name) < ($7, $8, $9, $10)) ORDER BY ${ORDER} LIMIT $6)`,
  )
  const { rows } = await pool.query<Happening>(
    `WITH parameters AS (SELECT $1::jsonb, $2::text, $3::boolean, $11::text),
       sites_within AS MATERIALIZED (SELECT s.id FROM sites s WHERE ${siteTerms('s')} @> $1::jsonb)
     SELECT at, kind, what, key, name, site, detail, severity, who FROM (${parts.join(' UNION ALL ')}) AS happened
     ORDER BY ${ORDER} LIMIT $6`,
    [
      ...[within, device ?? null, grants.has('audit.read'), from, Math.min(to, position?.[0] ?? to), limit + 1],
      ...[...(position ?? [null, null, null, null]), site],
    ],
  )
  return toPage(rows, limit, ({ at, kind, what, key, name }) => toCursor([at, kind, what, `${key} ${name}`]))
}

/** Asked once, and not by each source: planning that took the database longer than the answer. */
async function siteOf(pool: Pool, device: string, within: LabelLimit): Promise<string | undefined> {
  const { rows } = await pool.query<{ site: string }>(
    `SELECT d.site FROM devices d WHERE d.id = $1 AND ${siteWithin('d.site', 2)}`,
    [device, within],
  )
  return rows[0]?.site
}
