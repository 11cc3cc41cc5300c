import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatClaim } from '@storecast/shared/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigError, loadConfig, parseConfig } from './config.ts'

const problemsOf = (text: string) => {
  try {
    parseConfig(text, 'agent.yaml')
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
  return []
}

const CLAIM = {
  url: 'https://cloud.example:8443',
  secret: 'A'.repeat(43),
  ca: 'a'.repeat(64),
  root: 'b'.repeat(64),
}

describe('parseConfig', () => {
  it('needs no more than a device, and is frozen to its last field', () => {
    const config = parseConfig('device: north-1', '/etc/storecast/agent.yaml')
    expect(config).toMatchObject({
      device: 'north-1',
      dataDir: '/etc/storecast/data',
      timeZone: 'UTC',
      http: { host: '127.0.0.1', port: 8480 },
      clock: 'system',
      sensors: [],
    })
    expect(Object.isFrozen(config.http)).toBe(true)
    expect(() => Object.assign(config.limits, { bodyMb: 1 })).toThrow(TypeError)
  })

  it('takes paths from the folder of the file', () => {
    const config = parseConfig(
      'device: a\ndataDir: ../var\ncloud:\n  mqtt: mqtts://c:8883\n  tokenFile: /run/token\n  caFile: ca.pem\n',
      '/etc/storecast/agent.yaml',
    )
    expect(config.dataDir).toBe('/etc/var')
    expect(config.cloud).toMatchObject({ tokenFile: '/run/token', caFile: '/etc/storecast/ca.pem' })
  })

  it('names the file, the line, the field and what was expected', () => {
    expect(problemsOf('device: a\nhttp:\n  host: 127.0.0.1\n  port: 99999\n')).toEqual([
      'agent.yaml:4: http.port: Too big: expected number to be <=65535',
    ])
    expect(problemsOf('device: North 1\ntimeZone: Mars/Olympus\n')).toEqual([
      'agent.yaml:1: device: device: lower-case letters, digits, "-" and "_" only',
      'agent.yaml:2: timeZone: expected an IANA time zone such as Europe/Berlin',
    ])
    expect(problemsOf('device: a\ncloud:\n  mqtt: http://cloud')).toEqual([
      'agent.yaml:3: cloud.mqtt: expected a URL such as mqtts://cloud.example:8883',
    ])
    expect(problemsOf('')).toEqual([expect.stringContaining('agent.yaml: the file: ')])
    expect(problemsOf('device: a\n  b: c')).toEqual([expect.stringContaining('agent.yaml:1: not YAML: ')])
    expect(problemsOf('device: a\ncolour: red')).toEqual(['agent.yaml:2: colour: not a field of the config'])
  })

  it('refuses secrets, and says where they go', () => {
    expect(problemsOf('device: a\ncloud:\n  mqtt: mqtt://localhost\n  token: hunter2\n')).toEqual([
      'agent.yaml:4: cloud.token: not a field of the config: secrets are not kept in this file; name a tokenFile, or use the environment',
    ])
  })

  it('has an example that says what every field is for', async () => {
    const file = fileURLToPath(new URL('./config.example.yaml', import.meta.url))
    const { config } = await loadConfig(file, { STORECAST_CLAIM: formatClaim(CLAIM), STORECAST_HTTP_TOKEN: 'y' })
    expect(config.device).toBe('north-1')
    const bare = parseConfig('device: a\ncloud: {}\nhttp: {}\ntracing: { endpoint: http://a }', file)
    for (const section of ['cloud', 'http', 'limits'] as const) {
      expect(Object.keys(config[section] ?? {})).toEqual(expect.arrayContaining(Object.keys(bare[section] ?? {})))
    }
    expect(Object.keys(config).sort()).toEqual(Object.keys(bare).sort())
  })
})

describe('loadConfig', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'storecast-config-'))
  })
  afterEach(() => rm(folder, { recursive: true }))
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }
  const withCloud = 'device: a\ncloud:\n  mqtt: mqtt://127.0.0.1\n  tokenFile: token\n'
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => 'loaded',
      (error: ConfigError) => `${error.code} ${error.message.replaceAll(folder, '')}`,
    )
  const withClaim = 'device: a\ncloud:\n  claimFile: claim\n'

  it('takes the claim from the environment or its file, which may go once the device is enrolled', async () => {
    const file = await write('a.yaml', withClaim)
    expect(await failure(loadConfig(file, {}))).toContain('secret-unreadable /claim: there is no such file')
    const text = formatClaim(CLAIM)
    await write('claim', `${text}\n`)
    expect((await loadConfig(file, {})).secrets.claim).toEqual(CLAIM)
    const other = { ...CLAIM, ca: 'c'.repeat(64) }
    expect((await loadConfig(file, { STORECAST_CLAIM: formatClaim(other) })).secrets.claim).toEqual(other)
    await write('claim', text.slice(0, -9))
    const damaged = await failure(loadConfig(file, {}))
    expect(damaged).toContain('secret-unreadable /claim: the claim is damaged')
    expect(damaged).not.toContain(CLAIM.secret)
    await rm(join(folder, 'claim'))
    await mkdir(join(folder, 'data', 'identity'), { recursive: true })
    await write('data/identity/identity.json', '{}')
    expect((await loadConfig(file, {})).secrets.claim).toBeUndefined()
  })

  it('asks where the broker is of a device with a token', async () => {
    const file = await write('a.yaml', 'device: a\ncloud: {}\n')
    expect(await failure(loadConfig(file, { STORECAST_DEVICE_TOKEN: 'x' }))).toContain(
      'cloud.mqtt: a device with a token',
    )
  })

  it('keeps secrets apart from the config, the environment before files', async () => {
    const file = await write('agent.yaml', withCloud)
    await write('token', 'from-file\n')
    const loaded = await loadConfig(file, {})
    expect(loaded.secrets).toEqual({ deviceToken: 'from-file', httpToken: undefined })
    expect(JSON.stringify(loaded.config)).not.toContain('from-file')
    const { secrets } = await loadConfig(file, { STORECAST_DEVICE_TOKEN: 'from-env', STORECAST_HTTP_TOKEN: 'h' })
    expect(secrets).toEqual({ deviceToken: 'from-env', httpToken: 'h' })
  })

  it('says what is missing', async () => {
    expect(await failure(loadConfig(join(folder, 'none.yaml'), {}))).toBe(
      'config-unreadable /none.yaml: there is no such file',
    )
    const file = await write('agent.yaml', withCloud)
    expect(await failure(loadConfig(file, {}))).toBe('secret-unreadable /token: there is no such file')
    await write('token', ' \n')
    expect(await failure(loadConfig(file, {}))).toBe('secret-unreadable /token: is empty: it should hold the token')
    const without = await write('b.yaml', 'device: a\ncloud:\n  mqtt: mqtt://127.0.0.1\n')
    expect(await failure(loadConfig(without, {}))).toContain(
      'secret-missing /b.yaml: cloud: the device is not enrolled and has no claim',
    )
    const open = await write('c.yaml', 'device: a\nhttp:\n  host: 0.0.0.0\n')
    expect(await failure(loadConfig(open, {}))).toContain('secret-missing /c.yaml: http.host: 0.0.0.0 can be reached')
  })
})
