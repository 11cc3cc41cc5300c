import type { Pool } from 'pg'
import { type LabelLimit, NO_LIMIT, siteWithin } from '../platform/label-limit.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'

export interface ServingFilter {
  readonly model?: string | undefined
  readonly within?: LabelLimit | undefined
}

/** Devices in service, by what they last said to serve and by what they should. */
export interface ServingCount {
  readonly model: string
  readonly version: number
  readonly serving: number
  readonly desired: number
}

/** By model and version; versions that no device serves or should are left out. */
export async function servingCounts(pool: Pool, { model, within = NO_LIMIT }: ServingFilter): Promise<ServingCount[]> {
  const { rows } = await pool.query<ServingCount>(
    `SELECT model, version, sum(serving)::int4 AS serving, sum(desired)::int4 AS desired FROM (
       SELECT m.key AS model, (m.value->>'active')::int4 AS version, 1 AS serving, 0 AS desired, r.device
       FROM reported r CROSS JOIN jsonb_each(r.body->'models') m WHERE m.value->>'active' IS NOT NULL
       UNION ALL SELECT p.model, p.version, 0, 1, p.device FROM desired_models p
     ) one JOIN devices d ON d.id = one.device
     WHERE d.retired_at IS NULL AND ($1::text IS NULL OR model = $1) AND ${siteWithin('d.site', 2)}
     GROUP BY 1, 2 ORDER BY 1, 2`,
    [model ?? null, within],
  )
  return rows
}

/** What a device serves of a model, and should. */
export interface ServingDevice {
  readonly device: string
  readonly site: string
  readonly online: boolean
  /** Null: none of the model. */
  readonly desiredVersion: number | null
  /** Null: none, or it has not said. */
  readonly servingVersion: number | null
  readonly phase: string | null
  readonly error: { readonly code: string; readonly message: string } | null
  readonly reportedAt: number | null
}

export interface ServingDevicesQuery extends PageRequest {
  readonly model: string
  /** Those that serve the version, or should. */
  readonly version?: number | undefined
  /** Only those that serve another version than they should. */
  readonly differs?: boolean | undefined
  readonly within?: LabelLimit | undefined
}

/** Devices in service that serve some version of the model or should, by id. */
export async function servingDevices(
  pool: Pool,
  { model, version, differs = false, after = '', limit, within = NO_LIMIT }: ServingDevicesQuery,
): Promise<Page<ServingDevice>> {
  const { rows } = await pool.query<ServingDevice>(
    `SELECT * FROM (
       SELECT d.id AS device, d.site, d.online, p.version AS "desiredVersion",
         (r.body->'models'->$1->>'active')::int4 AS "servingVersion", r.body->'models'->$1->>'phase' AS phase,
         r.body->'models'->$1->'error' AS error, r.received_at AS "reportedAt"
       FROM devices d LEFT JOIN desired_models p ON p.device = d.id AND p.model = $1
       LEFT JOIN reported r ON r.device = d.id AND r.body->'models' ? $1
       WHERE d.retired_at IS NULL AND d.id > $2 AND (p.device IS NOT NULL OR r.device IS NOT NULL)
         AND ${siteWithin('d.site', 3)}
     ) one
     WHERE ($4::int8 IS NULL OR "desiredVersion" = $4 OR "servingVersion" = $4)
       AND (NOT $5 OR "desiredVersion" IS DISTINCT FROM "servingVersion")
     ORDER BY device LIMIT $6`,
    [model, after, within, version ?? null, differs, limit + 1],
  )
  return toPage(rows, limit, (one) => one.device)
}
