import { cp, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { testBundle } from '@storecast/cloud/test/bundle'
import { type TestCloud, testCloud } from '@storecast/cloud/test/cloud'
import { rolloutOf } from '@storecast/cloud/test/rollout'
import { tufClient } from '@storecast/cloud/test/tuf-client'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { runCli } from './program.ts'

const stack = new AsyncDisposableStack()
let home: string
afterAll(async () => {
  vi.unstubAllEnvs()
  await stack.disposeAsync()
})

async function storecast(...argv: string[]) {
  const said = { out: '', err: '' }
  const answers = ['no']
  const status = await runCli(argv, {
    terminal: {
      out: (text) => {
        said.out += `${text}\n`
      },
      err: (text) => {
        said.err += `${text}\n`
      },
      progress: () => {},
    },
    signal: new AbortController().signal,
    env: process.env,
    readInput: async () => '',
    ask: async () => answers.shift() ?? '',
  })
  return { status, ...said }
}
const done = async (...argv: string[]) => {
  const result = await storecast(...argv)
  expect(result, `${argv.join(' ')}: ${result.err}`).toMatchObject({ status: 0 })
  return result
}
const at = (name: string) => join(home, name)
const sign = (folder: string, who: string) =>
  done('trust', 'sign', '--folder', folder, '--key', at(`${who}.pem`), '--yes')

/** A cloud in production mode, to which the commands talk from now on. */
async function cloudIn(mode: 'production' | 'development', trust: object = {}): Promise<TestCloud> {
  const server = stack.use(await testCloud({}, { trust: { mode, ...trust } }))
  vi.stubEnv('STORECAST_TOKEN', server.cloud.adminToken)
  vi.stubEnv('STORECAST_URL', server.cloud.url)
  return server
}
const register = async ({ call }: TestCloud, salt: string) =>
  (await call('POST', '/v1/models/demand/versions', { bytes: testBundle({ salt }) })).body

describe('the operators’ commands', () => {
  let server: TestCloud
  let folder: string

  beforeAll(async () => {
    server = await cloudIn('production')
    home = await mkdtemp(join(server.data, '..', 'operators-'))
    await writeFile(at('passphrase'), 'correct horse battery\n')
    vi.stubEnv('STORECAST_KEY_PASSPHRASE_FILE', at('passphrase'))
    folder = at('trust')
    for (const who of ['alice', 'bob', 'carol', 'dave']) await done('key', 'create', at(`${who}.pem`))
  })

  it('make keys that only their owner can read, and never over another', async () => {
    expect((await stat(at('alice.pem'))).mode & 0o777).toBe(0o600)
    const shown = JSON.parse((await done('key', 'show', at('alice.pem'), '--json')).out)
    expect(JSON.parse((await done('key', 'show', at('alice.pem.pub'), '--json')).out)).toEqual(shown)
    expect(shown.keyId).toMatch(/^[0-9a-f]{64}$/)
    expect(await storecast('key', 'create', at('alice.pem'))).toMatchObject({
      status: 1,
      err: expect.stringContaining('there already'),
    })
    await writeFile(at('wrong'), 'another passphrase')
    vi.stubEnv('STORECAST_KEY_PASSPHRASE_FILE', at('wrong'))
    expect(await storecast('key', 'show', at('alice.pem'))).toMatchObject({
      status: 1,
      err: expect.stringContaining('does not open'),
    })
    vi.stubEnv('STORECAST_KEY_PASSPHRASE_FILE', at('passphrase'))
  })

  it('hold the ceremony: two of three sign, one after another, and the cloud takes it', async () => {
    await done('trust', 'cloud-keys', '--out', at('cloud-keys.json'))
    const pubs = ['alice', 'bob', 'carol'].map((who) => at(`${who}.pem.pub`))
    const init = ['trust', 'init', '--folder', folder, '--cloud-keys', at('cloud-keys.json'), '--root', ...pubs]
    expect((await storecast(...init, '--targets', ...pubs)).err).toMatch(/how many of them it takes/)
    const begun = await done(...init, '--root-threshold', '2', '--targets', ...pubs, '--targets-threshold', '2')
    expect(begun.out).toMatch(/root version 1: 0 signed, 2 more needed/)
    expect((await storecast('trust', 'sign', '--folder', folder, '--key', at('dave.pem'), '--yes')).err).toMatch(
      /may not sign/,
    )
    expect(await storecast('trust', 'sign', '--folder', folder, '--key', at('alice.pem'))).toMatchObject({
      status: 2,
      err: expect.stringContaining('nothing was signed'),
    })
    expect((await sign(folder, 'alice')).out).toMatch(/root version 1: 1 signed, 1 more needed/)
    const pushed = await done('trust', 'push', '--folder', folder, '--json')
    expect(JSON.parse(pushed.out)).toMatchObject({ root: { state: 'draft' }, targets: { state: 'draft' } })
    expect((await sign(folder, 'bob')).out).toMatch(/sha256 [0-9a-f]{64}/)
    expect((await done('trust', 'push', '--folder', folder)).out).toMatch(
      /root +version 1 +in force\ntargets +version \d+ +in force/,
    )
    const status = await done('trust', 'status', '--folder', folder)
    expect(status.out).toMatch(/production, ready/)
    expect(status.out).toMatch(/root +version 1, expires \d{4}-\d\d-\d\d, 2 of 3 keys/)
  })

  it('approve a version together, each having seen what it is', async () => {
    const { version, bundle } = await register(server, 'one')
    const first = await done('approve', `demand@${version}`, '--folder', folder, '--key', at('alice.pem'), '--yes')
    expect(first.err).toContain(`+ models/demand/${version}.bundle  ${bundle.bytes} bytes  sha256 ${bundle.sha256}`)
    expect(first.out).toMatch(/1 of 2 signatures/)
    const rollout = () => server.call('POST', '/v1/rollouts', { json: rolloutOf(`models:/demand/${version}`) })
    expect((await rollout()).body.code).toBe('version-unapproved')
    // The second approver has a folder of their own, from the digest that the first one read out.
    const other = at('others-trust')
    expect((await storecast('approve', `demand@${version}`, '--folder', other)).err).toMatch(/--root-sha256/)
    const wrong = ['trust', 'fetch', '--folder', other, '--root-sha256', 'f'.repeat(64)]
    expect((await storecast(...wrong)).err).toMatch(/not the one that was given/)
    const { root } = (await server.call('GET', '/v1/trust')).body
    await done('trust', 'fetch', '--folder', other, '--root-sha256', root.sha256)
    const copy = at('mine.bundle')
    await writeFile(copy, testBundle({ salt: 'other' }))
    const refused = [
      'approve',
      `demand@${version}`,
      '--folder',
      other,
      '--key',
      at('bob.pem'),
      '--yes',
      '--bundle',
      copy,
    ]
    expect((await storecast(...refused)).err).toMatch(/do not sign/)
    await writeFile(copy, testBundle({ salt: 'one' }))
    expect((await done(...refused, '--json')).out).toContain('"state":"in-force"')
    expect((await server.call('GET', '/v1/trust')).body.targets).toMatchObject({ approved: 1 })
    expect((await storecast('approve', `demand@${version}`, '--folder', other, '--key', at('bob.pem'))).err).toMatch(
      /approved already/,
    )
    expect((await rollout()).body.code).not.toBe('version-unapproved')
    expect((await done('trust', 'fetch', '--folder', folder)).out).not.toMatch(/more needed/)
  })

  it('revoke a version', async () => {
    const revoke = (who: string, ...more: string[]) =>
      done(
        'revoke',
        'demand@1',
        '--reason',
        'sells too much',
        '--folder',
        folder,
        '--key',
        at(`${who}.pem`),
        '--yes',
        ...more,
      )
    expect((await revoke('alice')).err).toContain('revokes demand@1: sells too much')
    expect((await revoke('carol')).out).toMatch(/in force/)
    const rollout = await server.call('POST', '/v1/rollouts', { json: rolloutOf('models:/demand/1') })
    expect(rollout.body).toMatchObject({ code: 'version-revoked', detail: expect.stringContaining('sells too much') })
  })

  it('rotate keys: dave for carol, signed by two of those before', async () => {
    const pubs = ['alice', 'bob', 'dave'].map((who) => at(`${who}.pem.pub`))
    const rotated = await done(
      ...['trust', 'rotate', '--folder', folder, '--root', ...pubs, '--root-threshold', '2'],
      ...['--targets', ...pubs, '--targets-threshold', '2', '--yes'],
    )
    expect(rotated.out).toMatch(/\+ [0-9a-f]{64}[\s\S]*- [0-9a-f]{64}/)
    expect((await storecast('trust', 'renew', '--folder', folder)).err).toMatch(/waits for signatures/)
    await sign(folder, 'alice')
    await sign(folder, 'bob')
    expect((await done('trust', 'push', '--folder', folder)).out).toMatch(/root +version 2 +in force/)
    await done('trust', 'renew', '--folder', folder, '--only', 'targets')
    expect((await storecast('trust', 'sign', '--folder', folder, '--key', at('carol.pem'), '--yes')).err).toMatch(
      /may not sign/,
    )
    await sign(folder, 'dave')
    await sign(folder, 'bob')
    expect((await done('trust', 'push', '--folder', folder)).out).toMatch(/targets +version \d+ +in force/)
    const device = await tufClient({
      url: server.cloud.url,
      folder: await mkdtemp(join(home, 'device-')),
      root: await readFile(join(folder, 'metadata', '1.root.json')),
    })
    await device.refresh()
    expect(await device.target('models/demand/1.bundle')).toBeDefined()
  })

  it('discard what nobody should sign', async () => {
    await done('trust', 'renew', '--folder', folder, '--only', 'targets')
    await sign(folder, 'alice')
    await done('trust', 'push', '--folder', folder)
    expect((await done('trust', 'status', '--folder', folder)).out).toMatch(/1 signed, 1 more needed/)
    await done('trust', 'discard', 'targets', '--folder', folder)
    expect((await done('trust', 'status', '--folder', folder)).out).not.toMatch(/more needed/)
    expect(await storecast('trust', 'discard', 'targets', '--folder', folder)).toMatchObject({ status: 1 })
  })

  it('end with 1 where the command line is wrong', async () => {
    for (const argv of [
      ['approve', 'demand'],
      ['revoke', 'demand@1'],
      ['trust', 'sign'],
      ['trust', 'paint'],
    ]) {
      expect((await storecast(...argv)).status).toBe(1)
    }
  })
})

describe('a cloud that leaves development', () => {
  it('hands its devices over to the operators’ root, and forgets its own keys', async () => {
    const first = stack.use(await testCloud())
    const keys = await mkdtemp(join(home, 'keys-'))
    await cp(join(first.data, 'trust'), keys, { recursive: true })
    const root = Buffer.from(await (await fetch(`${first.cloud.url}/v1/tuf/metadata/1.root.json`)).arrayBuffer())
    const url = first.cloud.databaseUrl
    // The same database, in production mode.
    const { cloudConfig, startCloud } = await import('@storecast/cloud')
    const config = cloudConfig(
      {
        data: at('second'),
        http: { port: 0 },
        mqtt: { port: 0 },
        mqtts: { port: 0 },
        devices: { port: 0 },
        logLevel: 'silent',
        trust: { mode: 'production', keys },
      },
      { databaseUrl: url },
    )
    const cloud = stack.use(await startCloud(config))
    vi.stubEnv('STORECAST_TOKEN', cloud.adminToken)
    vi.stubEnv('STORECAST_URL', cloud.url)
    await done('trust', 'cloud-keys', '--out', at('second-keys.json'))
    const folder = at('second-trust')
    const alice = at('alice.pem.pub')
    await done(
      'trust',
      'init',
      '--folder',
      folder,
      '--cloud-keys',
      at('second-keys.json'),
      '--root',
      alice,
      '--targets',
      alice,
    )
    await sign(folder, 'alice')
    expect((await done('trust', 'push', '--folder', folder)).out).toMatch(/root +version 2 +in force/)
    const device = await tufClient({ url: cloud.url, folder: await mkdtemp(join(home, 'device-')), root })
    await device.refresh()
    await expect(readFile(join(keys, 'development-root.pem'))).rejects.toThrow(/ENOENT/)
    expect((await done('trust', 'fetch', '--folder', folder)).out).toContain((await cloudStatus(cloud)).root.sha256)
  })
})

async function cloudStatus(cloud: { url: string; adminToken: string }) {
  const response = await fetch(`${cloud.url}/v1/trust`, { headers: { authorization: `Bearer ${cloud.adminToken}` } })
  return (await response.json()) as { root: { sha256: string } }
}
