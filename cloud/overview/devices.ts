import type { UpdatePhase } from '@storecast/shared/contracts'
import type { Pool } from 'pg'
import { z } from 'zod'
import { requireGroups, unknownDevice } from '../devices/index.ts'
import { fromCursor, type Page, type PageRequest, toCursor, toPage } from '../platform/paging.ts'
import { type DeviceFilter, filtering } from './filter.ts'
import { DEVICE_STATES, DEVICES, type DeviceState, STATE } from './states.ts'

/** A model on a device: what it should serve, and how far it is. */
export interface DeviceModel {
  readonly model: string
  /** Null: none of it. */
  readonly desired: number | null
  readonly active: number | null
  /** What it tries to change to; as the device says, as all of the following. Null where it has said nothing. */
  readonly target: number | null
  readonly phase: UpdatePhase | null
  readonly error: { readonly code: string; readonly message: string } | null
  readonly at: number | null
  readonly candidate: { readonly version: number; readonly phase: UpdatePhase } | null
}

/** A device's own clock beside the cloud's; times are the cloud's, Unix ms. */
export interface DeviceClock {
  /** Readings that came without a time are taken under its. */
  readonly trusted: boolean
  /** Since when it has been so. */
  readonly since: number
  /** Milliseconds that it is ahead (below 0: behind), and by how much that may be wrong either way. */
  readonly ahead: number
  readonly within: number
  /** When the two were last compared, and when the device told. */
  readonly checkedAt: number
  readonly toldAt: number
  /** Where its shop lives by a clock that is made up: what that said at `toldAt`, and how many times as fast it runs. */
  readonly madeUp?: { readonly time: number; readonly speed: number }
}

/** A device with how it is. */
export interface DeviceStanding {
  readonly id: string
  readonly site: string
  /** The device's own, on top of its site's. */
  readonly labels: Readonly<Record<string, string>>
  readonly siteLabels: Readonly<Record<string, string>>
  readonly state: DeviceState
  readonly models: readonly DeviceModel[]
  readonly agentVersion: string | null
  readonly enrolledAt: number
  readonly retiredAt: number | null
  readonly online: boolean
  readonly link: number
  readonly presenceAt: number | null
  readonly lastSeen: number | null
  readonly reportedAt: number | null
  /** Alerts about it that fire and are not silenced. */
  readonly alerts: number
  /** What it said last to have waiting. */
  readonly waiting: { readonly records: number; readonly since: number; readonly toldAt: number } | null
  /** What it said last of its own clock; null: it does not say. */
  readonly clock: DeviceClock | null
  /** Of the newest that is not revoked; null: it has a token, or nothing. */
  readonly certificateExpiresAt: number | null
}

export const DEVICE_SORTS = ['id', 'site', 'state', 'lastSeen', 'agent', 'version'] as const
export type DeviceSort = (typeof DEVICE_SORTS)[number]

interface Sort {
  /** @param model parameter that names the model that is asked for */
  readonly sql: (model: string | undefined) => string
  readonly type: 'text' | 'int8'
}

const RANKS = `'{${[...DEVICE_STATES.slice(1), DEVICE_STATES[0]].join(',')}}'::text[]`

/** Each never null, so that a position always has a next. States go from the one that needs somebody most. */
const SORTS: Readonly<Record<DeviceSort, Sort>> = {
  id: { sql: () => `''`, type: 'text' },
  site: { sql: () => 'd.site', type: 'text' },
  state: { sql: () => `array_position(${RANKS}, ${STATE})`, type: 'int8' },
  lastSeen: { sql: () => 'coalesce(d.last_seen, 0)', type: 'int8' },
  agent: { sql: () => `coalesce(r.body->>'agentVersion', '')`, type: 'text' },
  // Of the model that is asked for, else the highest of any.
  version: {
    sql: (model) =>
      model === undefined
        ? `coalesce((SELECT max((said.value->>'active')::int8) FROM jsonb_each(r.body->'models') AS said), 0)`
        : `coalesce((r.body->'models'->${model}->>'active')::int8, 0)`,
    type: 'int8',
  },
}

const MODELS = `(SELECT coalesce(jsonb_agg(jsonb_build_object('model', m.model, 'desired', m.desired, 'active', m.report->'active',
    'target', m.report->'target', 'phase', m.report->'phase', 'error', m.report->'error', 'at', m.report->'at',
    'candidate', CASE WHEN m.report ? 'candidate' THEN jsonb_build_object('version', m.report#>'{candidate,version}',
      'phase', m.report#>'{candidate,phase}') END) ORDER BY m.model), '[]')
  FROM (SELECT coalesce(w.model, said.key) AS model, w.version AS desired, said.value AS report
    FROM (SELECT model, version FROM desired_models WHERE device = d.id) w
    FULL JOIN jsonb_each(r.body->'models') AS said ON said.key = w.model) m)`

