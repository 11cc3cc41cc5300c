import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { type EventEmitter, once } from 'node:events'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type EnrolmentClaim, parseClaim } from '@storecast/shared/contracts'
import { topicOf } from '@storecast/shared/wire'
import mqtt from 'mqtt'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../platform/clock.ts'
import { type TestCloud, testCloud } from './cloud.ts'
import { deviceCall, deviceKey, shownCertificates } from './device-client.ts'

const DAY_MS = 86_400_000
const HEX = /^[0-9a-f]{64}$/

let cloud: TestCloud
/** Ahead of the real time. */
let ahead = 0
let ca: string
beforeAll(async () => {
  cloud = await testCloud({ clock: { now: () => systemClock.now() + ahead } })
  await cloud.call('PUT', '/v1/sites/berlin', { json: { timeZone: 'Europe/Berlin' } })
  await cloud.call('PUT', '/v1/sites/paris', { json: { timeZone: 'Europe/Paris' } })
  ca = Buffer.from((await cloud.call('GET', '/v1/identity/ca.pem', { token: null })).body).toString()
})
afterAll(() => cloud[Symbol.asyncDispose]())

async function claim(spec: object = {}): Promise<EnrolmentClaim> {
  const { status, body } = await cloud.call('POST', '/v1/claims', { json: { site: 'berlin', ...spec } })
  expect(status).toBe(201)
  return parseClaim(body.claims[0].claim)
}

async function enrol(device: string, { secret, url }: EnrolmentClaim, more: object = {}) {
  const { key, csr } = await deviceKey(device)
  const answer = await deviceCall(`${url}/v1/enrol`, { ca, json: { secret, device, csr, ...more } })
  return { ...answer, key, csr, cert: answer.body.certificate as string, mqtt: answer.body.mqtt as string }
}

const renew = async (device: string, { key, cert }: { key: string; cert: string }) =>
  deviceCall(`${cloud.cloud.devicesUrl}/v1/renew`, { ca, key, cert, json: { csr: (await deviceKey(device)).csr } })

const readObject = (held: { key: string; cert: string }, sha256: string) =>
  deviceCall(`${cloud.cloud.devicesUrl}/v1/objects/${sha256}`, { ca, ...held })

