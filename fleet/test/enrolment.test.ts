import { execFile } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type AgentIdentity, certificateIdentity, createLogger } from '@storecast/agent/test/identity'
import { startLiveDevice } from '@storecast/agent/test/live-device'
import { type TestCloud, testCloud } from '@storecast/cloud/test/cloud'
import { type EnrolmentClaim, formatClaim, parseClaim } from '@storecast/shared/contracts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

/** The agent's own identity against the real cloud: enrolment, renewal, and what goes wrong on the way. */

const DAY_MS = 86_400_000
const AGENT = fileURLToPath(new URL('../../agent/main.ts', import.meta.url))
const log = createLogger({ level: 'silent' })
const stack = new AsyncDisposableStack()
let cloud: TestCloud
let ahead = 0
const now = () => Date.now() + ahead
beforeAll(async () => {
  cloud = stack.use(await testCloud({ clock: { now } }))
  await cloud.call('PUT', '/v1/sites/berlin', { json: { timeZone: 'Europe/Berlin' } })
})
afterAll(() => stack.disposeAsync())

async function claim(spec: object = {}): Promise<EnrolmentClaim> {
  const { body } = await cloud.call('POST', '/v1/claims', { json: { site: 'berlin', ...spec } })
  return parseClaim(body.claims[0].claim)
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'storecast-identity-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  return folder
}

interface Given {
  readonly device: string
  readonly folder: string
  readonly claim?: EnrolmentClaim
  readonly serialNumber?: string
}

const open = (given: Given): Promise<AgentIdentity> =>
  certificateIdentity({ claim: undefined, ...given, now, log, backoff: { baseMs: 5, capMs: 20 } })

const enrolled = (identity: AgentIdentity) => identity.credentials(AbortSignal.timeout(20_000))

describe('enrolment', () => {
  it('is one command on the device, which also makes the PIN of its page and shows it once', async () => {
    const folder = await newFolder()
    const config = join(folder, 'agent.yaml')
    await writeFile(config, JSON.stringify({ device: 'north-0', cloud: {}, http: { host: '0.0.0.0' } }))
    const enroll = async () => {
      const env = { ...process.env, STORECAST_CLAIM: line }
      return (await promisify(execFile)(AGENT, ['enroll', '--config', config], { env })).stdout
    }
    const line = formatClaim(await claim())
    expect(await enroll()).toMatch(/^the PIN of north-0 is \d{6}: .*\nnorth-0 is enrolled: mqtts:\/\/.*\n$/)
    const kept = await readFile(join(folder, 'data', 'identity', 'identity.json'), 'utf8')
    expect(new X509Certificate(JSON.parse(kept).certificate).subject).toBe('CN=north-0')
    // Again, it has nothing to do and asks for nothing.
    expect(await enroll()).toMatch(/^north-0 is enrolled: mqtts:\/\/.*\n$/)
  })

  it('makes the key on the device, keeps it in files that only the agent reads, and needs the claim once', async () => {
    const folder = await newFolder()
    const one = await claim()
    await using identity = await open({ device: 'north-1', folder, claim: one })
    const { broker, tls } = await enrolled(identity)
    expect(broker).toMatch(/^mqtts:/)
    expect(new X509Certificate(tls.cert!).subject).toBe('CN=north-1')
    expect(
      createHash('sha256')
        .update((await identity.root(AbortSignal.timeout(1000)))!)
        .digest('hex'),
    ).toBe(one.root)
    const names = await readdir(folder)
    expect(names.sort()).toEqual(['identity.json', 'root.json'])
    for (const name of names) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600)
    await using again = await open({ device: 'north-1', folder })
    expect((await enrolled(again)).tls).toEqual(tls)
  })

  it('sends the secret to nobody who does not show the authority of the claim', async () => {
    const one = await claim()
    await using stranger = await testCloud()
    const astray = { ...one, url: stranger.cloud.devicesUrl }
    await using identity = await open({ device: 'north-2', folder: await newFolder(), claim: astray })
    await vi.waitFor(() => expect(identity.trouble).toMatch(/does not show the authority that the claim names/))
    const { rows } = await stranger.pool.query('SELECT 1 FROM enrolment_claims')
    expect(rows).toEqual([])
    // The claim was not spent on the way.
    await using right = await open({ device: 'north-2', folder: await newFolder(), claim: one })
    await enrolled(right)
  })

  it('refuses another root of trust than the claim names', async () => {
    const one = { ...(await claim()), root: 'f'.repeat(64) }
    const folder = await newFolder()
    await using identity = await open({ device: 'north-3', folder, claim: one })
    await vi.waitFor(() => expect(identity.trouble).toMatch(/another root of trust/))
    expect(identity.current).toBeUndefined()
    expect(await readdir(folder)).toEqual(['pending.json'])
  })

  it('goes on with its key where the answer was lost', async () => {
    const folder = await newFolder()
    const one = await claim()
    // The cloud has answered; the device, which could not use the answer, still has what it asked with.
    await using cut = await open({ device: 'north-4', folder, claim: { ...one, root: 'f'.repeat(64) } })
    await vi.waitFor(() => expect(cut.trouble).toMatch(/another root/))
    await cut[Symbol.asyncDispose]()
    await using identity = await open({ device: 'north-4', folder, claim: one })
    expect((await enrolled(identity)).tls.key).toBeDefined()
  })

  it('says why the cloud refuses, and enrols anew with a claim for it after a revocation', async () => {
    const folder = await newFolder()
    const spent = await claim({ serialNumbers: ['pi-7'] })
    await using refused = await open({ device: 'north-5', folder, claim: spent, serialNumber: 'pi-8' })
    await vi.waitFor(() => expect(refused.trouble).toMatch(/does not list the serial number pi-8/))
    await refused[Symbol.asyncDispose]()
    await using first = await open({ device: 'north-5', folder, claim: spent, serialNumber: 'pi-7' })
    const before = await enrolled(first)
    await first[Symbol.asyncDispose]()
    await cloud.call('POST', '/v1/devices/north-5/revoke')
    await using second = await open({ device: 'north-5', folder, claim: await claim({ device: 'north-5' }) })
    await vi.waitFor(() => expect(second.current?.tls.cert).not.toBe(before.tls.cert))
  })
})

