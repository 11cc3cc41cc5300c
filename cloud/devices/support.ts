import { randomUUID } from 'node:crypto'
import type { PoolClient } from 'pg'
import { z } from 'zod'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ConflictError, ForbiddenError, NotFoundError, TooLargeError, UnavailableError } from '../platform/errors.ts'
import { fromCursor, type Page, type PageRequest, toCursor, toPage } from '../platform/paging.ts'

/** A request for what a device has to say, and whether it has answered. */
export interface SupportBundle {
  readonly id: string
  readonly device: string
  readonly askedBy: string
  readonly askedAt: number
  /** Null: not yet. */
  readonly receivedAt: number | null
  readonly bytes: number | null
  readonly expiresAt: number
}

export interface SupportBundles {
  /** @throws NotFoundError `device-unknown`. */
  ask(device: string, who: string): Promise<SupportBundle>
  /** Newest first. */
  list(device: string, page: PageRequest): Promise<Page<SupportBundle>>
  /** @throws NotFoundError `support-bundle-unknown`. */
  get(device: string, id: string, client?: Pick<PoolClient, 'query'>): Promise<SupportBundle>
  /** A `.tar.gz`, as the device packed it. @throws ConflictError `support-bundle-waiting`. */
  content(device: string, id: string): Promise<Buffer>
  /** From the device itself. @throws ForbiddenError `support-bundle-not-asked`, TooLargeError `support-bundle-too-large`. */
  receive(device: string, id: string, archive: Buffer): Promise<void>
  /** Asks devices again that have not answered: these, which have just connected, or all, where this cloud has. */
  remind(devices?: readonly string[]): Promise<void>
}

interface Options {
  readonly database: Database
  readonly clock: Clock
  /** Tells a device, where it is connected. @throws UnavailableError while the broker is away */
  readonly publish: (device: string, id: string) => Promise<void>
}

/** What devices pack is smaller. */
export const MAX_ARCHIVE_BYTES = 1024 * 1024
/** When it was asked for, id. */
const Position = z.tuple([z.int(), z.uuid()])
const LIFE_MS = 14 * 86_400_000

const SELECT = `SELECT id::text, device, asked_by AS "askedBy", asked_at AS "askedAt", received_at AS "receivedAt",
  length(archive) AS bytes, expires_at AS "expiresAt" FROM support_bundles`

export function supportBundles({ database, clock, publish }: Options): SupportBundles {
  const { pool } = database
  const get: SupportBundles['get'] = async (device, id, client = pool) => {
    const { rows } = await client.query<SupportBundle>(`${SELECT} WHERE device = $1 AND id::text = $2`, [device, id])
    return rows[0] ?? unknownBundle(device, id)
  }
  return {
    get,
    async ask(device, who) {
      const id = randomUUID()
      await database.transaction(async (client) => {
        await client.query('DELETE FROM support_bundles WHERE expires_at <= $1', [clock.now()])
        const { rowCount } = await client.query(
          `INSERT INTO support_bundles (id, device, asked_by, asked_at, expires_at)
           SELECT $1, d.id, $3, $4, $5 FROM devices d WHERE d.id = $2 AND d.retired_at IS NULL`,
          [id, device, who, clock.now(), clock.now() + LIFE_MS],
        )
        if (rowCount === 0) {
          throw new NotFoundError({
            code: 'device-unknown',
            message: `There is no device ${device} in service. GET /v1/devices lists them.`,
          })
        }
        return id
      })
      // It stands: what the device could not be told now it is told with the next link, of this cloud or its own.
      await publish(device, id).catch((error: unknown) => {
        if (!(error instanceof UnavailableError)) throw error
      })
      return get(device, id)
    },
    async list(device, { after, limit }) {
      const [askedAt, id] = after === undefined ? [null, null] : fromCursor(after, Position)
      const { rows } = await pool.query<SupportBundle>(
        `${SELECT} WHERE device = $1 AND ($2::int8 IS NULL OR (asked_at, support_bundles.id) < ($2, $3::uuid))
         ORDER BY asked_at DESC, support_bundles.id DESC LIMIT $4`,
        [device, askedAt, id, limit + 1],
      )
      return toPage(rows, limit, (bundle) => toCursor([bundle.askedAt, bundle.id]))
    },
    async content(device, id) {
      const { rows } = await pool.query<{ archive: Buffer | null }>(
        'SELECT archive FROM support_bundles WHERE device = $1 AND id::text = $2',
        [device, id],
      )
      if (!rows[0]) unknownBundle(device, id)
      if (rows[0].archive) return rows[0].archive
      throw new ConflictError({
        code: 'support-bundle-waiting',
        message: `Device ${device} has not sent it yet. It does once it is connected; ask again later.`,
      })
    },
    async receive(device, id, archive) {
      if (archive.length > MAX_ARCHIVE_BYTES) {
        throw new TooLargeError({
          code: 'support-bundle-too-large',
          message: `A support bundle has at most ${MAX_ARCHIVE_BYTES} bytes.`,
        })
      }
      await database.transaction(async (client) => {
        const { rowCount } = await client.query(
          `UPDATE support_bundles SET archive = $3, received_at = $4
           WHERE device = $1 AND id::text = $2 AND archive IS NULL AND expires_at > $4`,
          [device, id, archive, clock.now()],
        )
        if (rowCount !== 0) return
        throw new ForbiddenError({
          code: 'support-bundle-not-asked',
          message: `Nobody waits for support bundle ${id} of ${device}. Send what is asked for, once.`,
        })
      })
    },
    async remind(devices) {
      const { rows } = await pool.query<{ id: string; device: string }>(
        `SELECT id::text, device FROM support_bundles
         WHERE ($1::text[] IS NULL OR device = ANY($1)) AND archive IS NULL AND expires_at > $2`,
        [devices ?? null, clock.now()],
      )
      for (const { id, device } of rows) await publish(device, id)
    },
  }
}

function unknownBundle(device: string, id: string): never {
  throw new NotFoundError({
    code: 'support-bundle-unknown',
    message: `There is no support bundle ${id} of ${device}: it goes away after ${LIFE_MS / 86_400_000} days. POST /v1/devices/${device}/support-bundles asks for one.`,
  })
}
