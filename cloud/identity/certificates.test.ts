import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { deviceMigrations } from '../devices/index.ts'
import type { Database } from '../platform/database.ts'
import { createLimiter } from '../platform/limiter.ts'
import { temporaryFolder, testDatabase } from '../test/database.ts'
import { deviceKey } from '../test/device-client.ts'
import { type Authority, openAuthority, readList, readRequest } from './authority.ts'
import { openCertificates } from './certificates.ts'
import { createClaims } from './claims.ts'
import { createEnrolment, judgeClaim } from './enrolment.ts'
import { identityMigrations } from './migrations.ts'

const stack = new AsyncDisposableStack()
const DAY_MS = 86_400_000
const DAYS = 90
let now = Date.now()
const clock = { now: () => now }
let database: Database
let folder: string
let authority: Authority
beforeAll(async () => {
  database = stack.use(await testDatabase([...deviceMigrations, ...identityMigrations]))
  folder = stack.use(await temporaryFolder()).path
  authority = await openAuthority(folder, undefined, now)
  await database.pool.query("INSERT INTO sites VALUES ('berlin', 'UTC', '{}', 0, 0)")
})
afterAll(() => stack.disposeAsync())

const open = () => openCertificates({ database, authority, folder, clock, days: DAYS })

async function issue(device: string) {
  await database.pool.query(
    `INSERT INTO devices (id, site, labels, enrolled_at) VALUES ($1, 'berlin', '{}', 0) ON CONFLICT DO NOTHING`,
    [device],
  )
  const request = await readRequest((await deviceKey(device)).csr)
  const issued = await authority.issueClient(request, { now, days: DAYS })
  return { issued, keyHash: request.keyHash, shown: authority.identify(new X509Certificate(issued.pem))! }
}

async function add(device: string) {
  const certificates = await open()
  const one = await issue(device)
  await database.transaction((client) => certificates.add(client, { device, ...one }))
  return one
}

describe('revocations', () => {
  it('outlive the restore of an older database, through the list that lies beside the key', async () => {
    const certificates = await open()
    const { shown } = await add('shop-1')
    expect(await certificates.isInForce(shown)).toBe(true)
    expect(await database.transaction((client) => certificates.revoke(client, 'shop-1', 'stolen'))).toBe(1)
    const listed = await certificates.list()
    expect(listed.revoked).toEqual([{ serial: shown.serial, device: 'shop-1' }])

    await database.pool.query('DELETE FROM revocations')
    await database.pool.query('DELETE FROM revocation_list')
    await database.pool.query('DELETE FROM device_certificates')
    const restored = await open()
    expect(await restored.isInForce(shown)).toBe(false)
    expect(readList((await restored.list()).pem).map(({ serial }) => serial)).toEqual([shown.serial])
  })

  it('reach certificates that were issued after the backup, once they were seen', async () => {
    const certificates = await open()
    const { shown } = await issue('shop-2')
    expect(await certificates.isInForce(shown)).toBe(true)
    expect(await database.transaction((client) => certificates.revoke(client, 'shop-2', 'stolen'))).toBe(1)
    expect(await certificates.isInForce(shown)).toBe(false)
    expect(await certificates.isInForce((await issue('shop-2')).shown)).toBe(true)
  })

  it('leave the list with the end of their certificate, and each list is newer than the one before', async () => {
    const certificates = await open()
    const { shown } = await add('shop-3')
    await database.transaction((client) => certificates.revoke(client, 'shop-3', 'one'))
    const first = await certificates.list()
    expect(first.revoked.map(({ serial }) => serial)).toContain(shown.serial)
    expect(await readFile(join(folder, 'crl.pem'), 'utf8')).toBe(first.pem)
    expect(await certificates.list()).toBe(first)
    now += (DAYS + 1) * DAY_MS
    await certificates.renewList()
    const later = await certificates.list()
    expect(later.number).toBeGreaterThan(first.number)
    expect(later.revoked.map(({ serial }) => serial)).not.toContain(shown.serial)
  })
})

describe('createLimiter', () => {
  it('counts each caller by itself, anew after the span', () => {
    let at = 0
    const limiter = createLimiter({ attempts: 2, spanMs: 1000, now: () => at })
    expect([limiter.take('a'), limiter.take('a'), limiter.take('a'), limiter.take('b')]).toEqual([
      true,
      true,
      false,
      true,
    ])
    at = 999
    expect(limiter.take('a')).toBe(false)
    at = 1000
    expect(limiter.take('a')).toBe(true)
  })
})

describe('judgeClaim', () => {
  const claim = { device: null, serialNumbers: null, expiresAt: 1000, withdrawnAt: null, usedAt: null, usedBy: null }
  const by = { device: 'shop-1', serialNumber: undefined, now: 999 }
  it.each([
    ['nothing', {}, {}, undefined],
    ['its end', {}, { now: 1000 }, 'claim-expired'],
    ['its withdrawal', { withdrawnAt: 1 }, {}, 'claim-withdrawn'],
    ['its use', { usedAt: 1, usedBy: 'shop-1' }, {}, 'claim-used'],
    ['another name', { device: 'shop-2' }, {}, 'claim-other-device'],
    ['hardware that tells no number', { serialNumbers: ['a'] }, {}, 'serial-number-unlisted'],
    ['hardware that tells an empty one', { serialNumbers: ['a'] }, { serialNumber: '' }, 'serial-number-unlisted'],
  ])('refuses for %s', (_why, changed, asked, code) => {
    const judge = () => judgeClaim({ ...claim, ...changed }, { ...by, ...asked })
    if (code === undefined) expect(judge).not.toThrow()
    else expect(judge).toThrow(expect.objectContaining({ code }))
  })
})

describe('a renewal', () => {
  it('that meets a revocation waits for it, and is refused', async () => {
    const certificates = await open()
    const { shown } = await add('shop-9')
    const enrolment = createEnrolment({
      ...{ database, authority, certificates, clock, days: DAYS },
      claims: createClaims({ database, clock }),
      mqtt: () => 'mqtts://127.0.0.1',
      admit: async () => {},
      onEnrolled: () => {},
    })
    const renew = async () => {
      const { csr } = await deviceKey('shop-9')
      return enrolment.renew({ device: 'shop-9', shown: shown.serial, csr })
    }
    expect((await renew()).certificate).toContain('CERTIFICATE')
    const revoking = await database.pool.connect()
    await revoking.query('BEGIN')
    expect(await certificates.revoke(revoking, 'shop-9', 'stolen')).toBe(2)
    const late = renew().catch((error) => error.code)
    await vi.waitFor(async () => {
      const waiting = await database.pool.query('SELECT 1 FROM pg_locks WHERE NOT granted')
      expect(waiting.rowCount).toBeGreaterThan(0)
    }, 20_000)
    await revoking.query('COMMIT')
    revoking.release()
    expect(await late).toBe('certificate-revoked')
    const inForce = await database.pool.query(
      `SELECT 1 FROM device_certificates c WHERE device = 'shop-9'
         AND NOT EXISTS (SELECT 1 FROM revocations r WHERE r.serial = c.serial)`,
    )
    expect(inForce.rowCount).toBe(0)
  })
})
