import { createHash, randomUUID } from 'node:crypto'
import { BUNDLE_LIMITS } from '@storecast/shared/bundle'
import type { ObjectRef } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ConflictError, InvalidError, NotFoundError, RateLimitedError, TooLargeError } from '../platform/errors.ts'
import type { Content } from '../platform/objects.ts'

/** Bytes on their way: what is here stays until all of them are, or a day has passed. */
export interface Upload extends ObjectRef {
  readonly id: string
  /** How many are here: where the next part goes. */
  readonly offset: number
  readonly expiresAt: number
}

/**
 * Uploads in parts. Parts lie in the database, so that any cloud on it takes the next one, after any restart, and what nobody
 * ends goes away by itself.
 */
export interface Uploads {
  /**
   * Begins an upload, or gives the one of the same bytes that was begun before and not ended.
   * @throws TooLargeError `upload-too-large`, RateLimitedError `uploads-open` where too many were begun and not ended.
   */
  begin(ref: ObjectRef): Promise<Upload>
  /** @throws NotFoundError `upload-unknown`. */
  get(id: string): Promise<Upload>
  /**
   * Adds the next part.
   * @param part at most `PART_BYTES`
   * @throws ConflictError `upload-offset` where it does not begin at the upload's; TooLargeError `upload-too-large`.
   */
  append(id: string, part: { readonly offset: number; readonly bytes: Buffer }): Promise<Upload>
  /**
   * All of it, a part at a time, and away with it once `use` has made something of it.
   * @throws ConflictError `upload-incomplete`; InvalidError `upload-digest` where other bytes came than were announced.
   */
  take<T>(id: string, use: (content: Content) => Promise<T>): Promise<T>
}

export const PART_BYTES = 4 * 1024 * 1024
const LIFE_MS = 86_400_000
const MOST_OPEN = 32

const SELECT = `
  SELECT u.id::text, u.sha256, u.bytes, u.expires_at AS "expiresAt",
    (SELECT coalesce(sum(length(content)), 0)::int8 FROM upload_parts p WHERE p.upload = u.id) AS offset
  FROM uploads u`

export function createUploads({ database, clock }: { database: Database; clock: Clock }): Uploads {
  const { pool } = database
  const get = async (id: string, client: Pick<PoolClient, 'query'> = pool): Promise<Upload> => {
    const { rows } = await client.query<Upload>(`${SELECT} WHERE u.id::text = $1 AND u.expires_at > $2`, [
      id,
      clock.now(),
    ])
    return rows[0] ?? unknownUpload(id)
  }
  return {
    get,
    async begin({ sha256, bytes }) {
      if (bytes > BUNDLE_LIMITS.archive) tooLarge(bytes)
      const id = await database.transaction(async (client) => {
        await client.query('DELETE FROM uploads WHERE expires_at <= $1', [clock.now()])
        const open = await client.query<{ id: string; sha256: string; bytes: number }>(
          'SELECT id::text, sha256, bytes FROM uploads',
        )
        const known = open.rows.find((one) => one.sha256 === sha256 && one.bytes === bytes)
        if (known) return known.id
        if (open.rows.length >= MOST_OPEN) {
          throw new RateLimitedError({
            code: 'uploads-open',
            message: `${MOST_OPEN} uploads were begun and not ended; each goes away a day after its beginning. End one, or come again later.`,
          })
        }
        const made = randomUUID()
        await client.query('INSERT INTO uploads (id, sha256, bytes, expires_at) VALUES ($1, $2, $3, $4)', [
          ...[made, sha256, bytes, clock.now() + LIFE_MS],
        ])
        return made
      })
      return get(id)
    },
    append: (id, part) =>
      database.transaction(async (client) => {
        // The upload's row is the queue: of two parts for one place the second is told where it goes on.
        await client.query('SELECT 1 FROM uploads WHERE id::text = $1 FOR UPDATE', [id])
        const { offset, bytes } = await get(id, client)
        if (part.offset !== offset) {
          throw new ConflictError({
            code: 'upload-offset',
            message: `Upload ${id} has ${offset} bytes, and the part begins at ${part.offset}. Go on at ${offset}.`,
          })
        }
        if (offset + part.bytes.length > bytes) tooLarge(offset + part.bytes.length)
        await client.query('INSERT INTO upload_parts (upload, at, content) VALUES ($1, $2, $3)', [
          id,
          offset,
          part.bytes,
        ])
        return get(id, client)
      }),
    async take(id, use) {
      const { offset, sha256, bytes } = await get(id)
      if (offset < bytes) {
        throw new ConflictError({
          code: 'upload-incomplete',
          message: `Upload ${id} has ${offset} of ${bytes} bytes. Send the rest first.`,
        })
      }
      const made = await use(wholly(id, sha256))
      await forget(id)
      return made
    },
  }

  async function forget(id: string): Promise<void> {
    await database.transaction((client) => client.query('DELETE FROM uploads WHERE id::text = $1', [id]))
  }

  /** Every part in turn; what reads on to the end has the bytes that were announced. */
  async function* wholly(id: string, sha256: string): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256')
    for (let at = 0; ; ) {
      const { rows } = await pool.query<{ content: Buffer }>(
        'SELECT content FROM upload_parts WHERE upload::text = $1 AND at = $2',
        [id, at],
      )
      const part = rows[0]?.content
      if (!part) break
      at += part.length
      hash.update(part)
      yield part
    }
    const found = hash.digest('hex')
    if (found === sha256) return
    await pool.query('DELETE FROM uploads WHERE id::text = $1', [id])
    throw new InvalidError({
      code: 'upload-digest',
      message: `The upload was announced with sha256 ${sha256}, and its bytes have ${found}. Begin it again.`,
    })
  }
}

function unknownUpload(id: string): never {
  throw new NotFoundError({
    code: 'upload-unknown',
    message: `There is no upload ${id}: it was ended, or a day has passed. Begin it again with POST /v1/uploads.`,
  })
}

function tooLarge(bytes: number): never {
  throw new TooLargeError({
    code: 'upload-too-large',
    message: `${bytes} bytes are more than were announced, or than the ${BUNDLE_LIMITS.archive} that a bundle may have.`,
  })
}
