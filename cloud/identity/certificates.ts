import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { RevocationAnnouncement } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { readText, writeAtomic } from '../platform/files.ts'
import { together } from '../platform/together.ts'
import { type Authority, type ClientCertificate, type Issued, readList } from './authority.ts'

export interface Certificates {
  add(client: PoolClient, certificate: { device: string; keyHash: Buffer; issued: Issued }): Promise<void>
  /** The newest certificate of a device for a key, where it is in force. */
  forKey(client: PoolClient, device: string, keyHash: Buffer): Promise<string | undefined>
  /** Whether it is not revoked, and is not before the transaction's end; its device is locked. */
  hold(client: PoolClient, certificate: { readonly device: string; readonly serial: string }): Promise<boolean>
  /** Revokes all that a device has, inside the transaction that knows why. @returns how many were in force */
  revoke(client: PoolClient, device: string, reason: string): Promise<number>
  /** Whether a device in service acts under a certificate that is not revoked. */
  isInForce(certificate: ClientCertificate): Promise<boolean>
  /** The list as it is now, also written to `crl.pem` in the authority's folder. */
  list(): Promise<RevocationAnnouncement>
  /** Signs the list anew, under its next number. */
  renewList(): Promise<void>
}

interface CertificatesOptions {
  readonly database: Database
  readonly authority: Authority
  /** Where the authority keeps its files. */
  readonly folder: string
  readonly clock: Clock
  /** Longest life of a certificate, in days. */
  readonly days: number
}

const DAY_MS = 86_400_000

/** @returns what devices hold, after `crl.pem` has told a database restored from a backup what was revoked since. */
export async function openCertificates(options: CertificatesOptions): Promise<Certificates> {
  const { database, authority, folder, clock, days } = options
  const { pool } = database
  const file = join(folder, 'crl.pem')
  let made: RevocationAnnouncement | undefined

  const nextNumber = (client: PoolClient) =>
    client.query(
      `INSERT INTO revocation_list (number) VALUES ($1)
       ON CONFLICT (id) DO UPDATE SET number = greatest(revocation_list.number + 1, $1)`,
      [Math.floor(clock.now() / 1000)],
    )

  const lockDevice = (client: PoolClient, device: string) =>
    client.query('SELECT 1 FROM devices WHERE id = $1 FOR NO KEY UPDATE', [device])

  const before = await readText(file)
  if (before !== undefined) await remember(readList(before))

  async function remember(entries: readonly { serial: string; revokedAt: number }[]): Promise<void> {
    if (entries.length === 0) return
    await database.transaction(async (client) => {
      const { rowCount } = await client.query(
        `INSERT INTO revocations (serial, device, revoked_at, expires_at, reason)
         SELECT serial, (SELECT device FROM device_certificates c WHERE c.serial = given.serial), revoked_at, $3,
           'before a restore'
         FROM unnest($1::text[], $2::int8[]) AS given(serial, revoked_at) ON CONFLICT DO NOTHING`,
        [entries.map(({ serial }) => serial), entries.map(({ revokedAt }) => revokedAt), clock.now() + days * DAY_MS],
      )
      if (rowCount !== 0) await nextNumber(client)
    })
  }

  /** One at a time: a list must not be written over by one that was read before it. */
  const list = together(
    () => '',
    async (): Promise<RevocationAnnouncement> => {
      const now = clock.now()
      const { rows: numbers } = await pool.query<{ number: number }>('SELECT number FROM revocation_list')
      const number = numbers[0]?.number ?? 0
      if (made?.number === number) return made
      const { rows } = await pool.query<{ serial: string; revokedAt: number; device: string | null }>(
        `SELECT serial, revoked_at AS "revokedAt", device FROM revocations WHERE expires_at > $1
         ORDER BY revoked_at, serial`,
        [now],
      )
      const pem = await authority.list(rows, { number, now })
      await writeAtomic(file, pem)
      made = { number, pem, revoked: rows.map(({ serial, device }) => ({ serial, device })) }
      return made
    },
  )

  return {
    async add(client, { device, keyHash, issued }) {
      const { serial, issuedAt, expiresAt, pem } = issued
      await client.query(
        `INSERT INTO device_certificates (serial, device, key_hash, issued_at, expires_at, pem)
         VALUES ($1, $2, $3, $4, $5, $6)`,
        [serial, device, keyHash, issuedAt, expiresAt, pem],
      )
    },
    async forKey(client, device, keyHash) {
      const { rows } = await client.query<{ pem: string }>(
        `SELECT pem FROM device_certificates c WHERE device = $1 AND key_hash = $2 AND expires_at > $3
           AND NOT EXISTS (SELECT 1 FROM revocations r WHERE r.serial = c.serial) ORDER BY issued_at DESC LIMIT 1`,
        [device, keyHash, clock.now()],
      )
      return rows[0]?.pem
    },
    async hold(client, { device, serial }) {
      await lockDevice(client, device)
      const { rowCount } = await client.query('SELECT 1 FROM revocations WHERE serial = $1', [serial])
      return rowCount === 0
    },
    async revoke(client, device, reason) {
      // Otherwise one that is being renewed would be issued beside the list.
      await lockDevice(client, device)
      const now = clock.now()
      const { rowCount } = await client.query(
        `INSERT INTO revocations (serial, device, revoked_at, expires_at, reason)
         SELECT serial, device, $2, expires_at, $3 FROM device_certificates WHERE device = $1
         ON CONFLICT DO NOTHING`,
        [device, now, reason],
      )
      if (rowCount !== 0) await nextNumber(client)
      return rowCount ?? 0
    },
    async isInForce({ device, serial, expiresAt, certificate, notBefore }) {
      const { rows } = await pool.query<{ served: boolean; revoked: boolean; known: boolean }>(
        `SELECT EXISTS (SELECT 1 FROM devices WHERE id = $1 AND retired_at IS NULL) AS served,
           EXISTS (SELECT 1 FROM revocations WHERE serial = $2) AS revoked,
           EXISTS (SELECT 1 FROM device_certificates WHERE serial = $2) AS known`,
        [device, serial],
      )
      const { served, revoked, known } = rows[0]!
      if (!served || revoked) return false
      if (known) return true
      // Issued after the backup that this database was restored from: kept, so that it can be revoked.
      const spki = certificate.publicKey.export({ type: 'spki', format: 'der' })
      await pool.query(
        `INSERT INTO device_certificates (serial, device, key_hash, issued_at, expires_at, pem)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
        [serial, device, createHash('sha256').update(spki).digest(), notBefore, expiresAt, certificate.toString()],
      )
      return true
    },
    list: () => list(undefined),
    async renewList() {
      await database.transaction(async (client) => {
        await nextNumber(client)
      })
    },
  }
}
