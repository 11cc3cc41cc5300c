import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { DesiredState, DeviceSelector } from '@storecast/shared/contracts'
import type { PoolClient, QueryResult } from 'pg'
import type { AdmittedDevice } from '../identity/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ConflictError, NotFoundError } from '../platform/errors.ts'
import { type LabelLimit, NO_LIMIT, siteWithin } from '../platform/label-limit.ts'
import { type DesiredBody, type DesiredStates, referencedObjects } from './desired.ts'
import { requireGroups } from './groups.ts'
import { selectedBy, selecting } from './selection.ts'
import { type Labels, unknownSite } from './sites.ts'

interface Device {
  readonly id: string
  readonly site: string
  /** The device's own, on top of its site's. */
  readonly labels: Labels
  readonly enrolledAt: number
  /** Its token and certificates are withdrawn for good; what it sent is kept. */
  readonly retiredAt: number | null
  readonly online: boolean
  /** Number of the link that presence is about; grows with every connect. */
  readonly link: number
  readonly presenceAt: number | null
  readonly lastSeen: number | null
}

/** Devices in service that a selector names. */
export interface Selection {
  readonly devices: number
  readonly online: number
  readonly sites: number
  /** By id, ten at most. */
  readonly first: string[]
}

export interface Devices {
  /**
   * Enrols a device. The token is shown here, once; only its digest is kept.
   * @throws ConflictError `device-exists`, NotFoundError `site-unknown`.
   */
  enrol(device: { id: string; site: string; labels: Labels }): Promise<{ device: Device; token: string }>
  /**
   * Puts a device with a certificate into service, inside the transaction that issues it; one that is in service is kept
   * as it is where `isNamed` says that it is meant.
   * @throws ConflictError `device-exists`, `device-retired`
   */
  admit(client: PoolClient, device: AdmittedDevice): Promise<void>
  /**
   * Withdraws token and certificates, and ends the session; a new claim that names the device enrols it again.
   * @throws NotFoundError `device-unknown`.
   */
  revoke(id: string): Promise<Device>
  /**
   * Replaces the token; the old one stops working now.
   * @throws NotFoundError `device-unknown`, ConflictError `device-certified` where it has certificates in place of one.
   */
  replaceToken(id: string): Promise<{ device: Device; token: string }>
  /** Withdraws token and certificates for good. @throws NotFoundError `device-unknown`. */
  retire(id: string): Promise<Device>
  /** Replaces the device's own labels. @throws NotFoundError `device-unknown`. */
  setLabels(id: string, labels: Labels): Promise<Device>
  /** @throws NotFoundError `device-unknown`. */
  get(id: string, client?: Pick<PoolClient, 'query'>): Promise<Device>
  /** How many devices in service a selector names, at how many sites, and the first of them. @throws NotFoundError `group-unknown` */
  selection(selector: DeviceSelector, within?: LabelLimit): Promise<Selection>
  /** Whether the token is the device's. */
  isDevice(id: string, token: string): Promise<boolean>
  /** The device in service that a token belongs to. */
  deviceOf(token: string): Promise<string | undefined>
  /** What the device should run, as last composed. */
  desired(id: string): Promise<Omit<DesiredState, 'expires'>>
  /** Whether the device's desired state, or the one before, points to the object. */
  mayRead(id: string, sha256: string): Promise<boolean>
  /** Devices in service, and those of them that are connected. */
  counts(): Promise<{ readonly enrolled: number; readonly online: number }>
}

interface DevicesOptions {
  readonly database: Database
  readonly desired: DesiredStates
  readonly clock: Clock
  readonly onChange: () => void
  /** Certificates of devices that leave service. */
  readonly certificates: { revoke(client: PoolClient, device: string, reason: string): Promise<number> }
  /** Token or certificates were withdrawn: a session that they opened must end. */
  readonly onWithdrawn: (device: string) => void
}

