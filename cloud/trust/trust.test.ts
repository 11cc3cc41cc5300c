import { mkdtemp, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pool } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { testBundle } from '../test/bundle.ts'
import { type Answer, type TestCloud, testCloud } from '../test/cloud.ts'
import { json, newSigner, operators, rootOf, signed, type TargetsSpec, targetsFor } from '../test/operators.ts'
import { rolloutOf } from '../test/rollout.ts'
import { tufClient } from '../test/tuf-client.ts'
import type { TrustStatus } from './index.ts'
import { sha256 } from './metadata.ts'

const DAY_MS = 86_400_000
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const stack = new AsyncDisposableStack()
afterAll(() => stack.disposeAsync())
afterEach(() => vi.useRealTimers())

/** A cloud of its own, and what operators do with it. */
async function scene(mode: 'development' | 'production') {
  const server: TestCloud = stack.use(await testCloud({}, { trust: { mode } }))
  const { call } = server
  const status = async (): Promise<TrustStatus> => (await call('GET', '/v1/trust')).body
  const push = (body: { roots?: Buffer[]; targets?: Buffer; files?: Buffer[] }): Promise<Answer> =>
    call('POST', '/v1/trust/metadata', {
      json: {
        ...(body.roots && { roots: body.roots.map(base64) }),
        ...(body.targets && { targets: base64(body.targets) }),
        ...(body.files && { files: body.files.map(base64) }),
      },
    })
  const register = async (name: string, salt = '') =>
    (await call('POST', `/v1/models/${name}/versions`, { bytes: testBundle({ name, salt }) })).body
  const client = async (root: Buffer) =>
    tufClient({ url: server.cloud.url, folder: await mkdtemp(join(server.data, 'tuf-')), root })
  const rootBytes = async (version: number) => {
    const response = await fetch(`${server.cloud.url}/v1/tuf/metadata/${version}.root.json`)
    return Buffer.from(await response.arrayBuffer())
  }
  return { ...server, status, push, register, client, rootBytes }
}
type Scene = Awaited<ReturnType<typeof scene>>

describe('a cloud in development mode', () => {
  let cloud: Scene
  beforeAll(async () => {
    cloud = await scene('development')
  })

  it('says so, and makes keys that nobody else may read', async () => {
    expect(await cloud.status()).toMatchObject({
      mode: 'development',
      state: 'ready',
      root: { version: 1, development: true, threshold: 1 },
      targets: { approved: 0, revoked: 0 },
    })
    expect((await cloud.status()).message).toMatch(/^DEVELOPMENT TRUST/)
    const folder = join(cloud.data, 'trust')
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    const files = await readdir(folder)
    expect(files.sort()).toEqual(
      ['desired.pem', 'development-root.pem', 'development-targets.pem', 'snapshot.pem', 'timestamp.pem'].sort(),
    )
    for (const file of files) expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600)
  })

  it('approves what is registered, as TUF’s own client finds', async () => {
    const device = await cloud.client(await cloud.rootBytes(1))
    await device.refresh()
    const { bundle, version } = await cloud.register('demand')
    expect(version).toBe(1)
    expect(await device.target('models/demand/1.bundle')).toEqual({ length: bundle.bytes, sha256: bundle.sha256 })
    expect(await device.target('models/demand/2.bundle')).toBeUndefined()
    const { cloudKeys } = await cloud.status()
    expect(JSON.parse(await readFile(await device.download('desired-keys.json'), 'utf8'))).toEqual({
      keys: [cloudKeys.desired],
    })
    expect(JSON.parse(await readFile(await device.download('revoked.json'), 'utf8'))).toEqual({ versions: [] })
  })

  it('serves metadata to anyone, and takes it from operators alone', async () => {
    expect((await cloud.call('GET', '/v1/tuf/metadata/timestamp.json', { token: null })).status).toBe(200)
    for (const file of ['2.root.json', '1.snapshot.json', 'root.json', '1.timestamp.json', '0.root.json']) {
      const answer = await cloud.call('GET', `/v1/tuf/metadata/${file}`, { token: null })
      expect([file, answer.status, answer.body.code]).toEqual([file, 404, 'metadata-unknown'])
    }
    expect((await cloud.call('GET', `/v1/tuf/targets/${'0'.repeat(64)}.revoked.json`)).body.code).toBe('target-unknown')
    expect((await cloud.call('POST', '/v1/trust/metadata', { token: null, json: {} })).status).toBe(401)
    expect((await cloud.call('GET', '/v1/trust', { token: null })).status).toBe(401)
  })

  it('never changes metadata that it has served', async () => {
    for (const sql of ['UPDATE trust_metadata SET version = version + 1', 'DELETE FROM trust_metadata']) {
      await expect((cloud.pool as Pool).query(sql)).rejects.toThrow(/never changes/)
    }
  })
})