describe('a claim', () => {
  it('lets a device that knows nothing but the claim enrol, and be told what to run', async () => {
    const one = await claim({ labels: { till: '3' } })
    const shown = await shownCertificates(one.url)
    expect(shown.map((raw) => createHash('sha256').update(raw).digest('hex'))).toContain(one.ca)

    const { status, key, cert, body } = await enrol('berlin-1', one)
    expect(status).toBe(201)
    const certificate = new X509Certificate(cert)
    expect(certificate.subject).toBe('CN=berlin-1')
    expect(certificate.verify(new X509Certificate(ca).publicKey)).toBe(true)
    expect(body).toMatchObject({ ca, mqtt: expect.stringMatching(/^mqtts:/) })
    expect(createHash('sha256').update(Buffer.from(body.root, 'base64')).digest('hex')).toBe(one.root)

    const device = (await cloud.call('GET', '/v1/devices/berlin-1')).body
    expect(device).toMatchObject({ site: 'berlin', labels: { till: '3' } })
    const desired = (await cloud.call('GET', '/v1/devices/berlin-1/desired')).body
    expect(desired.api).toBe(cloud.cloud.devicesUrl)
    const read = await readObject({ key, cert }, desired.documents.catalogue.sha256)
    expect(read).toMatchObject({ status: 200 })
    expect(await readObject({ key, cert }, 'f'.repeat(64))).toMatchObject({ body: { code: 'object-not-desired' } })
  })

  it('works once; the key that used it may ask again, since its answer may be lost', async () => {
    const one = await claim()
    const first = await enrol('once-1', one)
    const again = await deviceCall(`${one.url}/v1/enrol`, {
      ca,
      json: { secret: one.secret, device: 'once-1', csr: first.csr },
    })
    expect(again).toMatchObject({ status: 201, body: { certificate: first.cert } })
    expect(await enrol('once-1', one)).toMatchObject({ status: 403, body: { code: 'claim-used' } })
    expect(await enrol('once-2', one)).toMatchObject({ status: 403, body: { code: 'claim-used' } })
  })

  it('is made in numbers, listed, and withdrawn', async () => {
    const { body } = await cloud.call('POST', '/v1/claims', { json: { site: 'paris', count: 3 } })
    const texts = body.claims.map((one: { claim: string }) => one.claim)
    expect(new Set(texts).size).toBe(3)
    expect((await cloud.call('DELETE', `/v1/claims/${body.claims[0].id}`)).status).toBe(204)
    const listed = (await cloud.call('GET', '/v1/claims')).body.items
    expect(listed.filter((one: { site: string }) => one.site === 'paris')).toHaveLength(3)
    expect(JSON.stringify(listed)).not.toContain(parseClaim(texts[1]).secret)
    expect(await enrol('paris-1', parseClaim(texts[0]))).toMatchObject({ body: { code: 'claim-withdrawn' } })
    expect(await enrol('paris-1', parseClaim(texts[1]))).toMatchObject({ status: 201 })
  })

  it('expires', async () => {
    const one = await claim({ expiresInSeconds: 60 })
    ahead = 61_000
    expect(await enrol('late-1', one)).toMatchObject({ status: 403, body: { code: 'claim-expired' } })
    ahead = 0
  })

  it('can be for listed hardware alone', async () => {
    const one = await claim({ serialNumbers: ['pi-0001', 'pi-0002'] })
    expect(await enrol('listed-1', one)).toMatchObject({ body: { code: 'serial-number-unlisted' } })
    const other = await enrol('listed-1', one, { serialNumber: 'pi-0003' })
    expect(other).toMatchObject({ body: { code: 'serial-number-unlisted' } })
    expect(await enrol('listed-1', one, { serialNumber: 'pi-0002' })).toMatchObject({ status: 201 })
  })

  it('cannot take a device that is there, unless it names it', async () => {
    const first = await enrol('there-1', await claim())
    expect(await enrol('there-1', await claim())).toMatchObject({ status: 409, body: { code: 'device-exists' } })
    const named = await claim({ device: 'there-1' })
    expect(await enrol('there-2', named)).toMatchObject({ status: 403, body: { code: 'claim-other-device' } })
    expect(await enrol('there-1', await claim({ device: 'there-1', site: 'paris' }))).toMatchObject({
      body: { code: 'device-elsewhere' },
    })
    const second = await enrol('there-1', named)
    expect(second.status).toBe(201)
    expect(await renew('there-1', first)).toMatchObject({ status: 401, body: { code: 'certificate-revoked' } })
    expect(await renew('there-1', second)).toMatchObject({ status: 201 })
    const token = await cloud.call('POST', '/v1/devices/there-1/token')
    expect(token).toMatchObject({ status: 409, body: { code: 'device-certified' } })
  })

  it('is refused in all other shapes', async () => {
    const one = await claim()
    const unknown = { ...one, secret: 'A'.repeat(43) }
    expect(await enrol('shape-1', unknown)).toMatchObject({ status: 403, body: { code: 'claim-unknown' } })
    const { csr } = await deviceKey('shape-2')
    const send = (json: object) => deviceCall(`${one.url}/v1/enrol`, { ca, json: { secret: one.secret, ...json } })
    expect(await send({ device: 'shape-1', csr })).toMatchObject({ body: { code: 'csr-other-device' } })
    expect(await send({ device: 'shape-1', csr: 'no PEM' })).toMatchObject({ body: { code: 'csr-invalid' } })
    const altered = csr.replace(/[A-Za-z]{4}(?=[^\n]*\n-----END)/, (part) => (part === 'AAAA' ? 'BBBB' : 'AAAA'))
    expect(await send({ device: 'shape-2', csr: altered })).toMatchObject({ body: { code: 'csr-invalid' } })
    expect(await send({ device: 'Shape 2', csr })).toMatchObject({ body: { code: 'invalid-request' } })
    expect(await send({ device: 'shape-2', csr: 'x'.repeat(40_000) })).toMatchObject({ status: 413 })
    expect((await cloud.call('GET', '/v1/devices/shape-1')).status).toBe(404)
  })
})