describe('a device with a certificate', () => {
  it('keeps and renews it where it is given a claim that is refused', async () => {
    const folder = await newFolder()
    await using first = await open({ device: 'north-6', folder, claim: await claim() })
    const before = (await enrolled(first)).tls
    await first[Symbol.asyncDispose]()
    ahead = 69 * DAY_MS
    const forAnother = await claim({ device: 'north-7' })
    await using second = await open({ device: 'north-6', folder, claim: forAnother })
    await vi.waitFor(() => expect(second.current?.tls.cert).not.toBe(before.cert))
    expect(second.trouble).toBeUndefined()
    ahead = 0
  })

  it('is told so by its doctor, who tries the broker as the device would', async () => {
    const home = await newFolder()
    const folder = join(home, 'data', 'identity')
    await using identity = await open({ device: 'north-8', folder, claim: await claim() })
    await enrolled(identity)
    const config = join(home, 'agent.yaml')
    await writeFile(config, JSON.stringify({ device: 'north-8', cloud: {} }))
    const main = fileURLToPath(new URL('../../agent/main.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [main, 'doctor', '--config', config])
    expect(stdout).toMatch(/\[ ok \] identity +the certificate ends at /)
    expect(stdout).toMatch(/\[ ok \] broker +mqtts:\S+ lets north-8 in/)
  })
})

describe('renewal', () => {
  it('comes at two thirds of the certificate’s life, with a new key, and once', async () => {
    const folder = await newFolder()
    await using first = await open({ device: 'south-1', folder, claim: await claim() })
    const before = (await enrolled(first)).tls
    await first[Symbol.asyncDispose]()
    ahead = 59 * DAY_MS
    await using early = await open({ device: 'south-1', folder })
    expect((await enrolled(early)).tls).toEqual(before)
    await early[Symbol.asyncDispose]()
    ahead = 69 * DAY_MS
    await using due = await open({ device: 'south-1', folder })
    await vi.waitFor(() => expect(due.current?.tls.cert).not.toBe(before.cert))
    expect(due.current?.tls.key).not.toBe(before.key)
    expect(due.expiresAt).toBeGreaterThan(now() + 89 * DAY_MS)
    const file = await readFile(join(folder, 'identity.json'), 'utf8')
    expect(JSON.parse(file).certificate).toBe(due.current?.tls.cert)
    ahead = 0
  })

  it('brings back a device that was away for longer than its certificate lasts', async () => {
    const folder = await newFolder()
    // The cloud's own certificate, which this test's clock does not renew, holds for 90 days from now.
    ahead = -60 * DAY_MS
    await using first = await open({ device: 'south-2', folder, claim: await claim() })
    const before = (await enrolled(first)).tls
    await first[Symbol.asyncDispose]()
    ahead = 60 * DAY_MS
    await using late = await open({ device: 'south-2', folder })
    await vi.waitFor(() => expect(late.current?.tls.cert).not.toBe(before.cert))
    ahead = 0
  })

  it('is refused to a revoked device, which says so and keeps what it has', async () => {
    const folder = await newFolder()
    await using first = await open({ device: 'south-3', folder, claim: await claim() })
    const before = (await enrolled(first)).tls
    await first[Symbol.asyncDispose]()
    await cloud.call('POST', '/v1/devices/south-3/revoke')
    ahead = 69 * DAY_MS
    await using identity = await open({ device: 'south-3', folder })
    await vi.waitFor(() => expect(identity.trouble).toMatch(/was revoked/))
    expect(identity.current?.tls).toEqual(before)
    ahead = 0
  })
})

describe('a device whose clock runs a year behind', () => {
  it('takes the pinned authority’s word for the time, and nobody else’s', async () => {
    await using later = await testCloud({ clock: { now: () => Date.now() + 365 * DAY_MS } })
    await later.call('PUT', '/v1/sites/berlin', { json: { timeZone: 'Europe/Berlin' } })
    const { body } = await later.call('POST', '/v1/claims', { json: { site: 'berlin' } })
    const folder = await newFolder()
    await using identity = await open({ device: 'behind-1', folder, claim: parseClaim(body.claims[0].claim) })
    const { broker, tls } = await enrolled(identity)
    expect(Date.parse(new X509Certificate(tls.cert!).validFrom)).toBeGreaterThan(Date.now() + 300 * DAY_MS)
    // It takes the broker for what it is; the broker, whose clock is this machine's, has yet to take the device.
    await using device = await startLiveDevice({ url: broker, device: 'behind-1', tls })
    await vi.waitFor(() => expect(device.status.trouble).toBe('the broker closed the connection'))
    // A stranger is none for being in the future.
    await using stranger = await testCloud({ clock: { now: () => Date.now() + 365 * DAY_MS } })
    const wrong = { ...tls, ca: Buffer.from((await stranger.call('GET', '/v1/identity/ca.pem')).body).toString() }
    await using misled = await startLiveDevice({ url: broker, device: 'behind-1', tls: wrong })
    await vi.waitFor(() => expect(misled.status.trouble).toMatch(/is refused: /))
  })
})