const SELECT = `
  SELECT d.id, d.site, d.labels, d.enrolled_at AS "enrolledAt", d.retired_at AS "retiredAt", d.online, d.link,
    d.presence_at AS "presenceAt", d.last_seen AS "lastSeen"
  FROM devices d JOIN sites s ON s.id = d.site`
const HAS_NO_CERTIFICATE = `NOT EXISTS (SELECT 1 FROM device_certificates c WHERE c.device = d.id)`

export function createDevices(options: DevicesOptions): Devices {
  const { database, desired, clock, onChange, onWithdrawn, certificates } = options
  const { pool } = database
  const get = async (id: string, client: Pick<PoolClient, 'query'> = pool): Promise<Device> => {
    const { rows } = await client.query<Device>(`${SELECT} WHERE d.id = $1`, [id])
    return rows[0] ?? unknownDevice(id)
  }
  const withdraw = async (id: string, reason: string, change: (client: PoolClient) => Promise<QueryResult>) => {
    await database.transaction(async (client) => {
      if ((await change(client)).rowCount === 0) unknownDevice(id)
      await certificates.revoke(client, id, reason)
    })
    onWithdrawn(id)
    return get(id)
  }
  return {
    get,
    async enrol({ id, site, labels }) {
      const { token, hash } = newToken()
      await database.transaction(async (client) => {
        const sites = await client.query('SELECT 1 FROM sites WHERE id = $1 FOR SHARE', [site])
        if (sites.rowCount === 0) unknownSite(site)
        const { rowCount } = await client.query(
          `INSERT INTO devices (id, site, labels, token_hash, enrolled_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (id) DO NOTHING`,
          [id, site, labels, hash, clock.now()],
        )
        if (rowCount === 0) {
          throw new ConflictError({
            code: 'device-exists',
            message: `There is a device ${id} already, and its token is not shown again. POST /v1/devices/${id}/token replaces the token; another device needs another id.`,
          })
        }
        await desired.recompose(client, { devices: [id] })
      })
      onChange()
      return { device: await get(id), token }
    },
    async admit(client, { id, site, labels, isNamed }) {
      const { rowCount } = await client.query(
        `INSERT INTO devices (id, site, labels, token_hash, enrolled_at) VALUES ($1, $2, $3, NULL, $4)
         ON CONFLICT (id) DO NOTHING`,
        [id, site, labels, clock.now()],
      )
      if (rowCount === 0) {
        const { rows } = await client.query<{ site: string; retired: boolean }>(
          'SELECT site, retired_at IS NOT NULL AS retired FROM devices WHERE id = $1 FOR NO KEY UPDATE',
          [id],
        )
        refuseAdmission(id, { ...rows[0]!, isNamed, wanted: site })
        await client.query('UPDATE devices SET token_hash = NULL WHERE id = $1', [id])
      }
      await desired.recompose(client, { devices: [id] })
    },
    revoke: (id) =>
      withdraw(id, 'revoked by an operator', (client) =>
        client.query('UPDATE devices SET token_hash = NULL WHERE id = $1', [id]),
      ),
    async replaceToken(id) {
      const { token, hash } = newToken()
      await database.transaction(async (client) => {
        const { rowCount } = await client.query(
          `UPDATE devices d SET token_hash = $2 WHERE id = $1 AND retired_at IS NULL AND ${HAS_NO_CERTIFICATE}`,
          [id, hash],
        )
        if (rowCount === 1) return
        if ((await get(id, client)).retiredAt !== null) unknownDevice(id)
        throw new ConflictError({
          code: 'device-certified',
          message: `Device ${id} has certificates in place of a token. POST /v1/claims with "device": "${id}" lets it enrol again.`,
        })
      })
      onWithdrawn(id)
      return { device: await get(id), token }
    },
    retire: (id) =>
      withdraw(id, 'taken out of service', (client) =>
        client.query('UPDATE devices SET retired_at = coalesce(retired_at, $2), online = false WHERE id = $1', [
          id,
          clock.now(),
        ]),
      ),
    async selection(selector, within = NO_LIMIT) {
      await requireGroups(pool, selector.groups)
      const { rows } = await pool.query<Selection>(
        `SELECT count(*)::int4 AS devices, (count(*) FILTER (WHERE d.online))::int4 AS online,
           count(DISTINCT d.site)::int4 AS sites, coalesce((array_agg(d.id ORDER BY d.id))[1:10], '{}') AS first
         FROM devices d JOIN sites s ON s.id = d.site
         WHERE d.retired_at IS NULL AND ${selectedBy(selector)} AND ${siteWithin('d.site', 3)}`,
        [...selecting(selector), within],
      )
      return rows[0]!
    },
    setLabels: (id, labels) =>
      database.transaction(async (client) => {
        await client.query('UPDATE devices SET labels = $2 WHERE id = $1 AND retired_at IS NULL', [id, labels])
        const device = await get(id, client)
        return device.retiredAt === null ? device : unknownDevice(id)
      }),
    async isDevice(id, token) {
      const { rows } = await pool.query<{ token_hash: Buffer | null }>(
        'SELECT token_hash FROM devices WHERE id = $1 AND retired_at IS NULL',
        [id],
      )
      const hash = rows[0]?.token_hash
      return hash != null && timingSafeEqual(hash, digest(token))
    },
    async deviceOf(token) {
      const { rows } = await pool.query<{ id: string }>(
        'SELECT id FROM devices WHERE token_hash = $1 AND retired_at IS NULL',
        [digest(token)],
      )
      return rows[0]?.id
    },
    async desired(id) {
      const { rows } = await pool.query<{ generation: number; body: DesiredBody }>(
        'SELECT generation, body FROM desired_states WHERE device = $1',
        [id],
      )
      return rows[0] ? { ...rows[0].body, generation: rows[0].generation, device: id } : unknownDevice(id)
    },
    async mayRead(id, sha256) {
      const { rows } = await pool.query<{ body: DesiredBody; previous: DesiredBody | null }>(
        'SELECT body, previous FROM desired_states WHERE device = $1',
        [id],
      )
      return rows.some(
        ({ body, previous }) =>
          referencedObjects(body).has(sha256) || (previous !== null && referencedObjects(previous).has(sha256)),
      )
    },
    async counts() {
      const { rows } = await pool.query<{ enrolled: number; online: number }>(
        'SELECT count(*) AS enrolled, count(*) FILTER (WHERE online) AS online FROM devices WHERE retired_at IS NULL',
      )
      return rows[0]!
    },
  }
}