describe('a certificate', () => {
  it('is renewed by itself, and after its end only to be renewed', async () => {
    const first = await enrol('renew-1', await claim())
    const { status, body } = await renew('renew-1', first)
    expect(status).toBe(201)
    const second = { key: first.key, cert: body.certificate as string }
    expect(new X509Certificate(second.cert).subject).toBe('CN=renew-1')
    expect(await renew('renew-2', first)).toMatchObject({ status: 403, body: { code: 'csr-other-device' } })

    const { sha256 } = (await cloud.call('GET', '/v1/devices/renew-1/desired')).body.documents.catalogue
    ahead = 91 * DAY_MS
    expect(await readObject(first, sha256)).toMatchObject({ status: 401, body: { code: 'certificate-expired' } })
    expect(await renew('renew-1', first)).toMatchObject({ status: 201 })
    ahead = (91 + 365) * DAY_MS
    expect(await renew('renew-1', first)).toMatchObject({ status: 401, body: { code: 'certificate-expired' } })
    ahead = 0
  })

  it('of a revoked device ends its session at once, opens nothing any more, and is on the list', async () => {
    const held = await enrol('gone-1', await claim())
    const other = await enrol('stays-1', await claim())
    const open = (device: string, { key, cert }: { key: string; cert: string }, clientId = device) => {
      const client = mqtt.connect(held.mqtt, { key, cert, ca, clientId, reconnectPeriod: 0 })
      client.on('error', () => {})
      return client
    }
    const on = (client: mqtt.MqttClient, event: string) => once(client as unknown as EventEmitter, event)
    const [gone, stays] = [open('gone-1', held), open('stays-1', other)]
    await Promise.all([on(gone, 'connect'), on(stays, 'connect')])
    await gone.subscribeAsync(topicOf('gone-1', 'desired'), { qos: 1 })
    await expect(gone.subscribeAsync(topicOf('stays-1', 'desired'), { qos: 1 })).rejects.toThrow('Subscribe error')
    // Another device's client id, under a certificate of one's own.
    const [refusal] = await on(open('gone-1', held, 'stays-1'), 'error')
    expect(refusal.code).toBe(4)

    const closed = on(gone, 'close')
    const began = performance.now()
    expect((await cloud.call('POST', '/v1/devices/gone-1/revoke')).status).toBe(200)
    await closed
    expect(performance.now() - began).toBeLessThan(60_000)
    expect((await on(open('gone-1', held), 'error'))[0].code).toBe(4)
    expect(await renew('gone-1', held)).toMatchObject({ status: 401, body: { code: 'certificate-revoked' } })
    expect(stays.connected).toBe(true)
    stays.end(true)

    const textOf = (file: string) =>
      execFileSync(
        'openssl',
        ['crl', '-in', file, '-noout', '-text', '-CAfile', join(cloud.data, 'identity', 'ca.pem')],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
      )
    const serial = new X509Certificate(held.cert).serialNumber
    // Beside the key, unasked: a database that is restored from before learns of it there.
    await vi.waitFor(() => expect(textOf(join(cloud.data, 'identity', 'crl.pem'))).toContain(serial))
    const list = Buffer.from((await cloud.call('GET', '/v1/identity/crl.pem', { token: null })).body).toString()
    const file = join(cloud.data, 'crl-test.pem')
    await writeFile(file, list)
    const text = textOf(file)
    expect(text).toContain(serial)
    expect(text).not.toContain(new X509Certificate(other.cert).serialNumber)
    const again = await enrol('gone-1', await claim({ device: 'gone-1' }))
    expect(again.status).toBe(201)
  })

  it('of a device that left service is refused too', async () => {
    const held = await enrol('retired-1', await claim())
    expect((await cloud.call('DELETE', '/v1/devices/retired-1')).status).toBe(200)
    expect(await renew('retired-1', held)).toMatchObject({ status: 401 })
    expect(await enrol('retired-1', await claim({ device: 'retired-1' }))).toMatchObject({
      body: { code: 'device-retired' },
    })
  })
})