/** What is looked up of those that are shown alone. */
const STANDING = `d.id, d.site, d.labels, s.labels AS "siteLabels", ${STATE} AS state, ${MODELS} AS models,
  r.body->>'agentVersion' AS "agentVersion", d.enrolled_at AS "enrolledAt", d.retired_at AS "retiredAt", d.online, d.link,
  d.presence_at AS "presenceAt", d.last_seen AS "lastSeen", r.received_at AS "reportedAt",
  (SELECT count(*)::int4 FROM alerts a WHERE a.labels->>'device' = d.id AND a.state = 'firing'
    AND a.silenced_by IS NULL) AS alerts,
  (SELECT e.waiting FROM device_epochs e WHERE e.device = d.id AND NOT e.quarantined ORDER BY e.epoch DESC LIMIT 1) AS waiting,
  (SELECT e.clock FROM device_epochs e WHERE e.device = d.id AND NOT e.quarantined ORDER BY e.epoch DESC LIMIT 1) AS clock,
  (SELECT max(c.expires_at) FROM device_certificates c WHERE c.device = d.id
    AND NOT EXISTS (SELECT 1 FROM revocations v WHERE v.serial = c.serial)) AS "certificateExpiresAt"`

export interface DeviceList extends DeviceFilter, PageRequest {
  readonly sort?: DeviceSort | undefined
  readonly descending?: boolean | undefined
}

/** @throws NotFoundError `group-unknown`; InvalidError `cursor`, also for one of another order */
export async function listDevices(
  pool: Pool,
  { sort = 'id', descending = false, after, limit, ...filter }: DeviceList,
) {
  await requireGroups(pool, filter.selector?.groups ?? [])
  const { sql, type } = SORTS[sort]
  // A position in one order is none in another.
  const Position = z.tuple([z.literal(sort), z.literal(descending), type === 'text' ? z.string() : z.int(), z.string()])
  const [, , value = null, id = null] = after === undefined ? [] : fromCursor(after, Position)
  const { where, values } = filtering(filter)
  const [beyond, order] = descending ? ['<', 'DESC'] : ['>', 'ASC']
  const add = (added: unknown) => `$${values.push(added)}`
  const key = sql(sort === 'version' && filter.model !== undefined ? add(filter.model) : undefined)
  // By id alone its index gives the order.
  const [first, of] = sort === 'id' ? ['', 'd.id'] : [`sorted ${order}, `, `(${key})::${type}, d.id`]
  const from = id === null ? '' : `AND (${of}) ${beyond} (${sort === 'id' ? '' : `${add(value)}, `}${add(id)})`
  const { rows } = await pool.query<DeviceStanding & { sorted: string | number }>(
    `WITH page AS (
       SELECT d.id, (${key})::${type} AS sorted FROM ${DEVICES} WHERE ${where} ${from}
       ORDER BY ${first}d.id ${order} LIMIT ${add(limit + 1)}
     )
     SELECT ${STANDING}, page.sorted FROM page JOIN devices d ON d.id = page.id JOIN sites s ON s.id = d.site
       LEFT JOIN reported r ON r.device = d.id ORDER BY page.sorted ${order}, d.id ${order}`,
    values,
  )
  const page: Page<DeviceStanding & { sorted: string | number }> = toPage(rows, limit, (row) =>
    toCursor([sort, descending, row.sorted, row.id]),
  )
  return { ...page, items: page.items.map(({ sorted: _, ...device }): DeviceStanding => device) }
}

/** @throws NotFoundError `device-unknown` */
export async function getDevice(pool: Pool, id: string): Promise<DeviceStanding> {
  const { rows } = await pool.query<DeviceStanding>(`SELECT ${STANDING} FROM ${DEVICES} WHERE d.id = $1`, [id])
  return rows[0] ?? unknownDevice(id)
}

/** How many there are in each state. */
export async function countDevices(pool: Pool, filter: DeviceFilter): Promise<Record<DeviceState, number>> {
  await requireGroups(pool, filter.selector?.groups ?? [])
  const { where, values } = filtering(filter)
  const { rows } = await pool.query<{ state: DeviceState; devices: number }>(
    `SELECT ${STATE} AS state, count(*)::int4 AS devices FROM ${DEVICES} WHERE ${where} GROUP BY 1`,
    values,
  )
  const none = Object.fromEntries(DEVICE_STATES.map((state) => [state, 0])) as Record<DeviceState, number>
  return { ...none, ...Object.fromEntries(rows.map(({ state, devices }) => [state, devices])) }
}