describe('a cloud in production mode', () => {
  let cloud: Scene
  const people = operators()
  const [a, b] = people.root
  const [x, y, z] = people.targets
  let root: Buffer

  const targets = async (spec: TargetsSpec, signers = [x!, y!]) => {
    const { metadata, files } = targetsFor((await cloud.status()).cloudKeys, spec)
    return { targets: signed(metadata, signers), files }
  }

  beforeAll(async () => {
    cloud = await scene('production')
  })

  it('waits for its operators’ root, and rolls nothing out', async () => {
    expect(await cloud.status()).toMatchObject({ mode: 'production', state: 'waiting-for-root', root: null })
    await cloud.register('demand')
    await cloud.call('PUT', '/v1/sites/here', { json: { timeZone: 'UTC' } })
    await cloud.call('POST', '/v1/devices', { json: { id: 'here-1', site: 'here' } })
    const rollout = await cloud.call('POST', '/v1/rollouts', { json: rolloutOf('models:/demand/1') })
    expect([rollout.status, rollout.body.code]).toEqual([409, 'trust-waiting'])
    expect(rollout.body.detail).toMatch(/key-ceremony\.md/)
    expect((await cloud.push(await targets({}))).body.code).toBe('trust-waiting')
  })

  it('takes a first root only when enough of its own keys have signed it', async () => {
    const { cloudKeys } = await cloud.status()
    const other = { ...cloudKeys, snapshot: newSigner().key.keyVal.public! }
    const wrong = await cloud.push({ roots: [signed(rootOf(people, other), [a!, b!])] })
    expect([wrong.status, wrong.body.code]).toEqual([400, 'root-other-cloud'])
    const expired = await cloud.push({
      roots: [signed(rootOf(people, cloudKeys, { expires: Date.now() - 1 }), [a!, b!])],
    })
    expect([expired.status, expired.body.code]).toEqual([403, 'metadata-expired'])
    const stranger = await cloud.push({ roots: [signed(rootOf(people, cloudKeys), [a!, newSigner()])] })
    expect([stranger.status, stranger.body.code]).toEqual([400, 'signature-invalid'])
    expect((await cloud.push({ roots: [signed(rootOf(people, cloudKeys), [])] })).body.code).toBe('signatures-missing')

    const first = rootOf(people, cloudKeys)
    const once = signed(first, [a!])
    const draft = await cloud.push({ roots: [once] })
    expect(draft.body.root).toEqual({
      ...{ version: 1, state: 'draft', threshold: 2, waitsFor: 'signatures' },
      signedBy: [a!.key.keyID],
    })
    expect((await cloud.status()).state).toBe('waiting-for-root')
    root = signed(first, [b!])
    expect((await cloud.push({ roots: [root] })).body.root).toMatchObject({ state: 'in-force', version: 1 })
    expect(await cloud.status()).toMatchObject({
      state: 'waiting-for-targets',
      root: { version: 1, threshold: 2, sha256: sha256(root), development: false },
      drafts: { root: null, targets: null },
    })
  })

  it('keeps a draft until enough approvers have signed it, each on their own', async () => {
    const { bundle } = (await cloud.call('GET', '/v1/models/demand/versions/1')).body
    const approved = [{ model: 'demand', version: 1, bundle }]
    expect((await cloud.push(await targets({ approved }, [x!, newSigner()]))).body.code).toBe('signature-invalid')
    const { metadata, files } = targetsFor((await cloud.status()).cloudKeys, { approved })
    const byX = signed(metadata, [x!])
    metadata.signatures = {}
    const byY = signed(metadata, [y!])
    expect((await cloud.push({ targets: byX })).body.code).toBe('target-missing')
    expect((await cloud.push({ targets: byX, files })).body.targets).toMatchObject({ state: 'draft', threshold: 2 })
    expect(Buffer.from(JSON.stringify((await cloud.call('GET', '/v1/trust/drafts/targets')).body))).toEqual(
      Buffer.from(JSON.stringify(JSON.parse(byX.toString()))),
    )
    const approval = async () => (await cloud.call('GET', '/v1/models/demand/versions/1/approval')).body
    expect(await approval()).toMatchObject({ state: 'waiting', signedBy: [x!.key.keyID], threshold: 2 })
    expect((await cloud.push(await targets({ version: 7 }))).body.code).toBe('draft-conflict')
    const rollout = () => cloud.call('POST', '/v1/rollouts', { json: rolloutOf('models:/demand/1') })
    expect((await rollout()).body.code).toBe('trust-waiting')
    expect((await cloud.push({ targets: byY })).body.targets).toMatchObject({
      state: 'in-force',
      signedBy: [x!.key.keyID, y!.key.keyID],
    })
    expect((await cloud.call('GET', '/v1/trust/drafts/targets')).body.code).toBe('draft-unknown')
    expect(await approval()).toMatchObject({
      ...{ state: 'approved', reason: null, signedBy: [x!.key.keyID, y!.key.keyID] },
      ...{ keys: people.targets.map(({ key }) => key.keyID), expires: expect.any(Number) },
    })
    expect((await rollout()).status).toBe(201)
    const device = await cloud.client(root)
    expect(await device.target('models/demand/1.bundle')).toEqual({ length: bundle.bytes, sha256: bundle.sha256 })
  })

  it('rolls out what is approved, and says why where it is not', async () => {
    const { bundle, version } = await cloud.register('demand', 'other')
    const unapproved = await cloud.call('POST', '/v1/rollouts', { json: rolloutOf(`models:/demand/${version}`) })
    expect([unapproved.status, unapproved.body.code]).toEqual([409, 'version-unapproved'])
    expect(unapproved.body.detail).toContain('storecast approve demand@2')
    const approval = async (of: number) => (await cloud.call('GET', `/v1/models/demand/versions/${of}/approval`)).body
    expect(await approval(2)).toMatchObject({ state: 'unapproved', signedBy: [], expires: null })
    const asked = await targets({ version: 2, approved: [{ model: 'demand', version: 2, bundle }] }, [x!])
    await cloud.push(asked)
    expect(await approval(2)).toMatchObject({ state: 'signing', signedBy: [x!.key.keyID], threshold: 2 })
    expect((await cloud.call('DELETE', '/v1/trust/drafts/targets')).status).toBe(204)
    const one = (await cloud.call('GET', '/v1/models/demand/versions/1')).body.bundle
    const approved = [
      { model: 'demand', version: 1, bundle: one },
      { model: 'demand', version: 2, bundle: { ...bundle, sha256: 'f'.repeat(64) } },
    ]
    await cloud.push(await targets({ version: 2, approved }))
    const altered = await cloud.call('POST', '/v1/rollouts', { json: rolloutOf('models:/demand/2') })
    expect(altered.body.detail).toMatch(/other bytes/)
    const revoked = [{ model: 'demand', version: 1, reason: 'sells too much' }]
    await cloud.push(await targets({ version: 3, approved, revoked }))
    const withdrawn = await cloud.call('POST', '/v1/rollouts', { json: rolloutOf('models:/demand/1') })
    expect([withdrawn.body.code, withdrawn.body.detail]).toEqual([
      'version-revoked',
      expect.stringContaining('sells too much'),
    ])
    expect(await approval(1)).toMatchObject({ state: 'revoked', reason: expect.stringContaining('sells too much') })
    expect((await cloud.status()).targets).toMatchObject({ version: 3, approved: 2, revoked: 1 })
  })

  it('refuses what a device would refuse', async () => {
    const code = async (pushed: Promise<Answer>) => (await pushed).body.code
    const { cloudKeys } = await cloud.status()
    // Rollback, another content under a known version, expired, targets of other kinds, another cloud's key.
    expect((await cloud.push(await targets({ version: 2 }))).body.code).toBe('metadata-conflict')
    expect(await code(cloud.push(await targets({ version: 3 })))).toBe('metadata-conflict')
    expect(await code(cloud.push(await targets({ version: 4, expires: Date.now() - 1 })))).toBe('metadata-expired')
    const file = { path: 'shell.sh', length: 1, sha256: 'a'.repeat(64) }
    expect(await code(cloud.push(await targets({ version: 4, more: [file] })))).toBe('target-unknown')
    const { metadata, files } = targetsFor({ desired: { ...cloudKeys.desired, kid: 'a'.repeat(43) } }, { version: 4 })
    expect(await code(cloud.push({ targets: signed(metadata, [x!, y!]), files }))).toBe('targets-other-cloud')
    // Roots: a jump, keys that the root before does not know, fewer than its threshold.
    const next = (version: number) => rootOf(people, cloudKeys, { version })
    expect(await code(cloud.push({ roots: [signed(next(3), [a!, b!])] }))).toBe('root-version')
    const thieves = operators()
    const theirs = signed(rootOf(thieves, cloudKeys, { version: 2 }), thieves.root)
    expect((await cloud.push({ roots: [theirs] })).body.root.state).toBe('draft')
    expect((await cloud.status()).root?.version).toBe(1)
    expect((await cloud.call('DELETE', '/v1/trust/drafts/root')).status).toBe(204)
    expect(await code(cloud.push({ roots: [signed(next(2), [a!]), signed(next(3), [a!, b!])] }))).toBe('root-unsigned')
    for (const bytes of [json({}), Buffer.from('no'), json({ signed: { _type: 'targets' }, signatures: [] })]) {
      expect(await code(cloud.push({ roots: [bytes] }))).toBe('metadata-invalid')
      expect(await code(cloud.push({ targets: bytes }))).toBe('metadata-invalid')
    }
    expect(await code(cloud.push({ targets: Buffer.alloc(5_000_001, 32) }))).toBe('metadata-too-large')
    // One key under two ids would sign twice.
    const twice = JSON.parse(signed(next(2), []).toString())
    const { keyID } = a!.key
    twice.signed.keys['0'.repeat(64)] = twice.signed.keys[keyID]
    twice.signed.roles.root.keyids.push('0'.repeat(64))
    expect(await code(cloud.push({ roots: [json(twice)] }))).toBe('root-keys')
  })

  it('rotates keys: devices follow, and targets that the new root would void must come along', async () => {
    const { cloudKeys } = await cloud.status()
    const device = await cloud.client(root)
    await device.refresh()
    const successors = { ...people, root: [a!, b!, newSigner()], targets: [z!, newSigner(), newSigner()] }
    const second = signed(rootOf(successors, cloudKeys, { version: 2 }), [a!, b!])
    expect((await cloud.push({ roots: [second] })).body.root).toMatchObject({ state: 'draft', waitsFor: 'targets' })
    await device.refresh()
    const [, n1] = successors.targets
    const answer = await cloud.push(await targets({ version: 4 }, [z!, n1!]))
    expect(answer.body).toMatchObject({
      root: { state: 'in-force', version: 2 },
      targets: { state: 'in-force', version: 4 },
    })
    await device.refresh()
    expect(await device.target('models/demand/1.bundle')).toBeUndefined()
    expect((await cloud.push(await targets({ version: 5 }, [x!, y!]))).body.code).toBe('signature-invalid')
    // The same again is known, whoever sends it.
    expect((await cloud.push({ roots: [root, second] })).body.root).toMatchObject({ state: 'in-force', version: 2 })
  })

  it('expires for devices and for rollouts alike', async () => {
    const [p, q] = [operators(1, 1), await scene('production')]
    const { cloudKeys } = await q.status()
    const soon = Date.now() + 2 * DAY_MS
    const first = signed(rootOf(p, cloudKeys, { expires: Date.now() + 30 * DAY_MS }), p.root)
    const { bundle } = await q.register('demand')
    const { metadata, files } = targetsFor(cloudKeys, {
      expires: soon,
      approved: [{ model: 'demand', version: 1, bundle }],
    })
    await q.push({ roots: [first], targets: signed(metadata, p.targets), files })
    const device = await q.client(first)
    await device.refresh()
    vi.useFakeTimers({ now: soon + 1000, toFake: ['Date'] })
    await expect(device.refresh()).rejects.toThrow(/expired/)
    const { status } = await q.call('GET', '/healthz')
    expect(status).toBe(200)
    const rollout = await q.call('POST', '/v1/rollouts', { json: rolloutOf('models:/demand/1') })
    expect(rollout.body.code).toBe('trust-expired')
    expect((await q.status()).state).toBe('expired')
  })
})