describe('the devices’ listener', () => {
  it('has nothing for operators, and nothing for whoever shows no certificate', async () => {
    const call = (path: string) => deviceCall(`${cloud.cloud.devicesUrl}${path}`, { ca })
    expect(await call('/v1/devices')).toMatchObject({ status: 404 })
    expect(await call(`/v1/objects/${'f'.repeat(64)}`)).toMatchObject({
      status: 401,
      body: { code: 'certificate-missing' },
    })
  })

  it('takes no server’s certificate for a device’s', async () => {
    const { key, csr } = await deviceKey('berlin-1')
    const json = { csr, names: ['mqtt.example'] }
    const { body, status } = await cloud.call('POST', '/v1/identity/server-certificates', { json })
    expect(status).toBe(201)
    expect(new X509Certificate(body.certificate).checkHost('mqtt.example')).toBe('mqtt.example')
    const answer = await deviceCall(`${cloud.cloud.devicesUrl}/v1/renew`, {
      ca,
      key,
      cert: body.certificate,
      json: { csr },
    })
    expect(answer).toMatchObject({ status: 401, body: { code: 'certificate-missing' } })
  })

  it('counts attempts', async () => {
    const one = await claim()
    const { csr } = await deviceKey('often-1')
    const attempt = () =>
      deviceCall(`${one.url}/v1/enrol`, { ca, json: { secret: 'A'.repeat(43), device: 'often-1', csr } })
    ahead = 10 * 60_000
    const answers = []
    for (let i = 0; i < 31; i++) answers.push((await attempt()).body.code)
    expect(answers.slice(0, 30)).toEqual(Array(30).fill('claim-unknown'))
    expect(answers[30]).toBe('enrol-too-often')
    ahead = 12 * 60_000
    expect(await enrol('often-1', one)).toMatchObject({ status: 201 })
    ahead = 0
  })
})

it('keeps the authority’s key to itself, outside the database', async () => {
  const file = join(cloud.data, 'identity', 'ca.key')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await claim()).ca).toMatch(HEX)
})

it('leaves every enrolment in the audit log, let in or refused, and no secret with it', async () => {
  const one = await claim()
  await enrol('logged-1', one)
  await enrol('logged-2', one)
  const { items } = (await cloud.call('GET', '/v1/audit?action=POST%20/v1/enrol&limit=2')).body
  const entries = items.map((row: { entry: object }) => row.entry)
  expect(entries).toMatchObject([
    { decision: 'denied', code: 'claim-used', request: { body: { device: 'logged-2' } } },
    { decision: 'allowed', request: { body: { device: 'logged-1' } }, after: { device: 'logged-1', replaced: false } },
  ])
  const all = JSON.stringify((await cloud.call('GET', '/v1/audit?limit=500')).body)
  expect(all).not.toContain(one.secret)
})

it('leaves an entry for every route by which a device may change something, called by a stranger', async () => {
  const { body } = await deviceCall(`${cloud.cloud.devicesUrl}/v1/openapi.json`, { ca })
  const posts = Object.entries<object>(body.paths).flatMap(([path, methods]) => ('post' in methods ? [path] : []))
  expect(posts).toEqual(expect.arrayContaining(['/v1/enrol', '/v1/renew']))
  for (const path of posts) {
    const before = (await cloud.call('GET', '/v1/audit/head')).body.number
    expect((await deviceCall(`${cloud.cloud.devicesUrl}${path}`, { ca, json: {} })).status).toBeGreaterThanOrEqual(400)
    const { items } = (await cloud.call('GET', `/v1/audit?order=oldest&cursor=${before}`)).body
    expect(items.map((row: { entry: { action: string } }) => row.entry.action)).toEqual([
      `POST ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    ])
  }
})
