import { createHash, randomBytes } from 'node:crypto'
import { formatClaim } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import { z } from 'zod'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ForbiddenError, NotFoundError } from '../platform/errors.ts'
import { type LabelLimit, NO_LIMIT, siteWithin } from '../platform/label-limit.ts'
import { fromCursor, type Page, type PageRequest, toCursor, toPage } from '../platform/paging.ts'

export interface ClaimSpec {
  readonly site: string
  /** Of the device that uses it, on top of its site's. */
  readonly labels: Readonly<Record<string, string>>
  /** How many; each enrols one device. */
  readonly count: number
  readonly expiresInSeconds: number
  /** The device that may use it: needed where it exists already, as when its disk is replaced. */
  readonly device?: string | undefined
  /** Hardware that may use it. */
  readonly serialNumbers?: readonly string[] | undefined
}

/** Whom a claim tells its device to trust, and where to go. */
export interface ClaimAnchor {
  readonly url: string
  readonly ca: string
  /** First root metadata of the model repository. */
  readonly root: Uint8Array
}

export interface Claim {
  readonly id: string
  readonly site: string
  readonly labels: Readonly<Record<string, string>>
  readonly device: string | null
  readonly serialNumbers: readonly string[] | null
  readonly createdAt: number
  readonly expiresAt: number
  readonly withdrawnAt: number | null
  readonly usedAt: number | null
  readonly usedBy: string | null
}

/** A claim that its caller holds locked. */
export interface HeldClaim extends Claim {
  /** Digest of the root metadata that it was handed out with. */
  readonly root: string
  readonly usedKey: Buffer | null
}

export interface Claims {
  /** @returns each claim's text, which is shown here, once. @throws NotFoundError `site-unknown` */
  create(spec: ClaimSpec, anchor: ClaimAnchor): Promise<readonly { readonly id: string; readonly claim: string }[]>
  /** Of sites within the limit, newest first. */
  list(page: PageRequest & { readonly within?: LabelLimit }): Promise<Page<Claim>>
  /** Undefined where there is none. */
  find(id: string, client: Pick<PoolClient, 'query'>): Promise<Claim | undefined>
  /** Takes back one that was not used; repeating it is fine. @throws NotFoundError `claim-unknown` */
  withdraw(id: string, within: LabelLimit): Promise<void>
  /** Locks the claim with this secret. @throws ForbiddenError `claim-unknown` */
  hold(client: PoolClient, secret: string): Promise<HeldClaim>
  markUsed(client: PoolClient, id: string, by: ClaimUse): Promise<void>
  /** The root metadata that claims were handed out with. */
  root(client: PoolClient, sha256: string): Promise<Buffer>
}

interface ClaimUse {
  readonly device: string
  readonly keyHash: Buffer
  readonly serialNumber: string | undefined
}

/** Creation, id. */
const Position = z.tuple([z.int(), z.string()])
const COLUMNS = `id, site, labels, device, serial_numbers AS "serialNumbers", created_at AS "createdAt",
  expires_at AS "expiresAt", withdrawn_at AS "withdrawnAt", used_at AS "usedAt", used_by AS "usedBy"`

export function createClaims({ database, clock }: { database: Database; clock: Clock }): Claims {
  const { pool } = database
  return {
    create: (spec, { url, ca, root }) =>
      database.transaction(async (client) => {
        const { site, labels, count, expiresInSeconds, device = null, serialNumbers } = spec
        const sites = await client.query('SELECT 1 FROM sites WHERE id = $1 FOR SHARE', [site])
        if (sites.rowCount === 0) {
          throw new NotFoundError({
            code: 'site-unknown',
            message: `There is no site ${site}. Create it with PUT /v1/sites/${site}.`,
          })
        }
        const rootDigest = sha256(root).toString('hex')
        await client.query('INSERT INTO enrolment_roots (sha256, content) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
          rootDigest,
          Buffer.from(root),
        ])
        const now = clock.now()
        const made = Array.from({ length: count }, () => {
          const secret = randomBytes(32).toString('base64url')
          return { id: randomBytes(6).toString('hex'), secret, hash: sha256(secret) }
        })
        await client.query(
          `INSERT INTO enrolment_claims (id, secret_hash, site, labels, device, serial_numbers, root, created_at, expires_at)
           SELECT id, hash, $3, $4, $5, $6, $7, $8, $9 FROM unnest($1::text[], $2::bytea[]) AS made(id, hash)`,
          [
            made.map(({ id }) => id),
            made.map(({ hash }) => hash),
            site,
            labels,
            device,
            // `pg` takes an array for one of PostgreSQL's.
            serialNumbers ? JSON.stringify(serialNumbers) : null,
            rootDigest,
            now,
            now + expiresInSeconds * 1000,
          ],
        )
        return made.map(({ id, secret }) => ({
          id,
          claim: formatClaim({ url, secret, ca, root: rootDigest }),
        }))
      }),
    async list({ after, limit, within = NO_LIMIT }) {
      const [createdAt, id] = after === undefined ? [null, null] : fromCursor(after, Position)
      const { rows } = await pool.query<Claim>(
        `SELECT ${COLUMNS} FROM enrolment_claims
         WHERE ($1::int8 IS NULL OR (created_at, id) < ($1, $2::text)) AND ${siteWithin('enrolment_claims.site', 3)}
         ORDER BY created_at DESC, id DESC LIMIT $4`,
        [createdAt, id, within, limit + 1],
      )
      return toPage(rows, limit, (claim) => toCursor([claim.createdAt, claim.id]))
    },
    async find(id, client) {
      const { rows } = await client.query<Claim>(`SELECT ${COLUMNS} FROM enrolment_claims WHERE id = $1`, [id])
      return rows[0]
    },
    withdraw: (id, within) =>
      database.transaction(async (client) => {
        const { rowCount } = await client.query(
          `UPDATE enrolment_claims SET withdrawn_at = coalesce(withdrawn_at, $2) WHERE id = $1 AND ${siteWithin('enrolment_claims.site', 3)}`,
          [id, clock.now(), within],
        )
        if (rowCount === 1) return
        throw new NotFoundError({
          code: 'claim-unknown',
          message: `There is no claim ${id}. GET /v1/claims lists them.`,
        })
      }),
    async hold(client, secret) {
      const { rows } = await client.query<HeldClaim>(
        `SELECT ${COLUMNS}, root, used_key AS "usedKey" FROM enrolment_claims WHERE secret_hash = $1 FOR UPDATE`,
        [sha256(secret)],
      )
      if (rows[0]) return rows[0]
      throw new ForbiddenError({
        code: 'claim-unknown',
        message: 'No claim has this secret. Ask an operator for a new one.',
      })
    },
    async markUsed(client, id, { device, keyHash, serialNumber }) {
      await client.query(
        'UPDATE enrolment_claims SET used_at = $2, used_by = $3, used_key = $4, used_serial_number = $5 WHERE id = $1',
        [id, clock.now(), device, keyHash, serialNumber ?? null],
      )
    },
    async root(client, digest) {
      const { rows } = await client.query<{ content: Buffer }>(
        'SELECT content FROM enrolment_roots WHERE sha256 = $1',
        [digest],
      )
      return rows[0]!.content
    },
  }
}

/** A secret is random enough that a plain digest keeps it: there is nothing to guess from. */
const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest()