/** @throws ConflictError where a claim may not enrol a device that is there already */
function refuseAdmission(
  id: string,
  found: { readonly site: string; readonly retired: boolean; readonly isNamed: boolean; readonly wanted: string },
): void {
  if (!found.isNamed) {
    throw new ConflictError({
      code: 'device-exists',
      message: `There is a device ${id} already. A new device needs another id; to replace that one's hardware, POST /v1/claims with "device": "${id}".`,
    })
  }
  if (found.retired) {
    throw new ConflictError({
      code: 'device-retired',
      message: `Device ${id} was taken out of service for good. Give the new one another id.`,
    })
  }
  if (found.site !== found.wanted) {
    throw new ConflictError({
      code: 'device-elsewhere',
      message: `Device ${id} belongs to site ${found.site}, the claim is for ${found.wanted}. Make a claim for ${found.site}.`,
    })
  }
}

export function unknownDevice(id: string): never {
  throw new NotFoundError({
    code: 'device-unknown',
    message: `There is no device ${id} in service. Enrol it with POST /v1/devices.`,
  })
}

/** Random enough that a plain digest keeps it: there is nothing to guess from. */
function newToken(): { token: string; hash: Buffer } {
  const token = randomBytes(32).toString('base64url')
  return { token, hash: digest(token) }
}

const digest = (token: string) => createHash('sha256').update(token).digest()
