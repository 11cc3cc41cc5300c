import type { ReportedState } from '@storecast/shared/contracts'
import type { Pool } from 'pg'
import { deviceWithin, type LabelLimit, NO_LIMIT, siteWithin } from '../platform/label-limit.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'

/** Sequences whose records the cloud does not have, and why. */
export interface Gap {
  readonly id: number
  readonly device: string
  readonly epoch: number
  readonly cause: string
  readonly firstSeq: number
  readonly lastSeq: number
  readonly noticedAt: number
}

export interface GapQuery extends PageRequest {
  readonly device?: string | undefined
  /** What lies outside is left out. */
  readonly within?: LabelLimit | undefined
}

export async function listGaps(pool: Pool, { device, after, limit, within = NO_LIMIT }: GapQuery): Promise<Page<Gap>> {
  const { rows } = await pool.query<Gap>(
    `SELECT id, device, epoch, cause, first_seq AS "firstSeq", last_seq AS "lastSeq", noticed_at AS "noticedAt"
     FROM gaps WHERE ($1::text IS NULL OR device = $1) AND ($2::int8 IS NULL OR id < $2) AND ${deviceWithin('gaps.device', 4)}
     ORDER BY id DESC LIMIT $3`,
    [device ?? null, after ?? null, limit + 1, within],
  )
  return toPage(rows, limit, (gap) => String(gap.id))
}

/** The account of one epoch of a device: what is known to exist, and what of it came. */
export interface EpochAccount {
  readonly epoch: number
  /** How the epoch began: `first-contact`, `new-database`, `restored-image`, `fork`, `cloud-restored`. */
  readonly reason: string
  readonly quarantined: boolean
  readonly openedAt: number
  /** Every sequence below is accounted for. */
  readonly floor: number
  readonly highest: number
  /** Sequences between floor and highest that the device has yet to send. */
  readonly outstanding: number
  readonly records: number
  /** Sequences given up, by cause; their content is in later or coarser records, but for `dropped`. */
  readonly superseded: { readonly revised: number; readonly coarsened: number; readonly dropped: number }
  readonly lastCommitAt: number | null
  readonly waiting: Waiting | null
}

/** What a device last said to have waiting: records beyond those under way, and the event time of the oldest (0: none). */
export interface Waiting {
  readonly records: number
  readonly since: number
  readonly toldAt: number
}

const OUTSTANDING = `greatest(0, e.highest - e.floor + 1 - (
  SELECT coalesce(sum(upper(span) - lower(span)), 0)
  FROM unnest(e.told * int8multirange(int8range(e.floor, greatest(e.highest + 1, e.floor)))) AS span
))::int8`
const LAST_COMMIT = `(SELECT max(commits[cardinality(commits)]) FROM device_links l
  WHERE l.device = e.device AND l.epoch = e.epoch)`

/** How far the cloud is with what a device has. */
export interface Backlog {
  readonly device: string
  readonly site: string
  /** Null before the first contact, as all of the next. */
  readonly epoch: number | null
  /** The highest sequence heard of, and that below which all is accounted for. */
  readonly sequence: number | null
  readonly floor: number | null
  readonly outstanding: number | null
  readonly waiting: Waiting | null
  readonly lastCommitAt: number | null
  /** Sequences whose records the cloud does not have, by cause. */
  readonly gaps: Readonly<Record<string, number>>
}

/** Devices in service, by id. */
export async function listBacklogs(
  pool: Pool,
  { device, after = '', limit, within = NO_LIMIT }: GapQuery,
): Promise<Page<Backlog>> {
  const { rows } = await pool.query<Backlog>(
    `SELECT d.id AS device, d.site, e.epoch, e.highest AS sequence, e.floor, ${OUTSTANDING} AS outstanding, e.waiting,
       ${LAST_COMMIT} AS "lastCommitAt",
       (SELECT coalesce(jsonb_object_agg(cause, sequences), '{}') FROM (
         SELECT cause, sum(last_seq - first_seq + 1) AS sequences FROM gaps WHERE device = d.id GROUP BY cause) g) AS gaps
     FROM devices d LEFT JOIN LATERAL (
       SELECT * FROM device_epochs WHERE device = d.id AND NOT quarantined ORDER BY epoch DESC LIMIT 1) e ON true
     WHERE d.retired_at IS NULL AND d.id > $1 AND ($3::text IS NULL OR d.id = $3) AND ${siteWithin('d.site', 4)}
     ORDER BY d.id LIMIT $2`,
    [after, limit + 1, device ?? null, within],
  )
  return toPage(
    // Without an epoch there is nothing to be told.
    rows.map((row) => (row.epoch === null ? { ...row, outstanding: null } : row)),
    limit,
    (row) => row.device,
  )
}

/** Every epoch of a device, newest first. */
export async function deviceAccount(pool: Pool, device: string): Promise<EpochAccount[]> {
  const { rows } = await pool.query<EpochAccount>(
    `SELECT e.epoch, e.reason, e.quarantined, e.opened_at AS "openedAt", e.floor, e.highest,
       ${OUTSTANDING} AS outstanding, e.waiting,
       e.records, jsonb_build_object('revised', e.revised, 'coarsened', e.coarsened, 'dropped', e.dropped) AS superseded,
       ${LAST_COMMIT} AS "lastCommitAt"
     FROM device_epochs e WHERE e.device = $1 ORDER BY e.epoch DESC`,
    [device],
  )
  return rows
}

export interface DeviceEvent {
  readonly device: string
  readonly id: string
  readonly at: number
  readonly severity: string
  readonly code: string
  readonly message: string
  readonly detail: Record<string, string | number | boolean>
}

/** Newest first; `after` is the time and id of the last event of the page before. */
export async function listEvents(
  pool: Pool,
  { device, after, limit }: { device: string; after: readonly [at: number, id: string] | undefined; limit: number },
): Promise<DeviceEvent[]> {
  const { rows } = await pool.query<DeviceEvent>(
    `SELECT device, id, at, severity, code, message, detail FROM events
     WHERE device = $1 AND ($2::int8 IS NULL OR (at, id) < ($2, $3::uuid)) ORDER BY at DESC, id DESC LIMIT $4`,
    [device, after?.[0] ?? null, after?.[1] ?? null, limit],
  )
  return rows
}

export interface Reported {
  readonly device: string
  readonly state: ReportedState
  readonly receivedAt: number
}

/** What devices said of themselves last; one that never did is absent. */
export async function reportedStates(pool: Pool, devices: readonly string[]): Promise<Map<string, Reported>> {
  const { rows } = await pool.query<Reported>(
    'SELECT device, body AS state, received_at AS "receivedAt" FROM reported WHERE device = ANY($1)',
    [devices],
  )
  return new Map(rows.map((row) => [row.device, row]))
}
